package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Evaluated checkpoints of a curve.
///
/// @param distance      `[n]` √KL(π ‖ π_ref), nats^½, at least 0
/// @param reward        `[n]` gold reward or win rate, centred so that the untrained policy has 0, unless the fit has
///     an intercept
/// @param standardError `[n]` of the reward, > 0; empty when unknown
/// @param cluster       `[n]` which run (seed) a point belongs to; resampled and left out together
public record CurvePoints(double[] distance, double[] reward, double[] standardError, int[] cluster) {

    public CurvePoints {
        int n = distance.length;
        if (reward.length != n || cluster.length != n || (standardError.length != 0 && standardError.length != n)) {
            throw new InputException("points of a curve: found " + n + " distances, " + reward.length + " rewards, "
                    + standardError.length + " standard errors and " + cluster.length
                    + " clusters, expected equally many (or no standard errors)");
        }
        for (int i = 0; i < n; i++) {
            if (!Double.isFinite(distance[i]) || distance[i] < 0) {
                throw InputException.of(
                        "distance of point " + i, Double.toString(distance[i]), "a finite number >= 0", "");
            }
            if (!Double.isFinite(reward[i])) {
                throw InputException.of("reward of point " + i, Double.toString(reward[i]), "a finite number", "");
            }
            if (standardError.length > 0 && !(standardError[i] > 0 && Double.isFinite(standardError[i]))) {
                throw InputException.of(
                        "standard error of point " + i,
                        Double.toString(standardError[i]),
                        "a finite number > 0",
                        "leave standard errors out for an unweighted fit");
            }
        }
    }

    /// Points of equal weight, each a cluster of its own.
    public static CurvePoints of(double[] distance, double[] reward) {
        return new CurvePoints(distance, reward, new double[0], ownClusters(distance.length));
    }

    /// Points weighted by 1/se², each a cluster of its own.
    public static CurvePoints of(double[] distance, double[] reward, double[] standardError) {
        return new CurvePoints(distance, reward, standardError, ownClusters(distance.length));
    }

    /// d = √KL; sampled KL can come out slightly negative, which counts as 0.
    public static double distanceOfKl(double kl) {
        if (!Double.isFinite(kl)) {
            throw InputException.of("KL", Double.toString(kl), "a finite number of nats", "");
        }
        return Math.sqrt(Math.max(kl, 0));
    }

    public int size() {
        return distance.length;
    }

    /// How many clusters the points come from.
    public int clusters() {
        return (int) Arrays.stream(cluster).distinct().count();
    }

    /// Whether fits weigh the points by 1/se².
    public boolean weighted() {
        return standardError.length > 0;
    }

    /// The points at these positions, repeats allowed.
    public CurvePoints at(int[] positions) {
        int n = positions.length;
        double[] d = new double[n];
        double[] r = new double[n];
        double[] se = new double[weighted() ? n : 0];
        int[] c = new int[n];
        for (int i = 0; i < n; i++) {
            d[i] = distance[positions[i]];
            r[i] = reward[positions[i]];
            c[i] = cluster[positions[i]];
            if (weighted()) {
                se[i] = standardError[positions[i]];
            }
        }
        return new CurvePoints(d, r, se, c);
    }

    /// The points with a number added to each reward.
    public CurvePoints raisedBy(double amount) {
        return new CurvePoints(
                distance, Arrays.stream(reward).map(value -> value + amount).toArray(), standardError, cluster);
    }

    /// The points of some clusters.
    public CurvePoints of(IntPredicate kept) {
        return at(IntStream.range(0, size()).filter(i -> kept.test(cluster[i])).toArray());
    }

    private static int[] ownClusters(int n) {
        int[] clusters = new int[n];
        for (int i = 0; i < n; i++) {
            clusters[i] = i;
        }
        return clusters;
    }
}
