package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.curve.HackingThreshold;
import dev.daa.eval.curve.InferenceTimeMethod;
import dev.daa.eval.report.finding.ThresholdFindings;
import dev.daa.eval.report.measure.RewardModel;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.Thresholds;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// From where on picking harder among samples by a reward model loses gold (Khalaf et al. 2506.19248).
final class ThresholdsPart {
    private ThresholdsPart() {}

    static AnalysisSection of(StudyData data, Thresholds thresholds) throws IOException {
        return new AnalysisSection(
                Part.THRESHOLDS,
                "Hacking thresholds",
                "How hard may one pick among samples of the SFT policy by a reward model before gold is lost? Greatest"
                        + " is the gold reward at n for the best of n, at λ for one of all the samples drawn ∝"
                        + " e^{λ·score}, at μ for the best of 1 + Poisson(μ). “Beyond” says that it still rises at the"
                        + " greatest parameter that the samples can tell of. Below each its 95 % interval: where the"
                        + " slope of the gold reward is not surely above or below 0, by Student's t over prompts and"
                        + " over seeds."
                        + (thresholds.unkept().isEmpty()
                                ? ""
                                : " Left out are runs that did not keep the rewards of their samples: "
                                        + String.join(", ", thresholds.unkept()) + "."),
                List.of(),
                thresholds.models().isEmpty() ? Optional.empty() : Optional.of(table(thresholds)),
                List.of(ThresholdFindings.of(thresholds, RewardModel.of(data))));
    }

    private static AnalysisSection.Table table(Thresholds thresholds) {
        boolean sizes = thresholds.models().stream()
                        .map(Thresholds.OfModel::size)
                        .distinct()
                        .count()
                > 1;
        List<List<Cell>> rows = new ArrayList<>();
        for (Thresholds.OfModel model : thresholds.models()) {
            HackingThreshold best = model.of(InferenceTimeMethod.BEST_OF_N);
            List<Cell> row = new ArrayList<>(
                    List.of(Cell.text(Words.objective(model.objective()) + (sizes ? ", " + model.size() : ""))
                            .withDetail(Words.count(best.seeds(), "seed") + ", " + Words.count(best.prompts(), "prompt")
                                    + ", " + Words.count(best.samples(), "sample") + " each")));
            for (HackingThreshold threshold : model.methods()) {
                row.add(Cell.number(found(threshold)).withDetail(interval(threshold)));
            }
            row.add(Cell.number(Words.signed(best.gold() - best.goldOfOne(), 2)));
            row.add(Cell.number(Words.signed(best.goldAtLimit() - best.gold(), 2)));
            row.add(Cell.number(Double.isNaN(best.kl()) ? "–" : Words.fixed(best.kl(), 2)));
            rows.add(row);
        }
        return new AnalysisSection.Table(
                "Where the gold reward is greatest",
                List.of(
                        Cell.text("Reward model"),
                        Cell.number("n"),
                        Cell.number("λ"),
                        Cell.number("μ"),
                        Cell.number("gold at n over one sample's"),
                        Cell.number("gold of the best of all over that"),
                        Cell.number("KL at n, nats")),
                rows);
    }

    private static String found(HackingThreshold of) {
        return switch (of.outcome()) {
            case INTERIOR -> HackingThreshold.number(of.threshold());
            case STILL_RISES -> "beyond " + HackingThreshold.number(of.limit());
            case NEVER_RISES -> HackingThreshold.number(of.threshold()) + ", never rises";
        };
    }

    private static String interval(HackingThreshold of) {
        return of.interval().orElse("–");
    }
}
