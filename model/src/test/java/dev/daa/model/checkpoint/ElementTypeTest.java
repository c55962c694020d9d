package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// Every 16-bit pattern, against the formats' definitions: (−1)^sign · 2^(exponent − bias) · (1 + mantissa / 2^bits).
class ElementTypeTest {
    private static final int PATTERNS = 1 << 16;

    @Test
    void everyF16PatternHasItsValue() {
        float[] values = read(ElementType.F16);
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            assertValue(values[pattern], value(pattern, 5, 10), pattern);
        }
    }

    @Test
    void everyBf16PatternHasItsValue() {
        float[] values = read(ElementType.BF16);
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            assertValue(values[pattern], value(pattern, 8, 7), pattern);
        }
    }

    @Test
    void valuesAreReadAtOddPlaces() {
        byte[] bytes = {9, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0};
        float[] into = new float[4];
        ElementType.F32.read(MemorySegment.ofArray(bytes), 1, into, 1, 2);
        assertThat(into).containsExactly(0, 1, -2, 0);
    }

    private static float[] read(ElementType type) {
        byte[] bytes = new byte[2 * PATTERNS];
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            bytes[2 * pattern] = (byte) pattern;
            bytes[2 * pattern + 1] = (byte) (pattern >>> 8);
        }
        float[] values = new float[PATTERNS];
        type.read(MemorySegment.ofArray(bytes), 0, values, 0, PATTERNS);
        return values;
    }

    private static double value(int pattern, int exponentBits, int mantissaBits) {
        int largest = (1 << exponentBits) - 1;
        int bias = largest >> 1;
        int exponent = pattern >> mantissaBits & largest;
        double fraction = (pattern & (1 << mantissaBits) - 1) / Math.pow(2, mantissaBits);
        double sign = pattern >= 1 << 15 ? -1 : 1;
        if (exponent == largest) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return exponent == 0
                ? sign * Math.pow(2, 1 - bias) * fraction
                : sign * Math.pow(2, exponent - bias) * (1 + fraction);
    }

    private static void assertValue(float actual, double expected, int pattern) {
        if (Double.compare(actual, expected) != 0) {
            assertThat((double) actual).as("pattern %04x", pattern).isEqualTo(expected);
        }
    }
}
