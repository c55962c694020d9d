package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Intervals: collapse without noise, cover with it, repeat with the seed, and end at infinity where nothing bounds
/// them.
class LawBootstrapTest {
    private static final double ALPHA = .35;
    private static final double BETA = .15;

    @Test
    void withoutNoiseIntervalsAreThePoint() {
        CurvePoints points = noisy(new Random(1), 13, 0);
        LawBootstrap bootstrap = LawBootstrap.of(
                        Law.RL,
                        PointSampler.ofClusters(points).replicas(200, 5),
                        points.clusters(),
                        false,
                        new double[] {2})
                .orElseThrow();
        assertThat(bootstrap.draws()).isEqualTo(200);
        for (Interval interval : new Interval[] {bootstrap.first(), bootstrap.alpha(Law.RL)}) {
            assertThat(interval.low()).isCloseTo(ALPHA, within(1e-9));
            assertThat(interval.high()).isCloseTo(ALPHA, within(1e-9));
        }
        assertThat(bootstrap.peakDistance().low()).isCloseTo(Math.exp(ALPHA / BETA - 1), within(1e-7));
        assertThat(bootstrap.band()[0].high()).isCloseTo(Law.RL.reward(ALPHA, BETA, 2), within(1e-9));
    }

    @Test
    void ninetyFivePercentIntervalsCover() {
        int trials = 200;
        int coveredAlpha = 0;
        int coveredPeak = 0;
        Random random = new Random(3);
        for (int trial = 0; trial < trials; trial++) {
            CurvePoints points = noisy(random, 40, 0.05);
            LawBootstrap bootstrap = LawBootstrap.of(
                            Law.RL,
                            PointSampler.ofClusters(points).replicas(200, trial),
                            points.clusters(),
                            false,
                            new double[0])
                    .orElseThrow();
            coveredAlpha += bootstrap.first().contains(ALPHA) ? 1 : 0;
            coveredPeak += bootstrap.peakDistance().contains(Math.exp(ALPHA / BETA - 1)) ? 1 : 0;
        }
        // binomial(200, .95) has standard deviation 3.1; resampling 40 points covers a little less than it says
        assertThat(coveredAlpha).isBetween(176, 199);
        assertThat(coveredPeak).isBetween(176, 199);
    }

    /// Runs that differ in α alone: a replica's α is the mean of the drawn runs', its β is exact. Resampling single
    /// points instead would let β vary.
    @Test
    void runsAreResampledWhole() {
        Random random = new Random(11);
        int runs = 33;
        int perRun = 8;
        double[] distance = new double[runs * perRun];
        double[] reward = new double[runs * perRun];
        int[] cluster = new int[runs * perRun];
        double squares = 0;
        double sum = 0;
        for (int run = 0; run < runs; run++) {
            double shared = 0.1 * random.nextGaussian();
            sum += shared;
            squares += shared * shared;
            for (int k = 0; k < perRun; k++) {
                int i = run * perRun + k;
                distance[i] = 0.4 + 0.5 * k;
                reward[i] = Law.RL.reward(ALPHA + shared, BETA, distance[i]);
                cluster[i] = run;
            }
        }
        double deviation = Math.sqrt(squares / runs - sum * sum / runs / runs);
        double expected = 2 * 1.96 * deviation / Math.sqrt(runs);
        LawBootstrap byRun = intervals(new CurvePoints(distance, reward, new double[0], cluster));
        assertThat(byRun.first().high() - byRun.first().low()).isCloseTo(expected, within(0.15 * expected));
        assertThat(byRun.second().high() - byRun.second().low()).isLessThan(1e-9);
        Interval byPoint = intervals(CurvePoints.of(distance, reward)).second();
        assertThat(byPoint.high() - byPoint.low()).isGreaterThan(1e-3);
    }

    @Test
    void sameSeedSameInterval() {
        CurvePoints points = noisy(new Random(1), 13, 0.1);
        PointSampler sampler = PointSampler.ofClusters(points);
        LawBootstrap one = LawBootstrap.of(Law.RL, sampler.replicas(100, 5), points.clusters(), false, new double[0])
                .orElseThrow();
        LawBootstrap again = LawBootstrap.of(Law.RL, sampler.replicas(100, 5), points.clusters(), false, new double[0])
                .orElseThrow();
        LawBootstrap other = LawBootstrap.of(Law.RL, sampler.replicas(100, 6), points.clusters(), false, new double[0])
                .orElseThrow();
        assertThat(again.first()).isEqualTo(one.first());
        assertThat(again.peakReward()).isEqualTo(one.peakReward());
        assertThat(other.first()).isNotEqualTo(one.first());
    }

    @Test
    void unboundedPeakEndsAtInfinity() {
        double[] distance = {.2, .3, .5, .7, .9, 1.1, 1.3};
        double[] reward = {.11, .14, .26, .34, .46, .54, .66}; // a straight line up to noise
        LawBootstrap bootstrap = LawBootstrap.of(
                        Law.BEST_OF_N,
                        PointSampler.ofClusters(CurvePoints.of(distance, reward))
                                .replicas(500, 1),
                        distance.length,
                        false,
                        new double[0])
                .orElseThrow();
        assertThat(bootstrap.peakDistance().high()).isInfinite();
        assertThat(bootstrap.peakDistance().low()).isFinite().isGreaterThan(1.3);
        assertThat(bootstrap.peakDistance().isFinite()).isFalse();
    }

    @Test
    void undeterminedReplicasHaveNoInterval() {
        // both points that have a distance are among five draws of five with probability 1 − 2·0.8⁵ + 0.6⁵ = 0.42
        CurvePoints two = CurvePoints.of(new double[] {0, 0, 0, 1, 2}, new double[] {0, 0, 0, 1, 1});
        assertThat(LawBootstrap.of(Law.RL, PointSampler.ofClusters(two).replicas(1000, 1), 5, false, new double[0]))
                .isEmpty();
        CurvePoints none = CurvePoints.of(new double[0], new double[0]);
        assertThat(LawBootstrap.of(Law.RL, PointSampler.ofClusters(none).replicas(100, 1), 0, false, new double[0]))
                .isEmpty();
    }

    /// Six runs of one law whose α and β differ from run to run, and noise at each checkpoint: plain percentiles
    /// cover the law's peak 81 times in 100.
    @Test
    void intervalsOfFewRunsCover() {
        int trials = 300;
        int coveredAlpha = 0;
        int coveredPeak = 0;
        int coveredByPlain = 0;
        for (int trial = 0; trial < trials; trial++) {
            CurvePoints points = runs(new Random(trial), 6);
            List<CurvePoints> replicas = PointSampler.clusterReplicas(points, 1000, trial);
            LawBootstrap bootstrap = LawBootstrap.of(Law.RL, replicas, points.clusters(), false, new double[0])
                    .orElseThrow();
            coveredAlpha += bootstrap.first().contains(ALPHA) ? 1 : 0;
            coveredPeak += bootstrap.peakDistance().contains(Math.exp(ALPHA / BETA - 1)) ? 1 : 0;
            double[] peaks = replicas.stream()
                    .map(replica -> LawFit.require(Law.RL, replica, false))
                    .mapToDouble(fit -> Law.RL.peakDistance(fit.first(), fit.second()))
                    .toArray();
            coveredByPlain += Interval.of(peaks).contains(Math.exp(ALPHA / BETA - 1)) ? 1 : 0;
        }
        // binomial(300, .95) has standard deviation 3.8
        assertThat(coveredAlpha).isBetween(274, 298);
        assertThat(coveredPeak).isBetween(268, 298);
        assertThat(coveredByPlain).isLessThan(258);
    }

    @Test
    void tooFewRunsHaveNoInterval() {
        for (int runs = 1; runs < 7; runs++) {
            CurvePoints points = runs(new Random(1), runs);
            assertThat(LawBootstrap.of(
                                    Law.RL,
                                    PointSampler.ofClusters(points).replicas(200, 1),
                                    runs,
                                    false,
                                    new double[0])
                            .isPresent())
                    .isEqualTo(runs >= 5);
            assertThat(PowerLaw.bootstrap(PointSampler.ofClusters(points).replicas(200, 1), runs, new double[0])
                            .isPresent())
                    .isEqualTo(runs >= 5);
        }
    }

    /// Five checkpoints of each run.
    private static CurvePoints runs(Random random, int runs) {
        int perRun = 5;
        double[] distance = new double[runs * perRun];
        double[] reward = new double[distance.length];
        int[] cluster = new int[distance.length];
        for (int run = 0; run < runs; run++) {
            double alpha = ALPHA + 0.05 * random.nextGaussian();
            double beta = BETA + 0.02 * random.nextGaussian();
            double farthest = 2 + 6 * random.nextDouble();
            for (int k = 0; k < perRun; k++) {
                int i = run * perRun + k;
                distance[i] = farthest * (k + 1) / perRun;
                reward[i] = Law.RL.reward(alpha, beta, distance[i]) + 0.05 * random.nextGaussian();
                cluster[i] = run;
            }
        }
        return new CurvePoints(distance, reward, new double[0], cluster);
    }

    /// One cluster, so that only prompts vary: the spread of the mean of P prompts is s/√P.
    @Test
    void promptsAreResampled() {
        int prompts = 400;
        int points = 5;
        Random random = new Random(2);
        double[][] kl = new double[points][prompts];
        double[][] reward = new double[points][prompts];
        double[] origin = new double[prompts];
        for (int p = 0; p < prompts; p++) {
            origin[p] = random.nextGaussian();
            double noise = random.nextGaussian();
            for (int i = 0; i < points; i++) {
                kl[i][p] = (1 + i) * (1 + i);
                reward[i][p] = origin[p] + 0.3 * (1 + i) * noise;
            }
        }
        PointSampler sampler = PointSampler.ofClustersAndPrompts(
                kl, reward, new double[][] {origin}, new int[points], new int[points]);
        CurvePoints replica = sampler.draw(new Random(1));
        assertThat(replica.distance()).containsExactly(1, 2, 3, 4, 5);
        LawBootstrap bootstrap = LawBootstrap.of(
                        Law.BEST_OF_N, sampler.replicas(2000, 1), prompts, false, new double[0])
                .orElseThrow();
        double expected = 2 * 1.96 * 0.3 / Math.sqrt(prompts); // α alone carries the noise
        assertThat(bootstrap.first().high() - bootstrap.first().low()).isCloseTo(expected, within(0.15 * expected));
        assertThat(bootstrap.second().high()).isCloseTo(0, within(1e-9));
    }

    private static LawBootstrap intervals(CurvePoints points) {
        return LawBootstrap.of(
                        Law.RL,
                        PointSampler.ofClusters(points).replicas(2000, 1),
                        points.clusters(),
                        false,
                        new double[0])
                .orElseThrow();
    }

    private static CurvePoints noisy(Random random, int n, double noise) {
        double[] distance = random.doubles(n, 0.1, 8).toArray();
        double[] reward = new double[n];
        for (int i = 0; i < n; i++) {
            reward[i] = Law.RL.reward(ALPHA, BETA, distance[i]) + noise * random.nextGaussian();
        }
        return CurvePoints.of(distance, reward);
    }
}
