package dev.daa.eval.record;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One reward model before anything optimises it: a row of `report/proxies.csv`.
///
/// @param proxy its name
/// @param policySize of the base whose pairs it learned
/// @param parameters weights of all its members
/// @param pairs that it learned from
/// @param flip share of their labels that was turned over
/// @param combine how its members are one
/// @param accuracy on held-out pairs
/// @param calibrationError of σ(Δscore) there
/// @param agreement share of pairs of SFT samples to one prompt that it orders as gold does
/// @param lengthCorrelation of its score with length over the responses of held-out pairs; NaN where studies did not
/// measure it yet
public record ProxyRow(
        String proxy,
        String policySize,
        long seed,
        long parameters,
        long pairs,
        double flip,
        long members,
        String combine,
        Estimate accuracy,
        double loss,
        double calibrationError,
        double agreement,
        double lengthCorrelation) {
    public static List<ProxyRow> read(Path studyFolder) throws IOException {
        List<ProxyRow> rows = new ArrayList<>();
        for (CsvLine line : CsvLine.table(StudyFiles.report(studyFolder).resolve("proxies.csv"))) {
            rows.add(new ProxyRow(
                    line.text("proxy"),
                    line.text("policy_size"),
                    line.whole("seed"),
                    line.whole("parameters"),
                    line.whole("pairs"),
                    line.real("flip"),
                    line.whole("members"),
                    line.text("combine"),
                    line.estimate("accuracy"),
                    line.real("loss"),
                    line.real("calibration_error"),
                    line.real("agreement_within_prompts"),
                    line.has("length_correlation") ? line.real("length_correlation") : Double.NaN));
        }
        return rows;
    }
}
