package dev.daa.eval.curve;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// Draws bootstrap replicas of the points of a curve.
@FunctionalInterface
public interface PointSampler {
    /// One replica; uses `random` only.
    CurvePoints draw(RandomGenerator random);

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

    /// Clusters and prompts with replacement, independently: every point is measured on the same prompts, so one
    /// draw of prompts serves all points. KL and reward are averaged over the drawn prompts before d = √KL is
    /// taken.
    ///
    /// @param kl      [points][prompts] mean KL(π ‖ π_ref) on each prompt, nats
    /// @param reward  [points][prompts] mean reward on each prompt
    /// @param origin  [prompts] mean reward of the untrained policy, subtracted; zeros for a fit with intercept
    /// @param cluster [points] which run (seed) a point belongs to
    static PointSampler ofClustersAndPrompts(double[][] kl, double[][] reward, double[] origin, int[] cluster) {
        int points = kl.length;
        int prompts = origin.length;
        return random -> {
            int[] drawn = new int[prompts];
            for (int p = 0; p < prompts; p++) {
                drawn[p] = random.nextInt(prompts);
            }
            double[] distance = new double[points];
            double[] centred = new double[points];
            for (int i = 0; i < points; i++) {
                double klSum = 0;
                double rewardSum = 0;
                for (int prompt : drawn) {
                    klSum += kl[i][prompt];
                    rewardSum += reward[i][prompt] - origin[prompt];
                }
                distance[i] = CurvePoints.distanceOfKl(klSum / prompts);
                centred[i] = rewardSum / prompts;
            }
            return ofClusters(new CurvePoints(distance, centred, new double[0], cluster))
                    .draw(random);
        };
    }
}
