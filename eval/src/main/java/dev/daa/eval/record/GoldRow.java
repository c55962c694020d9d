package dev.daa.eval.record;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Origin and unit of the gold reward of one base, on samples of its SFT policy: a row of `report/gold.csv`.
///
/// @param run folder of the SFT model
/// @param isModel whether gold is a reward model; otherwise the numbers of a model are NaN
/// @param exactMean of the exact gold
/// @param exactDeviation likewise
/// @param modelMean of the model's raw score, which is subtracted
/// @param modelDeviation of it, by which the rest is divided
/// @param agreement share of pairs of samples to one prompt that the model orders as the exact gold
public record GoldRow(
        String run,
        boolean isModel,
        String size,
        long seed,
        double exactMean,
        double exactDeviation,
        double modelMean,
        double modelDeviation,
        double agreement,
        long samples) {
    public static List<GoldRow> read(Path studyFolder) throws IOException {
        List<GoldRow> rows = new ArrayList<>();
        for (CsvLine line : CsvLine.table(StudyFiles.report(studyFolder).resolve("gold.csv"))) {
            rows.add(new GoldRow(
                    line.text("run"),
                    line.text("gold").equals("model"),
                    line.text("size"),
                    line.whole("seed"),
                    line.real("exact_mean"),
                    line.real("exact_deviation"),
                    line.real("model_mean"),
                    line.real("model_deviation"),
                    line.real("agreement_within_prompts"),
                    line.whole("samples")));
        }
        return rows;
    }
}
