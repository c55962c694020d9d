package dev.daa.eval.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.record.Estimate.Spread;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against tables of Student's t, closed forms and simulated seeds without an effect.
class EstimateTest {
    private static final int STUDIES = 2000;

    private static Estimate of(double mean, double error) {
        return new Estimate(mean, error);
    }

    /// The seeds' spread is s = 0.1, so its interval is ± 4.303·0.1/√3 = 0.248, the prompts' ± 1.96·0.3/√3 = 0.339.
    /// Farther out Student's t is the stricter one: t = 17.3 with two degrees of freedom, P = 0.00332, is z =
    /// 2.937.
    @Test
    void errorsOfPromptsAreTakenAsKnown() {
        Estimate mean = Estimate.average(List.of(of(1, 0.3), of(1.1, 0.3), of(0.9, 0.3)));
        assertThat(mean.standardError()).isCloseTo(0.3 / Math.sqrt(3), within(1e-12));
        assertThat(mean.z()).isCloseTo(2.937, within(1e-3));
        assertThat(mean.plus(-0.7).z()).isCloseTo(0.3 * Math.sqrt(3) / 0.3, within(1e-9));
        assertThat(mean.high()).isCloseTo(1 + 1.96 * 0.3 / Math.sqrt(3), within(1e-12));
    }

    /// s = 1, so s/√3 with two degrees of freedom: t = 4.303 at 97.5 %.
    @Test
    void theSpreadOfThreeSeedsHasTwoDegreesOfFreedom() {
        Estimate mean = Estimate.average(List.of(of(1, 0.01), of(2, 0.01), of(3, 0.01)));
        assertThat(mean.standardError()).isCloseTo(1 / Math.sqrt(3), within(1e-12));
        assertThat(mean.seeds().freedom()).isEqualTo(2);
        assertThat(mean.half()).isCloseTo(4.302653 / Math.sqrt(3), within(1e-6));
        assertThat(new Estimate(4.302653, 0, new Spread(1, 2)).z()).isCloseTo(1.959964, within(1e-6));
        assertThat(new Estimate(-2.306004, 0, new Spread(1, 8)).z()).isCloseTo(-1.959964, within(1e-6));
    }

    /// Two seeds at 1 ± 0.1, of which prompts alone would make ± 0.14: 12.706 standard errors of 0.1 over seeds.
    /// The z is that of t = 10 with one degree of freedom, P = 0.0635.
    @Test
    void seedsThatAgreeAreStillFew() {
        Estimate mean = Estimate.average(List.of(of(1.1, 0.2), of(0.9, 0.2)));
        assertThat(mean.standardError()).isCloseTo(0.2 / Math.sqrt(2), within(1e-12));
        assertThat(mean.half()).isCloseTo(1.2706, within(1e-4));
        assertThat(mean.z()).isCloseTo(1.856, within(1e-3));
    }

    /// Seeds that differ by chance alone, the prompts' standard error 1 and what seeds add to it 0 to 3 times as
    /// much. P(|mean| > t·s/√k) is the level whatever that is, and the prompts' interval can only take away.
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void seedsWithoutAnEffectShowOneNoMoreOftenThanTheLevel(int seeds) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seeds);
        for (double ratio : new double[] {0, 0.5, 1, 2, 3}) {
            double deviation = Math.hypot(1, ratio);
            int atFive = 0;
            int atOne = 0;
            for (int study = 0; study < STUDIES; study++) {
                Estimate mean = Estimate.average(IntStream.range(0, seeds)
                        .mapToObj(_ -> of(deviation * random.nextGaussian(), 1))
                        .toList());
                double z = Math.abs(mean.z());
                atFive += z > 1.96 ? 1 : 0;
                atOne += z > 2.576 ? 1 : 0;
            }
            // Three standard errors of the simulation above the level.
            assertThat(atFive / (double) STUDIES).as("ratio " + ratio).isLessThan(0.065);
            assertThat(atOne / (double) STUDIES).as("ratio " + ratio).isLessThan(0.017);
        }
    }

    /// (1 + 1)² / (1/2 + 1/2) = 4; (9 + 16)² / (81/4 + 0) = 30.9 beside a known error.
    @Test
    void differencesHaveTheFreedomOfWelchAndSatterthwaite() {
        Estimate one = new Estimate(3, 0, new Spread(1, 2));
        assertThat(one.minus(new Estimate(1, 0, new Spread(1, 2))))
                .isEqualTo(new Estimate(2, 0, new Spread(Math.sqrt(2), 4)));
        Estimate mixed = new Estimate(0, 1, new Spread(3, 4)).plus(of(0, 4));
        assertThat(mixed.measured()).isCloseTo(Math.sqrt(17), within(1e-12));
        assertThat(mixed.standardError()).isCloseTo(5, within(1e-12));
        assertThat(mixed.seeds().freedom()).isCloseTo(625 / (81.0 / 4), within(1e-9));
        assertThat(of(1, 1).minus(of(0, 1)).seeds().freedom()).isInfinite();
        assertThat(Estimate.exact(2).minus(Estimate.exact(2)).z()).isZero();
        assertThat(Estimate.exact(2).minus(Estimate.exact(1)).z()).isInfinite();
        assertThat(of(1, 1).minus(Estimate.MISSING).isMissing()).isTrue();
    }
}
