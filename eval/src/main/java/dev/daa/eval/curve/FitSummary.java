package dev.daa.eval.curve;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// What `daa fit` answers: a fitted law as one line of JSON. What the points do not determine is null, never NaN.
///
/// α and β are those of x(α − β·…): x = d for `rl` and `bon`; for the quadratics a = −β, b = α with x = d or KL, c the
/// intercept.
///
/// @param law          key of the law fitted
/// @param points       points used
/// @param weighted     whether by 1/se²
/// @param alpha        α
/// @param beta         β
/// @param gamma        γ of `power`; null for the others
/// @param intercept    c; 0 unless it was fitted
/// @param rmse         root mean squared residual, in the unit of the reward
/// @param looRmse      the same with every point (cluster) predicted from a fit without it
/// @param aic          n log(RSS/n) + 2k; null for an exact fit, and where points cannot contradict the law
/// @param bic          n log(RSS/n) + k log n; null likewise
/// @param peakDistance d*; null when the law has no peak
/// @param peakReward   R(d*)
/// @param secondZero   distance at which the law is back at its start
/// @param intervals 95 % intervals; null when the points do not determine them: they cannot contradict the law, or come
///   from one seed (or none is known) and fewer than [Interval#LEAST_CLUSTERS] clusters
/// @param intervalsOver what they spread over: "clusters", whose replicas are fitted again, "seeds", each left out in
///   turn, or "clusters and seeds", the wider one of the two; null without intervals
/// @param draws        bootstrap replicas used
@JsonPropertyOrder({
    "law",
    "points",
    "weighted",
    "alpha",
    "beta",
    "gamma",
    "intercept",
    "rmse",
    "loo_rmse",
    "aic",
    "bic",
    "peak_distance",
    "peak_reward",
    "second_zero",
    "intervals",
    "intervals_over",
    "draws"
})
public record FitSummary(
        String law,
        int points,
        boolean weighted,
        double alpha,
        double beta,
        @Nullable Double gamma,
        double intercept,
        double rmse,
        @JsonProperty("loo_rmse") @Nullable Double looRmse,
        @Nullable Double aic,
        @Nullable Double bic,
        @JsonProperty("peak_distance") @Nullable Double peakDistance,
        @JsonProperty("peak_reward") @Nullable Double peakReward,
        @JsonProperty("second_zero") @Nullable Double secondZero,
        @Nullable Intervals intervals,
        @JsonProperty("intervals_over") @Nullable String intervalsOver,
        int draws) {

    /// Ends of the 95 % intervals, low and high; an end is null where the points do not bound it.
    public record Intervals(
            List<@Nullable Double> alpha,
            List<@Nullable Double> beta,
            @JsonProperty("peak_distance") List<@Nullable Double> peakDistance,
            @JsonProperty("peak_reward") List<@Nullable Double> peakReward) {}

    /// The name that stands for the better one of the two quadratics.
    private static final String EITHER_QUADRATIC = "quadratic";

    /// Fits the law of a name.
    ///
    /// `rl`, `bon` and `log1p` pass through the origin unless `freeIntercept`; the quadratics always have a free c.
    /// `quadratic` fits both quadratics and answers with the one of smaller RMSE, named in `law`.
    ///
    /// @param nonNegative whether α and β are held at 0 or above; the fit alone, without intervals
    /// @param seed of the bootstrap
    public static FitSummary of(
            String lawName, SampledCurve curve, boolean freeIntercept, boolean nonNegative, long seed) {
        if (lawName.equals(PowerLaw.KEY)) {
            if (freeIntercept || nonNegative) {
                throw new InputException("law power: found --intercept or --nonnegative, expected neither");
            }
            PowerLaw fit = PowerLaw.fit(curve.points())
                    .orElseThrow(() -> new InputException("law power: "
                            + curve.points().size()
                            + " points do not determine 3 coefficients; give points at 3 or more different distances"
                            + " above 0"));
            return of(PowerLaw.FORM, fit, false, curve, seed);
        }
        if (lawName.equals(EITHER_QUADRATIC)) {
            FitSummary inKl = of(Law.QUADRATIC_KL.key(), curve, true, nonNegative, seed);
            FitSummary inDistance = of(Law.QUADRATIC_DISTANCE.key(), curve, true, nonNegative, seed);
            return inKl.rmse() < inDistance.rmse() ? inKl : inDistance;
        }
        requireKnown(lawName);
        Law law = Law.of(lawName);
        boolean intercept = freeIntercept || law.hasIntercept();
        LawFit free = LawFit.require(law, curve.points(), intercept);
        LawFit fit = nonNegative
                ? LawFit.fitNonNegative(law, curve.points(), intercept).orElse(free)
                : free;
        return of(law.form(intercept), fit, !fit.equals(free), curve, seed);
    }

    /// Refuses a name that [#of] does not take.
    public static void requireKnown(String lawName) {
        List<String> names = Stream.concat(
                        Arrays.stream(Law.values()).map(Law::key), Stream.of(PowerLaw.KEY, EITHER_QUADRATIC))
                .toList();
        if (!names.contains(lawName)) {
            throw InputException.of("--law", lawName, String.join(", ", names), "");
        }
    }

    /// Finite points can be too large, or too small, for their squares to be.
    private static void requireFinite(String law, CurvePoints points, FittedCurve fit) {
        if (!Double.isFinite(fit.rmse()) || !Arrays.stream(fit.coefficients()).allMatch(Double::isFinite)) {
            double[] reward = Arrays.stream(points.reward()).map(Math::abs).toArray();
            int largest = IntStream.range(0, reward.length).reduce(0, (best, i) -> reward[i] > reward[best] ? i : best);
            DoubleSummaryStatistics distance = Arrays.stream(points.distance()).summaryStatistics();
            throw InputException.of(
                    "law " + law,
                    "a fit that overflows (largest reward " + points.reward()[largest] + ", of point " + (largest + 1)
                            + "; distances " + distance.getMin() + " to " + distance.getMax() + ")",
                    "numbers whose squares are finite",
                    "scale rewards or distances");
        }
    }

    /// @param held whether a coefficient is held at 0: such a fit has no spread, so no intervals, and no left-out
    ///   error either
    private static FitSummary of(CurveForm form, FittedCurve fit, boolean held, SampledCurve curve, long seed) {
        CurvePoints points = curve.points();
        requireFinite(form.key(), points, fit);
        Optional<FittedCurve.Peak> peak = fit.peak();
        boolean overdetermined = form.isOverdetermined(points);
        Optional<LawBootstrap> bootstrap = held || !overdetermined
                ? Optional.empty()
                : LawBootstrap.of(form, curve.again(LawBootstrap.REPLICAS, seed), new double[0]);
        return new FitSummary(
                form.key(),
                points.size(),
                points.weighted(),
                fit.alpha(),
                fit.beta(),
                fit instanceof PowerLaw power ? power.gamma() : null,
                fit instanceof LawFit law ? law.intercept() : 0,
                fit.rmse(),
                held ? null : boxed(form.leftOut(points)),
                overdetermined ? finite(fit.aic()) : null,
                overdetermined ? finite(fit.bic()) : null,
                peak.map(FittedCurve.Peak::distance).orElse(null),
                peak.map(FittedCurve.Peak::reward).orElse(null),
                boxed(fit.secondZero()),
                bootstrap
                        .map(b -> new Intervals(
                                ends(b.alpha()), ends(b.beta()), ends(b.peakDistance()), ends(b.peakReward())))
                        .orElse(null),
                bootstrap.map(b -> spreadOver(b.draws(), b.overSeeds())).orElse(null),
                bootstrap.map(LawBootstrap::draws).orElse(0));
    }

    private static String spreadOver(int draws, boolean overSeeds) {
        return draws == 0 ? "seeds" : overSeeds ? "clusters and seeds" : "clusters";
    }

    /// One line of JSON.
    public String json() {
        return JsonMapper.shared().writeValueAsString(this);
    }

    private static List<@Nullable Double> ends(Interval interval) {
        return Arrays.asList(finite(interval.low()), finite(interval.high()));
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static @Nullable Double boxed(Optional<LeftOutErrors> errors) {
        return errors.map(LeftOutErrors::rmse).filter(Double::isFinite).orElse(null);
    }

    private static @Nullable Double boxed(OptionalDouble value) {
        return value.isPresent() ? finite(value.getAsDouble()) : null;
    }
}
