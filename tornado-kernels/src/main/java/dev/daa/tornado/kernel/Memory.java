package dev.daa.tornado.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Off-heap arrays, which TornadoVM copies to the device. The JDK fills them with zeros when it allocates them.
public final class Memory {
    private static final int LINE = 32;

    private Memory() {}

    /// Zeros; at least one value, because an empty array cannot be sent.
    public static FloatArray floats(long count) {
        return new FloatArray(Math.toIntExact(Math.max(1, count)));
    }

    /// Zeros; at least one value.
    public static IntArray ints(long count) {
        return new IntArray(Math.toIntExact(Math.max(1, count)));
    }

    /// Zeros; at least one value.
    public static BFloat16Array rounded(long count) {
        return new BFloat16Array(Math.toIntExact(Math.max(1, count)));
    }

    /// Rounded up to lines of 128 bytes: where rows do not begin at the start of one, or a product's sides are odd,
    /// cuBLAS chooses slow kernels.
    public static int wholeLines(int values) {
        return Math.ceilDiv(values, LINE) * LINE;
    }

    public static void copy(FloatArray from, int at, float[] into, int offset, int count) {
        MemorySegment.copy(from.getSegment(), ValueLayout.JAVA_FLOAT, (long) at * Float.BYTES, into, offset, count);
    }

    /// From one place to another, counted in floats.
    public static void copy(MemorySegment from, int offset, FloatArray into, int at, int count) {
        MemorySegment.copy(
                from,
                (long) offset * Float.BYTES,
                into.getSegment(),
                (long) at * Float.BYTES,
                (long) count * Float.BYTES);
    }
}
