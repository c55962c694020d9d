package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
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
        LawBootstrap bootstrap = LawBootstrap.of(Law.RL.form(false), again(points, 200, 5), new double[] {2})
                .orElseThrow();
        assertThat(bootstrap.draws()).isEqualTo(200);
        assertThat(bootstrap.alpha().low()).isCloseTo(ALPHA, within(1e-9));
        assertThat(bootstrap.alpha().high()).isCloseTo(ALPHA, within(1e-9));
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
            LawBootstrap bootstrap = LawBootstrap.of(Law.RL.form(false), again(points, 200, trial), new double[0])
                    .orElseThrow();
            coveredAlpha += bootstrap.alpha().contains(ALPHA) ? 1 : 0;
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
        assertThat(byRun.alpha().high() - byRun.alpha().low()).isCloseTo(expected, within(0.15 * expected));
        assertThat(byRun.beta().high() - byRun.beta().low()).isLessThan(1e-9);
        Interval byPoint = intervals(CurvePoints.of(distance, reward)).beta();
        assertThat(byPoint.high() - byPoint.low()).isGreaterThan(1e-3);
    }

    @Test
    void sameSeedSameInterval() {
        CurvePoints points = noisy(new Random(1), 13, 0.1);
        LawBootstrap one = LawBootstrap.of(Law.RL.form(false), again(points, 100, 5), new double[0])
                .orElseThrow();
        LawBootstrap again = LawBootstrap.of(Law.RL.form(false), again(points, 100, 5), new double[0])
                .orElseThrow();
        LawBootstrap other = LawBootstrap.of(Law.RL.form(false), again(points, 100, 6), new double[0])
                .orElseThrow();
        assertThat(again.alpha()).isEqualTo(one.alpha());
        assertThat(again.peakReward()).isEqualTo(one.peakReward());
        assertThat(other.alpha()).isNotEqualTo(one.alpha());
    }

    @Test
    void unboundedPeakEndsAtInfinity() {
        double[] distance = {.2, .3, .5, .7, .9, 1.1, 1.3};
        double[] reward = {.11, .14, .26, .34, .46, .54, .66}; // a straight line up to noise
        LawBootstrap bootstrap = LawBootstrap.of(
                        Law.BEST_OF_N.form(false), again(CurvePoints.of(distance, reward), 500, 1), new double[0])
                .orElseThrow();
        assertThat(bootstrap.peakDistance().high()).isInfinite();
        assertThat(bootstrap.peakDistance().low()).isFinite().isGreaterThan(1.3);
        assertThat(bootstrap.peakDistance().isFinite()).isFalse();
    }

    @Test
    void undeterminedReplicasHaveNoInterval() {
        // both points that have a distance are among five draws of five with probability 1 − 2·0.8⁵ + 0.6⁵ = 0.42
        CurvePoints two = CurvePoints.of(new double[] {0, 0, 0, 1, 2}, new double[] {0, 0, 0, 1, 1});
        assertThat(LawBootstrap.of(Law.RL.form(false), again(two, 1000, 1), new double[0]))
                .isEmpty();
        CurvePoints none = CurvePoints.of(new double[0], new double[0]);
        assertThat(LawBootstrap.of(Law.RL.form(false), again(none, 100, 1), new double[0]))
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
            Resampling again = again(points, 1000, trial);
            LawBootstrap bootstrap =
                    LawBootstrap.of(Law.RL.form(false), again, new double[0]).orElseThrow();
            coveredAlpha += bootstrap.alpha().contains(ALPHA) ? 1 : 0;
            coveredPeak += bootstrap.peakDistance().contains(Math.exp(ALPHA / BETA - 1)) ? 1 : 0;
            double[] peaks = again.replicas().stream()
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
            assertThat(LawBootstrap.of(Law.RL.form(false), again(points, 200, 1), new double[0])
                            .isPresent())
                    .isEqualTo(runs >= 5);
            assertThat(LawBootstrap.of(PowerLaw.FORM, again(points, 200, 1), new double[0])
                            .isPresent())
                    .isEqualTo(runs >= 5);
        }
    }

    /// Three runs, one a seed, as best of n has: α of 1, 1.2 and 1.7 at the same distances, so that a fit without
    /// one has the mean of the others', and the interval is Student's of three numbers, 1.3 ± 4.303·s/√3, s² =
    /// 0.13. There is no band without replicas.
    @Test
    void aFewSeedsHaveStudentsInterval() {
        double[] alphas = {1, 1.2, 1.7};
        int perRun = 6;
        double[] distance = new double[alphas.length * perRun];
        double[] reward = new double[distance.length];
        int[] run = new int[distance.length];
        for (int i = 0; i < distance.length; i++) {
            run[i] = i / perRun;
            distance[i] = 0.5 * (1 + i % perRun);
            reward[i] = Law.BEST_OF_N.reward(alphas[run[i]], 0.2, distance[i]);
        }
        CurvePoints points = new CurvePoints(distance, reward, new double[0], run);
        Resampling again = SampledCurve.of(
                        points, Arrays.stream(run).asLongStream().toArray())
                .again(100, 1);
        LawBootstrap law = LawBootstrap.of(Law.BEST_OF_N.form(false), again, new double[] {1})
                .orElseThrow();
        double half = 4.302653 * Math.sqrt(0.13 / 3);
        assertThat(law.alpha().low()).isCloseTo(1.3 - half, within(1e-6));
        assertThat(law.alpha().high()).isCloseTo(1.3 + half, within(1e-6));
        assertThat(law.beta().high() - law.beta().low()).isLessThan(1e-9);
        assertThat(law.draws()).isZero();
        assertThat(law.band()).isEmpty();
        LawBootstrap power =
                LawBootstrap.of(PowerLaw.FORM, again, new double[] {1}).orElseThrow();
        assertThat(power.alpha().low()).isCloseTo(1.3 - half, within(1e-3));
        assertThat(power.alpha().high()).isCloseTo(1.3 + half, within(1e-3));
        assertThat(power.coefficients().get(2).low()).isCloseTo(1, within(1e-3));
        assertThat(power.coefficients().get(2).high()).isCloseTo(1, within(1e-3));
        assertThat(power.band()).isEmpty();
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
                        Law.BEST_OF_N.form(),
                        new Resampling(sampler.replicas(2000, 1), prompts, List.of()),
                        new double[0])
                .orElseThrow();
        double expected = 2 * 1.96 * 0.3 / Math.sqrt(prompts); // α alone carries the noise
        assertThat(bootstrap.alpha().high() - bootstrap.alpha().low()).isCloseTo(expected, within(0.15 * expected));
        assertThat(bootstrap.beta().high()).isCloseTo(0, within(1e-9));
    }

    private static Resampling again(CurvePoints points, int replicas, long seed) {
        return SampledCurve.of(points).again(replicas, seed);
    }

    private static LawBootstrap intervals(CurvePoints points) {
        return LawBootstrap.of(Law.RL.form(false), again(points, 2000, 1), new double[0])
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

    /// Without seed 1 all points lie at one distance. The other two absences alone would be taken for two seeds.
    @Test
    void aSeedThatTheFitNeedsLeavesNoIntervalOverSeeds() {
        CurvePoints points = new CurvePoints(
                new double[] {1, 2, 3, 1, 1}, new double[] {1, 3, 2, 2, 3}, new double[0], new int[] {0, 0, 0, 1, 2});
        Resampling again = SampledCurve.of(points, new long[] {1, 1, 1, 2, 3}).again(10, 1);
        assertThat(LawBootstrap.of(Law.BEST_OF_N.form(false), again, new double[0]))
                .isEmpty();
    }
}
