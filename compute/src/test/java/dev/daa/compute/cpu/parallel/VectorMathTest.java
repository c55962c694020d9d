package dev.daa.compute.cpu.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    private static float apply(UnaryOperator<FloatVector> function, float x) {
        return function.apply(FloatVector.broadcast(VectorMath.SPECIES, x)).lane(VectorMath.LANES - 1);
    }

    @Test
    void expIsRightToTheLastBits() {
        for (float x = -87.2f; x < 88.6f; x += 0.0137f) {
            double expected = Math.exp(x);
            assertThat((double) apply(VectorMath::exp, x)).as("e^%s", x).isCloseTo(expected, within(9e-8 * expected));
        }
    }

    @Test
    void expAtTheEndsOfTheScale() {
        assertThat(apply(VectorMath::exp, 0)).isEqualTo(1f);
        assertThat(apply(VectorMath::exp, -0f)).isEqualTo(1f);
        assertThat(apply(VectorMath::exp, 89f)).isInfinite();
        assertThat(apply(VectorMath::exp, Float.POSITIVE_INFINITY)).isInfinite();
        assertThat(apply(VectorMath::exp, -88f)).isZero();
        assertThat(apply(VectorMath::exp, Float.NEGATIVE_INFINITY)).isZero();
        assertThat(apply(VectorMath::exp, Float.NaN)).isNaN();
        assertThat(apply(VectorMath::expOfNonPositive, Float.NEGATIVE_INFINITY)).isZero();
        assertThat(apply(VectorMath::expOfNonPositive, -1e30f)).isZero();
        assertThat(apply(VectorMath::expOfNonPositive, Float.NaN)).isNaN();
    }

    @Test
    void log() {
        for (float x = 1.2e-38f; x < 1e38f; x *= 1.0173f) {
            double expected = Math.log(x);
            assertThat((double) apply(VectorMath::log, x))
                    .as("ln %s", x)
                    .isCloseTo(expected, within(1e-7 * Math.max(1, Math.abs(expected))));
        }
        assertThat(apply(VectorMath::log, 1)).isZero();
    }

    @Test
    void sigmoid() {
        for (float x = -80; x < 80; x += 0.173f) {
            double expected = 1 / (1 + Math.exp(-x));
            assertThat((double) apply(VectorMath::sigmoid, x)).isCloseTo(expected, within(2e-7 * expected));
        }
    }

    /// Values of Φ from Abramowitz & Stegun, table 26.1.
    @Test
    void normalDistribution() {
        assertThat((double) distribution(0)).isCloseTo(0.5, within(1e-7));
        assertThat((double) distribution(1)).isCloseTo(0.841344746068543, within(1.2e-7));
        assertThat((double) distribution(-1)).isCloseTo(0.158655253931457, within(6e-8));
        assertThat((double) distribution(2)).isCloseTo(0.977249868051821, within(1.2e-7));
        assertThat((double) distribution(-3)).isCloseTo(0.001349898031630, within(6e-8));
        assertThat(distribution(40)).isEqualTo(1f);
        assertThat(distribution(-40)).isZero();
        assertThat(distribution(Float.NaN)).isNaN();
    }

    private static float distribution(float x) {
        return apply(v -> VectorMath.normalDistribution(v, VectorMath.normalDensity(v)), x);
    }

    @Test
    void sumLanesAddsEveryLaneOnce() {
        SplittableRandom random = new SplittableRandom(1);
        float[] values = new float[VectorMath.LANES];
        int sum = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(1000);
            sum += (int) values[i];
        }
        assertThat(VectorMath.sumLanes(FloatVector.fromArray(VectorMath.SPECIES, values, 0)))
                .isEqualTo(sum);
    }
}
