package dev.daa.eval.kl;

import java.util.Arrays;

/// Sequences laid end to end: checks and conversions.
final class Packing {
    private Packing() {}

    /// Refuses starts that do not cut `positions` into sequences, one per prompt number.
    static void check(int[] start, int positions, int prompts) {
        if (start.length < 2 || start[0] != 0 || start[start.length - 1] != positions) {
            throw new IllegalArgumentException(
                    "sequence starts " + ends(start) + " do not cover " + positions + " tokens");
        }
        for (int i = 1; i < start.length; i++) {
            if (start[i] < start[i - 1]) {
                throw new IllegalArgumentException(
                        "sequence " + (i - 1) + " starts at " + start[i - 1] + " and ends at " + start[i]);
            }
        }
        if (prompts != start.length - 1) {
            throw new IllegalArgumentException((start.length - 1) + " sequences, but " + prompts + " prompt numbers");
        }
    }

    /// Refuses NaN and infinities, naming sequence and token.
    static void checkFinite(String name, double[] values, int[] start) {
        for (int i = 0; i + 1 < start.length; i++) {
            for (int position = start[i]; position < start[i + 1]; position++) {
                if (!Double.isFinite(values[position])) {
                    throw new IllegalArgumentException(name + " of sequence " + i + ", token " + (position - start[i])
                            + " is " + values[position]);
                }
            }
        }
    }

    static int[] start(double[][] sequences) {
        int[] start = new int[sequences.length + 1];
        for (int i = 0; i < sequences.length; i++) {
            start[i + 1] = start[i] + sequences[i].length;
        }
        return start;
    }

    static double[] pack(double[][] sequences) {
        return Arrays.stream(sequences).flatMapToDouble(Arrays::stream).toArray();
    }

    private static String ends(int[] start) {
        return start.length == 0 ? "(none)" : start[0] + " … " + start[start.length - 1];
    }
}
