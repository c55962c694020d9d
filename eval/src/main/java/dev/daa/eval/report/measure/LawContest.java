package dev.daa.eval.report.measure;

import dev.daa.eval.report.text.Words;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Which of two laws predicts runs that it was not fitted to better. Pure.
///
/// @param ratio RMSE of the law on left-out runs over that of its rival; NaN where either is unknown
/// @param difference of their squared errors, the law's minus its rival's, one number a run; empty for fewer than
///     two runs
/// @param seeds that the runs come from
public record LawContest(double ratio, Optional<SeedMean> difference, int seeds) {
    /// Ratios between this and its inverse decide nothing.
    private static final double CLEARLY_LESS = 0.9;

    /// What one seed's runs share is not seen in their spread.
    private static final int LEAST_SEEDS = 2;

    /// What the rule says, after "yes, if".
    public static final String RULE = "its RMSE on left-out runs is less than nine tenths of that of the quadratic,"
            + " and the 95 % interval of the difference of their squared errors, Student's t over runs, lies below 0;"
            + " no, if it is the other way round. It takes two seeds.";

    /// @param law `[runs]` squared errors of each left-out run ([FittedLaw#looSquares])
    /// @param rival `[runs]` the same of another law; either is empty where unknown
    public static LawContest of(List<Double> law, List<Double> rival, int seeds) {
        if (law.isEmpty() || law.size() != rival.size()) {
            return new LawContest(Double.NaN, Optional.empty(), seeds);
        }
        return new LawContest(
                Math.sqrt(sum(law) / sum(rival)),
                SeedMean.of(IntStream.range(0, law.size())
                        .mapToObj(run -> law.get(run) - rival.get(run))
                        .toList()),
                seeds);
    }

    private static double sum(List<Double> squares) {
        return squares.stream().mapToDouble(Double::doubleValue).sum();
    }

    /// Shown where the law is the better one.
    public Outcome outcome() {
        if (seeds < LEAST_SEEDS || difference.isEmpty()) {
            return Outcome.UNDECIDED;
        }
        if (ratio < CLEARLY_LESS && difference.get().high() < 0) {
            return Outcome.SHOWN;
        }
        return ratio > 1 / CLEARLY_LESS && difference.get().low() > 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
    }

    /// "ratio 0.82; squared errors of a run differ by −0.21 [−0.40, −0.02]".
    @Override
    public String toString() {
        return "ratio " + Words.fixed(ratio, 2)
                + difference
                        .map(mean -> "; squared errors of a run differ by " + mean)
                        .orElse("");
    }
}
