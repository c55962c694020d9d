package dev.daa.eval.curve;

import java.util.Optional;
import java.util.stream.IntStream;

/// Whether a law holds beyond the points it was fitted to: fit at d < split, predict at d ≥ split (Gao et al.
/// 2210.10760 fitted n ≤ 1,000 and predicted to 60,000).
///
/// @param fit           the curve fitted below the split
/// @param fitted        points below the split
/// @param predicted     points from the split on
/// @param rmsePredicted root mean squared error of the prediction, in the unit of the reward
/// @param bias          mean of prediction − measurement: positive when the law promises too much
public record Extrapolation(FittedCurve fit, int fitted, int predicted, double rmsePredicted, double bias) {

    /// The test; empty when the points below the split do not determine the law or none lie beyond it.
    public static Optional<Extrapolation> of(CurveForm form, CurvePoints points, double split) {
        int[] below = IntStream.range(0, points.size())
                .filter(i -> points.distance()[i] < split)
                .toArray();
        int[] beyond = IntStream.range(0, points.size())
                .filter(i -> points.distance()[i] >= split)
                .toArray();
        if (beyond.length == 0) {
            return Optional.empty();
        }
        return form.fit(points.at(below)).map(fit -> {
            double sum = 0;
            double squares = 0;
            for (int i : beyond) {
                double error = fit.reward(points.distance()[i]) - points.reward()[i];
                sum += error;
                squares += error * error;
            }
            return new Extrapolation(
                    fit, below.length, beyond.length, Math.sqrt(squares / beyond.length), sum / beyond.length);
        });
    }
}
