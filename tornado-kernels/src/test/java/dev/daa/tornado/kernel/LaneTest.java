package dev.daa.tornado.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// What kernels call for each value, row or work-item, run on the host: against definitions in double precision, at
/// edges and with negative indices.
final class LaneTest {
    private static final double STEP = 1e-5;

    @ParameterizedTest
    @ValueSource(floats = {-1000, -30, -5.5f, -1, -1e-3f, 0, 1e-3f, 0.7f, 1, 5.5f, 30, 1000})
    void activationsAndTheirSlopes(float x) {
        DoubleUnaryOperator tanhForm =
                v -> 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
        DoubleUnaryOperator exact = v -> v * normalDistribution(v);
        double scale = Math.max(1, Math.abs(x));
        assertThat((double) ActivationKernel.geluTanh(x)).isCloseTo(tanhForm.applyAsDouble(x), within(1e-6 * scale));
        assertThat((double) ActivationKernel.geluTanhSlope(x)).isCloseTo(slope(tanhForm, x), within(2e-6 * scale));
        assertThat((double) ActivationKernel.normalDistribution(x)).isCloseTo(normalDistribution(x), within(3e-7));
        assertThat((double) ActivationKernel.geluExactSlope(x)).isCloseTo(slope(exact, x), within(2e-6 * scale));
        assertThat((double) ActivationKernel.sigmoid(x)).isCloseTo(1 / (1 + Math.exp(-(double) x)), within(2e-7));
    }

    private static double slope(DoubleUnaryOperator f, double x) {
        double step = STEP * Math.max(1, Math.abs(x));
        return (f.applyAsDouble(x + step) - f.applyAsDouble(x - step)) / (2 * step);
    }

    /// Φ by Simpson's rule over the density from 0.
    private static double normalDistribution(double x) {
        double end = Math.min(12, Math.abs(x));
        int parts = 2_000;
        double width = end / parts;
        double sum = 0;
        for (int i = 0; i <= parts; i++) {
            int weight = i == 0 || i == parts ? 1 : i % 2 == 1 ? 4 : 2;
            sum += weight * Math.exp(-0.5 * i * width * i * width);
        }
        double half = sum * width / 3 / Math.sqrt(2 * Math.PI);
        return x < 0 ? 0.5 - half : 0.5 + half;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 63, 64, 65, 127, 1000, 16_384})
    void partsOfASumTakeEachRowOnce(int rows) {
        for (int partCount : new int[] {1, 2, 7, 63, 64}) {
            int[] taken = new int[rows];
            for (int part = 0; part < partCount; part++) {
                int end = ElementKernel.firstRow(part + 1, partCount, rows);
                for (int row = ElementKernel.firstRow(part, partCount, rows); row < end; row++) {
                    taken[row]++;
                }
            }
            assertThat(taken)
                    .containsOnly(IntStream.generate(() -> 1).limit(rows).toArray());
        }
    }

    /// Runs of rows are as many as 262,144 lanes leave to each column: from 1 to 64.
    @ParameterizedTest
    @CsvSource({"1,64", "768,64", "4096,64", "4097,63", "12288,21", "262144,1", "262145,1", "1048576,1"})
    void aSumOverRowsHasFewerPartsWhereColumnsAreMany(int width, int parts) {
        assertThat(ElementKernel.partCount(width)).isEqualTo(parts);
    }

    @ParameterizedTest
    @CsvSource({"0,0,0,0", "5,0,0,70", "5,3,11,70", "5,5,11,70", "1,0,0,0"})
    void keysAreThoseOfThePrefixAndThenItsOwn(int seen, int before, int prefixStart, int start) {
        for (int i = -3; i < seen + 3; i++) {
            if (i >= 0) {
                int expected = i >= seen ? -1 : i < before ? prefixStart + i : start + i - before;
                assertThat(AttentionGroup.seenRow(i, seen, before, prefixStart, start - before))
                        .isEqualTo(expected);
                if (i < seen) {
                    assertThat(CachedAttentionKernel.source(i, before, prefixStart, start))
                            .isEqualTo(expected);
                }
            }
            assertThat(AttentionGroup.ownRow(i, start, seen)).isEqualTo(i < seen ? start + i : -1);
        }
    }

    @ParameterizedTest
    @CsvSource({"-1,0", "-7,3", "2,5", "2,63"})
    void whatIsNotThereIsZero(int row, int column) {
        FloatArray values = filled(24, 3);
        assertThat(AttentionGroup.element(values, row, 8, 1, column, 5)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0,0", "2,4"})
    void whatIsThereIsFound(int row, int column) {
        FloatArray values = filled(24, 3);
        assertThat(AttentionGroup.element(values, row, 8, 1, column, 5)).isEqualTo(values.get(row * 8 + 1 + column));
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "7,32,0.7", "127,128,1", "128,128,1.3", "129,160,2", "1000,1024,0.5"})
    void lanesOfAHeadAddUpToItsRow(int vocabulary, int stride, float scale) {
        FloatArray logits = filled(3 * stride, 5);
        FloatArray others = filled(3 * stride, 6);
        int row = 2 * stride;
        double maximum = Double.NEGATIVE_INFINITY;
        float found = Float.NEGATIVE_INFINITY;
        for (int token = 0; token < vocabulary; token++) {
            maximum = Math.max(maximum, (double) logits.get(row + token) * scale);
        }
        for (int lane = 0; lane < HeadKernel.GROUP; lane++) {
            found = Math.max(found, HeadKernel.maximumOf(lane, row, logits, vocabulary, scale));
        }
        assertThat((double) found).isCloseTo(maximum, within(1e-6));
        double mass = 0;
        double difference = 0;
        for (int token = 0; token < vocabulary; token++) {
            double z = (double) logits.get(row + token) * scale - maximum;
            mass += Math.exp(z);
            difference += Math.exp(z) * (z - ((double) others.get(row + token) * scale - 0.25));
        }
        double foundMass = 0;
        double foundDifference = 0;
        for (int lane = 0; lane < HeadKernel.GROUP; lane++) {
            foundMass += HeadKernel.massOf(lane, row, logits, vocabulary, scale, (float) maximum);
            foundDifference +=
                    HeadKernel.differenceOf(lane, row, logits, others, vocabulary, scale, (float) maximum, 0.25f);
        }
        assertThat(foundMass).isCloseTo(mass, within(2e-6 * vocabulary));
        assertThat(foundDifference).isCloseTo(difference, within(1e-5 * vocabulary));
    }

    /// The derivative of `a·log p(target) + b·entropy` by one logit, against differences of the definition.
    @ParameterizedTest
    @CsvSource({"1,0,1", "0,1,1", "0.7,-0.3,0.5", "-2,0.4,1.7"})
    void derivativeOfAHead(float dLogProb, float dEntropy, float scale) {
        double[] logits = {0.3, -1.2, 2, 0.1, -0.4};
        for (int by = 0; by < logits.length; by++) {
            double[] up = logits.clone();
            double[] down = logits.clone();
            up[by] += STEP;
            down[by] -= STEP;
            double expected = (objective(up, dLogProb, dEntropy, scale) - objective(down, dLogProb, dEntropy, scale))
                    / (2 * STEP);
            double logSumExp = logSumExp(logits, scale);
            double entropy = objective(logits, 0, 1, scale);
            assertThat((double) HeadKernel.derivative(
                            (float) logits[by],
                            scale,
                            (float) logSumExp,
                            (float) entropy,
                            dLogProb,
                            dEntropy,
                            by == 2 ? 1 : 0))
                    .isCloseTo(expected, within(2e-6));
        }
    }

    private static double logSumExp(double[] logits, double scale) {
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit * scale);
        }
        return Math.log(sum);
    }

    private static double objective(double[] logits, double ofLogProb, double ofEntropy, double scale) {
        double logSumExp = logSumExp(logits, scale);
        double entropy = 0;
        for (double logit : logits) {
            double logP = logit * scale - logSumExp;
            entropy -= Math.exp(logP) * logP;
        }
        return ofLogProb * (logits[2] * scale - logSumExp) + ofEntropy * entropy;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 128, 129, 300})
    void lanesOfASampleCountEachToken(int vocabulary) {
        FloatArray logits = filled(vocabulary + 7, 8);
        float bound = logits.get(7 + vocabulary / 2);
        double above = 0;
        double equal = 0;
        double mass = 0;
        float largest = -1e30f;
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits.get(7 + token);
            above += logit > bound ? 1 : 0;
            equal += logit == bound ? 1 : 0;
            mass += logit > bound ? Math.exp((logit - 1.5) * 0.8) : 0;
            largest = logit <= bound ? Math.max(largest, logit) : largest;
        }
        double foundAbove = 0;
        double foundEqual = 0;
        double foundMass = 0;
        float foundLargest = -1e30f;
        for (int lane = 0; lane < Group.SIZE; lane++) {
            foundAbove += SampleKernel.countAbove(lane, Group.SIZE, logits, 7, vocabulary, bound);
            foundEqual += SampleKernel.countEqual(lane, Group.SIZE, logits, 7, vocabulary, bound);
            foundMass += SampleKernel.massAbove(lane, Group.SIZE, logits, 7, vocabulary, bound, 1.5f, 0.8f);
            foundLargest = Math.max(
                    foundLargest, SampleKernel.largestUpTo(lane, Group.SIZE, logits, 7, vocabulary, bound, -1e30f));
        }
        assertThat(foundAbove).isEqualTo(above);
        assertThat(foundEqual).isEqualTo(equal);
        assertThat(foundMass).isCloseTo(mass, within(1e-6 * vocabulary));
        assertThat(foundLargest).isEqualTo(largest);
    }

    /// Masses 1, 2, 1 and 4 of equal temperature, one of two equal logits cut away.
    @ParameterizedTest
    @CsvSource({"0,0", "0.99,0", "1,1", "2.5,1", "3,3", "6.9,3", "100,3"})
    void aWalkStopsWhereTheSumExceedsTheDraw(float draw, int token) {
        FloatArray logits = Memory.floats(4);
        float[] masses = {1, 2, 1, 4};
        for (int i = 0; i < masses.length; i++) {
            logits.set(i, (float) Math.log(masses[i]));
        }
        assertThat(SampleKernel.walk(logits, 0, 0, 4, 0, 1, 0, 1, draw, 0)).isEqualTo(token);
    }

    private static FloatArray filled(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        FloatArray values = Memory.floats(count);
        for (int i = 0; i < count; i++) {
            values.set(i, (float) random.nextGaussian());
        }
        return values;
    }
}
