package dev.daa.eval.study.stage;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.GoldModel;
import dev.daa.model.score.Sequence;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.math3.stat.StatUtils;

/// What the gold of one base is on samples of its SFT policy: a row of `report/gold.csv`.
///
/// @param kind what is reported as gold
/// @param exactMean of the exact gold
/// @param exactDeviation likewise
/// @param modelMean of the gold model's raw score, which is subtracted; NaN without one
/// @param modelDeviation what the rest is divided by
/// @param agreement share of pairs of samples to one prompt that the gold model orders as the exact gold does
/// @param samples of the SFT policy
public record GoldQuality(
        Cell.Base base,
        GoldModel.Kind kind,
        double exactMean,
        double exactDeviation,
        double modelMean,
        double modelDeviation,
        double agreement,
        int samples) {
    public static final RunTable TABLE = new RunTable(
            "gold.csv",
            "run,gold,size,seed,exact_mean,exact_deviation,model_mean,model_deviation,"
                    + "agreement_within_prompts,samples");

    /// @param reward of the samples under `gold`
    static GoldQuality of(Cell.Base base, Gold gold, List<Sequence> samples, double[] reward) {
        double[] exact = Gold.Exact.rewards(samples);
        double exactMean = StatUtils.mean(exact);
        double exactDeviation = Math.sqrt(StatUtils.variance(exact));
        return switch (gold) {
            case Gold.Exact _ ->
                new GoldQuality(
                        base,
                        GoldModel.Kind.EXACT,
                        exactMean,
                        exactDeviation,
                        Double.NaN,
                        Double.NaN,
                        1,
                        samples.size());
            case Gold.Trained model ->
                new GoldQuality(
                        base,
                        GoldModel.Kind.MODEL,
                        exactMean,
                        exactDeviation,
                        -model.scale().bias() / model.scale().gain(),
                        1 / model.scale().gain(),
                        Concordance.withinPrompts(
                                        samples.stream().map(Sequence::prompt).toArray(int[][]::new), reward, exact)
                                .share(),
                        samples.size());
        };
    }

    /// Origin and unit of both golds, for manifests.
    String inWords() {
        String exact =
                String.format(Locale.ROOT, "exact gold %.4f ± %.4f on the SFT policy", exactMean, exactDeviation);
        return switch (kind) {
            case EXACT -> exact + ", in its own unit";
            case MODEL -> String.format(Locale.ROOT, "model, (score − %.4f)/%.4f; ", modelMean, modelDeviation) + exact;
        };
    }

    private String row() {
        return String.join(
                ",",
                base.name(),
                kind.name().toLowerCase(Locale.ROOT),
                base.size().name(),
                Long.toString(base.seed()),
                Double.toString(exactMean),
                Double.toString(exactDeviation),
                text(modelMean),
                text(modelDeviation),
                Double.toString(agreement),
                Integer.toString(samples));
    }

    private static String text(double value) {
        return Double.isNaN(value) ? "" : Double.toString(value);
    }

    /// Keeps the row in the folder of the SFT model.
    public void keep(Path run) {
        TABLE.keep(run, row());
    }
}
