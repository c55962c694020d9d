package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// 95 % intervals of a fitted law by refitting its points drawn again ([Resampling]).
///
/// A replica whose law rises without end has its peak at +∞, one whose law only falls has it at 0; so an interval of
/// the peak may end at infinity, which says that the points do not bound it. Replicas that do not determine the law are
/// left out. The band is that of the replicas: where one seed alone reaches far, the law without it is an extrapolation
/// there, and says nothing of the law between the measured distances.
///
/// @param names        of the coefficients, as [CurveForm#coefficients] has them
/// @param coefficients an interval of each
/// @param peakDistance of d*
/// @param peakReward   of R(d*)
/// @param band         `[distances]` of R at each distance asked for; none without replicas
/// @param draws        replicas used
/// @param overSeeds    whether the others are no narrower than the jackknife over seeds
public record LawBootstrap(
        List<String> names,
        List<Interval> coefficients,
        Interval peakDistance,
        Interval peakReward,
        Interval[] band,
        int draws,
        boolean overSeeds) {
    /// Replicas that a study draws.
    public static final int REPLICAS = 1000;

    /// Empty where [Resampling#intervals] is.
    ///
    /// @param distances where to give the band; may be empty
    public static Optional<LawBootstrap> of(CurveForm form, Resampling again, double[] distances) {
        int k = form.coefficients().size();
        return again.intervals(points -> form.fit(points).map(fit -> numbers(fit, distances)), k + 2)
                .map(found -> new LawBootstrap(
                        form.coefficients(),
                        List.of(found.interval()).subList(0, k),
                        found.interval()[k].from(0),
                        found.interval()[k + 1],
                        Arrays.copyOfRange(found.interval(), k + 2, found.interval().length),
                        found.draws(),
                        found.overSeeds()));
    }

    /// Of α of the law written as x(α − β·…).
    public Interval alpha() {
        int alpha = names.indexOf("alpha");
        return coefficients.get(alpha >= 0 ? alpha : names.indexOf("b"));
    }

    /// Of β of the law written as x(α − β·…).
    public Interval beta() {
        int beta = names.indexOf("beta");
        return beta >= 0
                ? coefficients.get(beta)
                : coefficients.get(names.indexOf("a")).negative();
    }

    private static double[] numbers(FittedCurve fit, double[] distances) {
        double[] coefficients = fit.coefficients();
        int k = coefficients.length;
        double[] numbers = Arrays.copyOf(coefficients, k + 2 + distances.length);
        double peak = fit.peakDistance();
        double reward = Double.isFinite(peak) ? fit.reward(peak) : Double.POSITIVE_INFINITY;
        numbers[k] = peak;
        numbers[k + 1] = Double.isNaN(reward) ? Double.POSITIVE_INFINITY : reward;
        for (int i = 0; i < distances.length; i++) {
            numbers[k + 2 + i] = fit.reward(distances[i]);
        }
        return numbers;
    }
}
