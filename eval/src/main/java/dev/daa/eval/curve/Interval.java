package dev.daa.eval.curve;

import java.util.Arrays;

/// The central 95 % of a bootstrap distribution, by nearest rank outwards; an end may be infinite where draws are.
public record Interval(double low, double high) {
    private static final double TAIL = 0.025;

    /// Interval of draws that are not NaN; at least one.
    public static Interval of(double[] draws) {
        double[] sorted = draws.clone();
        Arrays.sort(sorted);
        int last = sorted.length - 1;
        return new Interval(sorted[(int) Math.floor(TAIL * last)], sorted[(int) Math.ceil((1 - TAIL) * last)]);
    }

    /// Whether both ends are finite.
    public boolean isFinite() {
        return Double.isFinite(low) && Double.isFinite(high);
    }

    public boolean contains(double value) {
        return low <= value && value <= high;
    }
}
