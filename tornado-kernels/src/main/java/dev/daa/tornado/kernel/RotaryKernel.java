package dev.daa.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Rotary positions, half-split: the pair `(i, i + pairs)` of each query and key head turns by an angle whose cosine
/// and sine the host has tabulated. A lane is one pair of one head of one row.
public final class RotaryKernel {
    private RotaryKernel() {}

    /// A row for each position: `pairs` cosines of `position·base^(−i/pairs)`, then as many sines.
    public static FloatArray table(int positions, int pairs, float base) {
        FloatArray table = Memory.floats(positions * 2 * pairs);
        for (int i = 0; i < pairs; i++) {
            double turn = Math.pow(base, -(double) i / pairs);
            for (int position = 0; position < positions; position++) {
                double angle = position * turn;
                table.set(position * 2 * pairs + i, (float) Math.cos(angle));
                table.set(position * 2 * pairs + pairs + i, (float) Math.sin(angle));
            }
        }
        return table;
    }

    /// @param heads query and key heads
    /// @param direction 1, or -1 for the inverse rotation
    public static void turn(
            KernelContext context,
            IntArray tables,
            FloatArray qkv,
            FloatArray angles,
            int position,
            int heads,
            int headSize,
            int pairs,
            int width,
            int direction) {
        int lane = context.globalIdx;
        if (lane < tables.get(Tables.ROWS) * heads * pairs) {
            turnLane(lane, tables, qkv, angles, position, heads, headSize, pairs, width, direction);
        }
    }

    static void turnLane(
            int lane,
            IntArray tables,
            FloatArray qkv,
            FloatArray angles,
            int position,
            int heads,
            int headSize,
            int pairs,
            int width,
            int direction) {
        int row = lane / (heads * pairs);
        int inRow = lane - row * heads * pairs;
        int head = inRow / pairs;
        int pair = inRow - head * pairs;
        int angle = tables.get(position + row) * 2 * pairs + pair;
        float cosine = angles.get(angle);
        float sine = angles.get(angle + pairs) * direction;
        int at = row * width + head * headSize + pair;
        float x = qkv.get(at);
        float y = qkv.get(at + pairs);
        qkv.set(at, x * cosine - y * sine);
        qkv.set(at + pairs, x * sine + y * cosine);
    }
}
