package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.Optional;

/// 95 % intervals of a fitted law by refitting its points drawn again ([Resampling]).
///
/// A replica whose law rises without end has its peak at +∞, one whose law only falls has it at 0; so an interval of
/// the peak may end at infinity, which says that the points do not bound it. Replicas that do not determine the law are
/// left out. The band is that of the replicas: where one seed alone reaches far, the law without it is an extrapolation
/// there, and says nothing of the law between the measured distances.
///
/// @param first        of the first coefficient
/// @param second       of the second coefficient
/// @param intercept    of c; 0 when it was not fitted
/// @param peakDistance of d*
/// @param peakReward   of R(d*)
/// @param band         `[distances]` of R at each distance asked for; none without replicas
/// @param draws        replicas used
/// @param overSeeds    whether the others are no narrower than the jackknife over seeds
public record LawBootstrap(
        Interval first,
        Interval second,
        Interval intercept,
        Interval peakDistance,
        Interval peakReward,
        Interval[] band,
        int draws,
        boolean overSeeds) {
    private static final int NUMBERS = 5;

    /// Replicas that a study draws.
    public static final int REPLICAS = 1000;

    /// Empty where [Resampling#intervals] is.
    ///
    /// @param distances where to give the band; may be empty
    public static Optional<LawBootstrap> of(Law law, Resampling again, boolean freeIntercept, double[] distances) {
        return again.intervals(
                        points -> LawFit.fit(law, points, freeIntercept).map(fit -> numbers(fit, distances)), NUMBERS)
                .map(found -> new LawBootstrap(
                        found.interval()[0],
                        found.interval()[1],
                        found.interval()[2],
                        found.interval()[3].from(0),
                        found.interval()[4],
                        Arrays.copyOfRange(found.interval(), NUMBERS, found.interval().length),
                        found.draws(),
                        found.overSeeds()));
    }

    /// α of [LawFit#alpha()].
    public Interval alpha(Law law) {
        return law.isInAlphaAndBeta() ? first : second;
    }

    /// β of [LawFit#beta()].
    public Interval beta(Law law) {
        return law.isInAlphaAndBeta() ? second : new Interval(-first.high(), -first.low(), first.error());
    }

    private static double[] numbers(LawFit fit, double[] distances) {
        double[] numbers = new double[NUMBERS + distances.length];
        double peak = fit.law().peakDistance(fit.first(), fit.second());
        double reward = Double.isFinite(peak) ? fit.reward(peak) : Double.POSITIVE_INFINITY;
        numbers[0] = fit.first();
        numbers[1] = fit.second();
        numbers[2] = fit.intercept();
        numbers[3] = peak;
        numbers[4] = Double.isNaN(reward) ? Double.POSITIVE_INFINITY : reward;
        for (int k = 0; k < distances.length; k++) {
            numbers[NUMBERS + k] = fit.reward(distances[k]);
        }
        return numbers;
    }
}
