package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What is fitted to points: a [Law], with a free intercept or through 0, or the [PowerLaw].
///
/// @param key           name in files and on the command line
/// @param coefficients  their names, in the order of [FittedCurve#coefficients]
/// @param freeIntercept whether one of them is c, the reward at distance 0
/// @param fitter        least squares; empty where the points do not determine the coefficients
public record CurveForm(
        String key,
        List<String> coefficients,
        boolean freeIntercept,
        Function<CurvePoints, ? extends Optional<? extends FittedCurve>> fitter) {

    /// The fit; empty where the points do not determine it.
    public Optional<FittedCurve> fit(CurvePoints points) {
        return fitter.apply(points).map(fit -> fit);
    }

    /// Whether points could contradict the form: there are more of them than coefficients, of which those at d = 0
    /// bind the intercept alone. Otherwise what a fit leaves over is rounding: it has no information criterion, and
    /// drawing the points again shows no spread.
    public boolean isOverdetermined(CurvePoints points) {
        long binding = Arrays.stream(points.distance())
                .filter(d -> freeIntercept || d > 0)
                .count();
        return binding > coefficients.size();
    }

    /// Errors of points predicted from a fit without their cluster; empty when some such fit is not determined.
    public Optional<LeftOutErrors> leftOut(CurvePoints points) {
        return LeftOutErrors.of(points, others -> fit(others).map(fit -> fit::reward));
    }
}
