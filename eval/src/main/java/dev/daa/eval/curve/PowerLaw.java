package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// R(d) = d(α − β d^γ), the form with a free exponent that Gao et al. (2210.10760) tried and found to need a small γ,
/// where it approaches d(α′ − β′ log d). For each γ the law is linear in α and β; γ is searched from [#LEAST] to
/// [#GREATEST] by golden section from the best of a grid, so a fit at either end says that the data do not determine
/// it.
///
/// @param points n
/// @param squares residual sum of squares; weighted ones with weights of mean 1
/// @param rmse root mean squared residual, unweighted
public record PowerLaw(double alpha, double beta, double gamma, int points, double squares, double rmse)
        implements FittedCurve {
    /// Name in files and on the command line.
    public static final String KEY = "power";

    /// As a page shows it.
    public static final String FORMULA = "d(α − β d^γ)";

    /// Bounds of γ.
    public static final double LEAST = 0.05;

    public static final double GREATEST = 3;

    /// What is fitted.
    public static final CurveForm FORM = new CurveForm(KEY, List.of("alpha", "beta", "gamma"), false, PowerLaw::fit);

    private static final int GRID = 12;
    private static final double TOLERANCE = 1e-5;
    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    /// The fit; empty where the points do not determine three coefficients.
    public static Optional<PowerLaw> fit(CurvePoints curve) {
        if (Arrays.stream(curve.distance()).filter(d -> d > 0).distinct().count()
                < FORM.coefficients().size()) {
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

    @Override
    public double[] coefficients() {
        return new double[] {alpha, beta, gamma};
    }

    @Override
    public double reward(double distance) {
        return distance * (alpha - beta * Math.pow(distance, gamma));
    }

    /// d* = (α/(β(1 + γ)))^{1/γ}.
    @Override
    public double peakDistance() {
        if (beta > 0) {
            return alpha > 0 ? Math.pow(alpha / (beta * (1 + gamma)), 1 / gamma) : 0;
        }
        return beta == 0 && alpha <= 0 ? 0 : Double.POSITIVE_INFINITY;
    }

    @Override
    public OptionalDouble secondZero() {
        double zero = Math.pow(alpha / beta, 1 / gamma);
        return zero > 0 && Double.isFinite(zero) ? OptionalDouble.of(zero) : OptionalDouble.empty();
    }
}
