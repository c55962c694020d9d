package dev.daa.eval.report.part;

import dev.daa.eval.analysis.FurthestAccurateKl;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.report.figure.RewardModelFigures;
import dev.daa.eval.report.finding.RewardModelFindings;
import dev.daa.eval.report.measure.RewardModel;
import dev.daa.eval.report.measure.RewardModelSweep;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/// How good each reward model is, how far from the SFT policy it stays accurate, and what its size and its data do to
/// the coefficients of the laws (Gao et al. 2210.10760, §3).
final class RewardModelsPart {
    private RewardModelsPart() {}

    /// @param replicas of runs drawn again, for intervals
    static AnalysisSection of(StudyData data, int replicas) throws IOException {
        List<RewardModel> models = RewardModel.of(data);
        boolean any = !models.isEmpty();
        return new AnalysisSection(
                Part.REWARD_MODELS,
                "Reward models",
                "Accuracy is that on held-out pairs, whose labels are noisy; agreement the share of pairs of SFT"
                        + " samples to one prompt that it orders as gold does, ρ with length Pearson's correlation of"
                        + " score and tokens over the responses of the held-out pairs. The furthest accurate KL is the"
                        + " greatest KL from the SFT policy at which it still orders "
                        + Words.percent(FurthestAccurateKl.ACCURATE)
                        + " of the pairs of the policy's own samples so, before that falls for good (two checkpoints in"
                        + " a row in order of KL, or the farthest): 0 where it does nowhere, “≥” where it never falls;"
                        + " checkpoints with fewer than "
                        + FurthestAccurateKl.ENOUGH_PAIRS
                        + " distinct pairs are left out. α and β are those of d(α − βd) for best of n and of"
                        + " d(α − β log d) for reinforcement. ± 1 standard error: over seeds for the furthest accurate"
                        + " KL, from the fits' 95 % intervals for the coefficients.",
                any
                        ? List.of(
                                RewardModelFigures.of(RewardModelSweep.SIZE, models),
                                RewardModelFigures.of(RewardModelSweep.DATA, models))
                        : List.of(),
                any ? Optional.of(table(models)) : Optional.empty(),
                any ? RewardModelFindings.of(models, replicas) : List.of());
    }

    private static AnalysisSection.Table table(List<RewardModel> models) {
        List<List<Cell>> rows = new ArrayList<>();
        for (RewardModel model : models) {
            ProxyRow one = model.rows().getFirst();
            List<Cell> row = new ArrayList<>(List.of(
                    Cell.text(model.name())
                            .withDetail("policy " + model.policySize()
                                    + (model.isPlain() && one.flip() == 0 ? "" : ", " + model.kind())),
                    Cell.number(Words.parameters(model.parameters())),
                    Cell.number(Long.toString(model.pairs())),
                    Cell.number(Words.estimate(model.accuracy(), 3)),
                    Cell.number(Words.fixed(mean(model, ProxyRow::calibrationError), 3)),
                    Cell.number(Words.percent(model.agreement().mean())),
                    Cell.number(lengthCorrelation(model))));
            for (Method method : RewardModel.METHODS) {
                row.add(Cell.number(model.reach(method).words()));
            }
            for (Method method : RewardModel.METHODS) {
                row.add(Cell.number(model.coefficient(method, 0)
                                .map(value -> Words.estimate(value, 2))
                                .orElse("–"))
                        .withDetail(model.coefficient(method, 1)
                                .map(value -> "β " + Words.estimate(value, 2))
                                .orElse("")));
            }
            rows.add(row);
        }
        return new AnalysisSection.Table(
                "Reward models, over "
                        + Words.count(
                                models.stream()
                                        .mapToInt(RewardModel::seeds)
                                        .max()
                                        .orElse(0),
                                "seed"),
                List.of(
                        Cell.text("Reward model"),
                        Cell.number("weights"),
                        Cell.number("comparisons"),
                        Cell.number("accuracy"),
                        Cell.number("ECE"),
                        Cell.number("agreement"),
                        Cell.number("ρ with length"),
                        Cell.number("furthest accurate KL, best of n"),
                        Cell.number("the same, reinforcement"),
                        Cell.number("α, best of n"),
                        Cell.number("α, reinforcement")),
                rows);
    }

    private static String lengthCorrelation(RewardModel model) {
        double mean = mean(model, ProxyRow::lengthCorrelation);
        return Double.isNaN(mean) ? "–" : Words.signed(mean, 2);
    }

    private static double mean(RewardModel model, ToDoubleFunction<ProxyRow> quantity) {
        return model.rows().stream().mapToDouble(quantity).average().orElse(Double.NaN);
    }
}
