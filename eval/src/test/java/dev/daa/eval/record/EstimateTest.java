package dev.daa.eval.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/// Against tables of Student's t and closed forms.
class EstimateTest {
    private static Estimate of(double mean, double error) {
        return new Estimate(mean, error);
    }

    @Test
    void errorsOfPromptsAreTakenAsKnown() {
        Estimate mean = Estimate.average(List.of(of(1, 0.3), of(1.1, 0.3), of(0.9, 0.3)));
        assertThat(mean.standardError()).isCloseTo(0.3 / Math.sqrt(3), within(1e-12));
        assertThat(mean.freedom()).isInfinite();
        assertThat(mean.z()).isCloseTo(Math.sqrt(3) / 0.3, within(1e-12));
        assertThat(mean.high()).isCloseTo(1 + 1.96 * 0.3 / Math.sqrt(3), within(1e-12));
    }

    /// s = 1, so s/√3 with two degrees of freedom: t = 4.303 at 97.5 %.
    @Test
    void theSpreadOfThreeSeedsHasTwoDegreesOfFreedom() {
        Estimate mean = Estimate.average(List.of(of(1, 0.01), of(2, 0.01), of(3, 0.01)));
        assertThat(mean.standardError()).isCloseTo(1 / Math.sqrt(3), within(1e-12));
        assertThat(mean.freedom()).isEqualTo(2);
        assertThat(mean.half()).isCloseTo(4.302653 / Math.sqrt(3), within(1e-6));
        assertThat(new Estimate(4.302653, 1, 2).z()).isCloseTo(1.959964, within(1e-6));
        assertThat(new Estimate(-2.306004, 1, 8).z()).isCloseTo(-1.959964, within(1e-6));
    }

    /// (1 + 1)² / (1/2 + 1/2) = 4; (9 + 16)² / (81/4 + 0) = 30.9 beside a known error.
    @Test
    void differencesHaveTheFreedomOfWelchAndSatterthwaite() {
        Estimate one = new Estimate(3, 1, 2);
        assertThat(one.minus(new Estimate(1, 1, 2))).isEqualTo(new Estimate(2, Math.sqrt(2), 4));
        Estimate mixed = new Estimate(0, 3, 4).plus(of(0, 4));
        assertThat(mixed.standardError()).isCloseTo(5, within(1e-12));
        assertThat(mixed.freedom()).isCloseTo(625 / (81.0 / 4), within(1e-9));
        assertThat(of(1, 1).minus(of(0, 1)).freedom()).isInfinite();
        assertThat(Estimate.exact(2).minus(Estimate.exact(2)).z()).isZero();
        assertThat(Estimate.exact(2).minus(Estimate.exact(1)).z()).isInfinite();
        assertThat(of(1, 1).minus(Estimate.MISSING).isMissing()).isTrue();
    }
}
