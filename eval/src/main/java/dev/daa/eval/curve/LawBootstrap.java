package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// 95 % intervals of a fitted law by refitting replicas of its points ([Interval#ofClusters]).
///
/// A replica whose law rises without end has its peak at +∞, one whose law only falls has it at 0; so an interval of
/// the peak may end at infinity, which says that the points do not bound it. Replicas that do not determine the law are
/// left out.
///
/// @param first        of the first coefficient
/// @param second       of the second coefficient
/// @param intercept    of c; 0 when it was not fitted
/// @param peakDistance of d*
/// @param peakReward   of R(d*)
/// @param band         `[distances]` of R at each distance asked for
/// @param draws        replicas used
public record LawBootstrap(
        Interval first,
        Interval second,
        Interval intercept,
        Interval peakDistance,
        Interval peakReward,
        Interval[] band,
        int draws) {

    /// Replicas that a study draws.
    public static final int REPLICAS = 1000;

    /// Intervals from refits of all replicas; empty for fewer than [Interval#LEAST_CLUSTERS] clusters, and when
    /// fewer than half of the replicas determine the law.
    ///
    /// @param clusters that the replicas draw from
    /// @param distances where to give the band; may be empty
    public static Optional<LawBootstrap> of(
            Law law, List<CurvePoints> replicas, int clusters, boolean freeIntercept, double[] distances) {
        if (clusters < Interval.LEAST_CLUSTERS) {
            return Optional.empty();
        }
        double[][] drawn = new double[5 + distances.length][replicas.size()];
        int used = 0;
        for (CurvePoints replica : replicas) {
            Optional<LawFit> fit = LawFit.fit(law, replica, freeIntercept);
            if (fit.isPresent()) {
                record(fit.get(), distances, drawn, used++);
            }
        }
        if (used == 0 || 2 * used < replicas.size()) {
            return Optional.empty();
        }
        Interval[] interval = new Interval[drawn.length];
        for (int k = 0; k < drawn.length; k++) {
            interval[k] =
                    Interval.ofClusters(Arrays.copyOf(drawn[k], used), clusters).orElseThrow();
        }
        return Optional.of(new LawBootstrap(
                interval[0],
                interval[1],
                interval[2],
                interval[3],
                interval[4],
                Arrays.copyOfRange(interval, 5, interval.length),
                used));
    }

    /// The same with coefficients and peak no narrower than the jackknife over seeds ([Interval#orOverSeeds]); this
    /// where a seed's absence leaves the law undetermined. The band stays: where one seed alone reaches far, the
    /// law without it is an extrapolation there, and says nothing of the law between the measured distances.
    ///
    /// @param withoutSeed the points without one seed, each in turn
    public LawBootstrap orOverSeeds(Law law, List<CurvePoints> withoutSeed, boolean freeIntercept) {
        double[][] left = new double[5][withoutSeed.size()];
        for (int seed = 0; seed < withoutSeed.size(); seed++) {
            Optional<LawFit> fit = LawFit.fit(law, withoutSeed.get(seed), freeIntercept);
            if (fit.isEmpty()) {
                return this;
            }
            record(fit.get(), new double[0], left, seed);
        }
        return new LawBootstrap(
                first.orOverSeeds(left[0]),
                second.orOverSeeds(left[1]),
                intercept.orOverSeeds(left[2]),
                peakDistance.orOverSeeds(left[3]),
                peakReward.orOverSeeds(left[4]),
                band,
                draws);
    }

    /// α of [LawFit#alpha()].
    public Interval alpha(Law law) {
        return law.isInAlphaAndBeta() ? first : second;
    }

    /// β of [LawFit#beta()].
    public Interval beta(Law law) {
        return law.isInAlphaAndBeta() ? second : new Interval(-first.high(), -first.low(), first.error());
    }

    private static void record(LawFit fit, double[] distances, double[][] drawn, int replica) {
        drawn[0][replica] = fit.first();
        drawn[1][replica] = fit.second();
        drawn[2][replica] = fit.intercept();
        double peak = fit.law().peakDistance(fit.first(), fit.second());
        drawn[3][replica] = peak;
        double reward = Double.isFinite(peak) ? fit.reward(peak) : Double.POSITIVE_INFINITY;
        drawn[4][replica] = Double.isNaN(reward) ? Double.POSITIVE_INFINITY : reward;
        for (int k = 0; k < distances.length; k++) {
            drawn[5 + k][replica] = fit.reward(distances[k]);
        }
    }
}
