package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/// A law of reward R against distance d = √KL(π ‖ π_ref), KL in nats, with R(0) = 0. Every law is linear in its two
/// coefficients, so least squares is exact.
public enum Law {
    /// d(α − β log d): reinforcement learning (Gao et al. 2210.10760) and direct alignment (2406.02900).
    RL("rl", List.of("alpha", "beta"), "d(α − β log d)", false),
    /// d(α − βd): best-of-n (2210.10760).
    BEST_OF_N("bon", List.of("alpha", "beta"), "d(α − β d)", false),
    /// d(α − β log(1 + d)): a form that Gao et al. rejected because it extrapolates badly.
    LOG_ONE_PLUS("log1p", List.of("alpha", "beta"), "d(α − β log(1 + d))", false),
    /// a·KL² + b·KL: the comparator of 2406.02900.
    QUADRATIC_KL("quadratic_kl", List.of("a", "b"), "a·KL² + b·KL + c", true),
    /// a·d² + b·d: the same curve as [#BEST_OF_N] with a = −β, b = α; the other reading of "quadratic".
    QUADRATIC_DISTANCE("quadratic_distance", List.of("a", "b"), "a·d² + b·d + c", true);

    private static final String INTERCEPT = "c";

    private final String key;
    private final List<String> coefficientNames;
    private final String formula;
    private final boolean hasIntercept;

    Law(String key, List<String> coefficientNames, String formula, boolean hasIntercept) {
        this.key = key;
        this.coefficientNames = coefficientNames;
        this.formula = formula;
        this.hasIntercept = hasIntercept;
    }

    /// Name in files and on the command line.
    public String key() {
        return key;
    }

    /// The two coefficients, in the order of [#basis].
    public List<String> coefficientNames() {
        return coefficientNames;
    }

    /// Whether the coefficients are α and β of the law written as x(α − β·…); else they are a = −β and b = α.
    boolean isInAlphaAndBeta() {
        return coefficientNames.getFirst().equals("alpha");
    }

    /// As a page shows it, with its intercept where it has one.
    public String formula() {
        return formula;
    }

    /// Whether studies fit the law with a free intercept.
    public boolean hasIntercept() {
        return hasIntercept;
    }

    /// The law of a name; unknown names are refused with the list.
    public static Law of(String key) {
        for (Law law : values()) {
            if (law.key.equals(key)) {
                return law;
            }
        }
        throw InputException.of(
                "law",
                key,
                "one of "
                        + String.join(
                                ", ", Arrays.stream(values()).map(Law::key).toList()),
                "");
    }

    /// The law as studies fit it: with a free intercept where it has one.
    public CurveForm form() {
        return form(hasIntercept);
    }

    /// @param freeIntercept whether the reward at distance 0 is fitted; 0 otherwise
    public CurveForm form(boolean freeIntercept) {
        return new CurveForm(
                key,
                freeIntercept ? List.of(coefficientNames.get(0), coefficientNames.get(1), INTERCEPT) : coefficientNames,
                freeIntercept,
                points -> LawFit.fit(this, points, freeIntercept));
    }

    /// The two functions of d that the coefficients multiply.
    public double[] basis(double distance) {
        double d = distance;
        return switch (this) {
            case RL -> new double[] {d, d == 0 ? 0 : -d * Math.log(d)};
            case BEST_OF_N -> new double[] {d, -d * d};
            case LOG_ONE_PLUS -> new double[] {d, -d * Math.log1p(d)};
            case QUADRATIC_KL -> new double[] {d * d * d * d, d * d};
            case QUADRATIC_DISTANCE -> new double[] {d * d, d};
        };
    }

    /// R(d), without intercept.
    public double reward(double first, double second, double distance) {
        double[] basis = basis(distance);
        return first * basis[0] + second * basis[1];
    }

    /// d* ≥ 0 at which R is greatest: 0 when it only falls, +∞ when it rises without end.
    public double peakDistance(double first, double second) {
        return switch (this) {
            case RL -> {
                if (second > 0) {
                    yield Math.exp(first / second - 1);
                }
                yield second == 0 && first <= 0 ? 0 : Double.POSITIVE_INFINITY;
            }
            case BEST_OF_N -> parabolaPeak(first, second);
            case LOG_ONE_PLUS -> logOnePlusPeak(first, second);
            case QUADRATIC_KL -> Math.sqrt(parabolaPeak(second, -first));
            case QUADRATIC_DISTANCE -> parabolaPeak(second, -first);
        };
    }

    /// The distance d > 0 at which R returns to 0; empty when it does not.
    public OptionalDouble secondZero(double first, double second) {
        double zero = switch (this) {
            case RL -> Math.exp(first / second);
            case BEST_OF_N -> first / second;
            case LOG_ONE_PLUS -> Math.expm1(first / second);
            case QUADRATIC_KL -> Math.sqrt(-second / first);
            case QUADRATIC_DISTANCE -> -second / first;
        };
        return zero > 0 && Double.isFinite(zero) ? OptionalDouble.of(zero) : OptionalDouble.empty();
    }

    /// Where x(α − βx) is greatest over x ≥ 0.
    private static double parabolaPeak(double alpha, double beta) {
        if (beta > 0) {
            return Math.max(0, alpha / (2 * beta));
        }
        return beta == 0 && alpha <= 0 ? 0 : Double.POSITIVE_INFINITY;
    }

    /// Root of α = β(log(1 + d) + d/(1 + d)), whose right side rises from 0 for β > 0.
    private static double logOnePlusPeak(double alpha, double beta) {
        if (beta <= 0) {
            return beta == 0 && alpha <= 0 ? 0 : Double.POSITIVE_INFINITY;
        }
        double ratio = alpha / beta;
        if (ratio <= 0) {
            return 0;
        }
        double upper = Math.expm1(ratio);
        if (!Double.isFinite(upper)) {
            return Double.POSITIVE_INFINITY;
        }
        return new BrentSolver(1e-14, 1e-14).solve(1000, d -> Math.log1p(d) + d / (1 + d) - ratio, 0, upper);
    }
}
