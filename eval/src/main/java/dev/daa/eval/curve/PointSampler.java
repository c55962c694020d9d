package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Draws bootstrap replicas of the points of a curve.
@FunctionalInterface
public interface PointSampler {
    /// One replica; uses `random` only.
    CurvePoints draw(RandomGenerator random);

    /// Some replicas, all from one generator.
    default List<CurvePoints> replicas(int count, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        return Stream.generate(() -> draw(random)).limit(count).toList();
    }

    /// Replicas of whole clusters; none where they are too few for an interval.
    static List<CurvePoints> clusterReplicas(CurvePoints points, int count, long seed) {
        return points.clusters() >= Interval.LEAST_CLUSTERS ? ofClusters(points).replicas(count, seed) : List.of();
    }

    /// Whole clusters (runs, seeds) with replacement.
    static PointSampler ofClusters(CurvePoints points) {
        int[] clusters = Arrays.stream(points.cluster()).distinct().toArray();
        int[][] members = new int[clusters.length][];
        for (int c = 0; c < clusters.length; c++) {
            int cluster = clusters[c];
            members[c] = IntStream.range(0, points.size())
                    .filter(i -> points.cluster()[i] == cluster)
                    .toArray();
        }
        return random -> {
            int[] positions = new int[0];
            for (int c = 0; c < members.length; c++) {
                int[] drawn = members[random.nextInt(members.length)];
                int size = positions.length;
                positions = Arrays.copyOf(positions, size + drawn.length);
                System.arraycopy(drawn, 0, positions, size, drawn.length);
            }
            return points.at(positions);
        };
    }

    /// Clusters and prompts with replacement, independently. Points that are measured on the same prompts (those
    /// from one untrained policy) share a prompt set, and one draw of it serves them all and that policy. KL and
    /// reward are averaged over the drawn prompts before d = √KL is taken; the origin is the mean over the prompt
    /// sets.
    ///
    /// @param kl `[points][prompts]` mean KL(π ‖ π_ref) on each prompt, nats
    /// @param reward `[points][prompts]` mean reward on each prompt
    /// @param origin `[sets][prompts]` mean reward of the untrained policy, subtracted; zeros for a fit with
    ///   intercept
    /// @param set `[points]` which prompt set a point is measured on
    /// @param cluster `[points]` which run a point belongs to
    static PointSampler ofClustersAndPrompts(
            double[][] kl, double[][] reward, double[][] origin, int[] set, int[] cluster) {
        return random -> {
            int[][] drawn = new int[origin.length][];
            double origins = 0;
            for (int s = 0; s < drawn.length; s++) {
                int prompts = origin[s].length;
                drawn[s] = random.ints(prompts, 0, prompts).toArray();
                origins += mean(origin[s], drawn[s]);
            }
            double[] distance = new double[kl.length];
            double[] centred = new double[kl.length];
            for (int i = 0; i < distance.length; i++) {
                distance[i] = CurvePoints.distanceOfKl(mean(kl[i], drawn[set[i]]));
                centred[i] = mean(reward[i], drawn[set[i]]) - origins / drawn.length;
            }
            return ofClusters(new CurvePoints(distance, centred, new double[0], cluster))
                    .draw(random);
        };
    }

    private static double mean(double[] values, int[] positions) {
        double sum = 0;
        for (int position : positions) {
            sum += values[position];
        }
        return sum / positions.length;
    }
}
