package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/// R(d) = d(α − β d^γ), the form with a free exponent that Gao et al. (2210.10760) tried and found to need a small γ,
/// where it approaches d(α′ − β′ log d). For each γ the law is linear in α and β; γ is searched from [#LEAST] to
/// [#GREATEST] by golden section from the best of a grid, so a fit at either end says that the data do not determine
/// it.
///
/// @param points n
/// @param squares residual sum of squares; weighted ones with weights of mean 1
/// @param rmse root mean squared residual, unweighted
public record PowerLaw(double alpha, double beta, double gamma, int points, double squares, double rmse) {
    /// Name in files and on the command line.
    public static final String KEY = "power";

    /// As a page shows it.
    public static final String FORMULA = "d(α − β d^γ)";

    /// Bounds of γ.
    public static final double LEAST = 0.05;

    public static final double GREATEST = 3;

    /// Fitted: α, β and γ.
    public static final int COEFFICIENTS = 3;

    private static final int GRID = 12;
    private static final double TOLERANCE = 1e-5;
    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    private static final int NUMBERS = 5;

    /// 95 % intervals, as [LawBootstrap] has them.
    public record Intervals(
            Interval alpha,
            Interval beta,
            Interval gamma,
            Interval peakDistance,
            Interval peakReward,
            Interval[] band,
            int draws,
            boolean overSeeds) {}

    /// The fit; empty where the points do not determine three coefficients.
    public static Optional<PowerLaw> fit(CurvePoints curve) {
        if (Arrays.stream(curve.distance()).filter(d -> d > 0).distinct().count() < COEFFICIENTS) {
            return Optional.empty();
        }
        double step = Math.log(GREATEST / LEAST) / GRID;
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int k = 0; k <= GRID; k++) {
            double squares = squares(curve, at(k, step));
            if (squares < least) {
                least = squares;
                best = k;
            }
        }
        double low = Math.log(at(Math.max(0, best - 1), step));
        double high = Math.log(at(Math.min(GRID, best + 1), step));
        double left = high - GOLDEN * (high - low);
        double right = low + GOLDEN * (high - low);
        double atLeft = squares(curve, Math.exp(left));
        double atRight = squares(curve, Math.exp(right));
        while (high - low > TOLERANCE) {
            if (atLeft <= atRight) {
                high = right;
                right = left;
                atRight = atLeft;
                left = high - GOLDEN * (high - low);
                atLeft = squares(curve, Math.exp(left));
            } else {
                low = left;
                left = right;
                atLeft = atRight;
                right = low + GOLDEN * (high - low);
                atRight = squares(curve, Math.exp(right));
            }
        }
        return fit(curve, Math.exp((low + high) / 2));
    }

    private static double at(int k, double step) {
        return LEAST * Math.exp(step * k);
    }

    private static double squares(CurvePoints curve, double gamma) {
        return fit(curve, gamma).map(PowerLaw::squares).orElse(Double.POSITIVE_INFINITY);
    }

    private static Optional<PowerLaw> fit(CurvePoints curve, double gamma) {
        double[][] design = new double[curve.size()][];
        for (int i = 0; i < design.length; i++) {
            double d = curve.distance()[i];
            design[i] = new double[] {d, -Math.pow(d, 1 + gamma)};
        }
        return LawFit.leastSquares(curve, design)
                .map(solved -> new PowerLaw(
                        solved.coefficients()[0],
                        solved.coefficients()[1],
                        gamma,
                        curve.size(),
                        solved.squares(),
                        solved.rmse()));
    }

    public double reward(double distance) {
        return distance * (alpha - beta * Math.pow(distance, gamma));
    }

    /// d* = (α/(β(1 + γ)))^{1/γ}; 0 where the law only falls, +∞ where it rises without end.
    public double peakDistance() {
        if (beta > 0) {
            return alpha > 0 ? Math.pow(alpha / (beta * (1 + gamma)), 1 / gamma) : 0;
        }
        return beta == 0 && alpha <= 0 ? 0 : Double.POSITIVE_INFINITY;
    }

    /// The distance at which R is back at 0; empty where it does not return.
    public OptionalDouble secondZero() {
        double zero = Math.pow(alpha / beta, 1 / gamma);
        return zero > 0 && Double.isFinite(zero) ? OptionalDouble.of(zero) : OptionalDouble.empty();
    }

    /// Akaike's criterion with three coefficients.
    public double aic() {
        return points * Math.log(squares / points) + 2 * COEFFICIENTS;
    }

    /// The Bayesian criterion with three coefficients.
    public double bic() {
        return points * Math.log(squares / points) + COEFFICIENTS * Math.log(points);
    }

    /// Errors of points predicted from a fit without their cluster; empty where such a fit is not determined.
    public static Optional<LeftOutErrors> leftOut(CurvePoints curve) {
        return LeftOutErrors.of(curve, others -> fit(others).map(fit -> fit::reward));
    }

    /// Root mean squared error of the points at d ≥ split, predicted from a fit to those below, as [Extrapolation]
    /// does.
    public static OptionalDouble extrapolationRmse(CurvePoints curve, double split) {
        int[] below = IntStream.range(0, curve.size())
                .filter(i -> curve.distance()[i] < split)
                .toArray();
        Optional<PowerLaw> fit = fit(curve.at(below));
        return fit.isEmpty()
                ? OptionalDouble.empty()
                : IntStream.range(0, curve.size())
                        .filter(i -> curve.distance()[i] >= split)
                        .mapToDouble(i -> curve.reward()[i] - fit.get().reward(curve.distance()[i]))
                        .map(residual -> residual * residual)
                        .average()
                        .stream()
                        .map(Math::sqrt)
                        .findFirst();
    }

    /// Intervals from refits, as [LawBootstrap#of] gives them.
    ///
    /// @param distances where to give the band; may be empty
    public static Optional<Intervals> bootstrap(Resampling again, double[] distances) {
        return again.intervals(points -> fit(points).map(fit -> fit.numbers(distances)), NUMBERS)
                .map(found -> new Intervals(
                        found.interval()[0],
                        found.interval()[1],
                        found.interval()[2],
                        found.interval()[3].from(0),
                        found.interval()[4],
                        Arrays.copyOfRange(found.interval(), NUMBERS, found.interval().length),
                        found.draws(),
                        found.overSeeds()));
    }

    private double[] numbers(double[] distances) {
        double[] numbers = new double[NUMBERS + distances.length];
        double peak = peakDistance();
        numbers[0] = alpha;
        numbers[1] = beta;
        numbers[2] = gamma;
        numbers[3] = peak;
        numbers[4] = Double.isFinite(peak) ? reward(peak) : Double.POSITIVE_INFINITY;
        for (int k = 0; k < distances.length; k++) {
            numbers[NUMBERS + k] = reward(distances[k]);
        }
        return numbers;
    }
}
