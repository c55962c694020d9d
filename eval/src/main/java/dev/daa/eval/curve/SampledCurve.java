package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// The points of a curve and how to draw them again.
///
/// @param points a cluster per run
/// @param sampler draws runs, and prompts where it knows them
/// @param withoutSeed the points without one seed, by the seed left out; none of a single seed
public record SampledCurve(CurvePoints points, PointSampler sampler, SortedMap<Long, CurvePoints> withoutSeed) {
    /// Points of which no seed is known.
    public static SampledCurve of(CurvePoints points) {
        return new SampledCurve(points, PointSampler.ofClusters(points), Collections.emptySortedMap());
    }

    /// Points with the seed of each.
    ///
    /// @param seed `[n]`
    public static SampledCurve of(CurvePoints points, long[] seed) {
        SortedMap<Long, CurvePoints> withoutSeed = new TreeMap<>();
        long[] seeds = Arrays.stream(seed).distinct().toArray();
        for (long left : seeds.length > 1 ? seeds : new long[0]) {
            withoutSeed.put(
                    left,
                    points.at(IntStream.range(0, seed.length)
                            .filter(i -> seed[i] != left)
                            .toArray()));
        }
        return new SampledCurve(points, PointSampler.ofClusters(points), withoutSeed);
    }

    /// The points of some clusters, of which runs are drawn.
    public SampledCurve of(IntPredicate cluster) {
        CurvePoints kept = points.of(cluster);
        SortedMap<Long, CurvePoints> without = new TreeMap<>();
        withoutSeed.forEach((seed, others) -> without.put(seed, others.of(cluster)));
        return new SampledCurve(kept, PointSampler.ofClusters(kept), without);
    }

    /// Of a single seed the intervals of what is fitted hold for that seed.
    public int seeds() {
        return Math.max(1, withoutSeed.size());
    }

    /// Replicas and the points without each seed.
    public Resampling again(int replicas, long seed) {
        int clusters = points.clusters();
        return new Resampling(
                clusters < Interval.LEAST_CLUSTERS ? List.of() : sampler.replicas(replicas, seed),
                clusters,
                withoutSeed.values());
    }
}
