package dev.daa.eval.speed;

import java.util.Arrays;
import java.util.function.DoubleSupplier;
import org.apache.commons.math3.stat.StatUtils;

/// Duration of a step once it is steady, and how soon it was.
///
/// @param median of the steps that count, in seconds
/// @param fastest of them
/// @param slowest of them
/// @param steps how many they are
/// @param total seconds from the end of the last step before them to the end of the last of them
/// @param firstStep seconds from the origin to the end of the very first step
/// @param steadyAfter seconds from the origin to the first of [#STEADY_STEPS] steps in a row, of all steps, that take
///   at most [#STEADY] times the median; NaN when there are none
public record Timing(
        double median, double fastest, double slowest, int steps, double total, double firstStep, double steadyAfter) {
    /// Longest steady step, in medians.
    public static final double STEADY = 1.1;

    /// Steady steps in a row that show that speed is steady.
    public static final int STEADY_STEPS = 3;

    /// Reads a series of steps.
    ///
    /// @param begins when each step began, in seconds from the origin
    /// @param ends when each step ended
    /// @param first index of the first step that counts
    static Timing of(double[] begins, double[] ends, int first) {
        int all = ends.length;
        double[] durations = new double[all];
        for (int step = 0; step < all; step++) {
            durations[step] = ends[step] - begins[step];
        }
        double[] counted = Arrays.copyOfRange(durations, first, all);
        double median = StatUtils.percentile(counted, 50);
        double steadyAfter = Double.NaN;
        int run = 0;
        for (int step = 0; step < all && run < STEADY_STEPS; step++) {
            run = durations[step] <= STEADY * median ? run + 1 : 0;
            if (run == STEADY_STEPS) {
                steadyAfter = begins[step - STEADY_STEPS + 1];
            }
        }
        return new Timing(
                median,
                StatUtils.min(counted),
                StatUtils.max(counted),
                all - first,
                ends[all - 1] - (first == 0 ? begins[0] : ends[first - 1]),
                ends[0],
                steadyAfter);
    }

    /// Runs `step` at this pace.
    ///
    /// @param origin what times count from, as [System#nanoTime]
    static Timing measure(Runnable step, Pace pace, long origin) {
        return ofLastPart(
                () -> {
                    long start = System.nanoTime();
                    step.run();
                    return (System.nanoTime() - start) * 1e-9;
                },
                pace,
                origin);
    }

    /// As above, where only the last part of a step counts: what came before made it possible.
    ///
    /// @param step returns how long that part took, in seconds
    static Timing ofLastPart(DoubleSupplier step, Pace pace, long origin) {
        double[] begins = new double[1024];
        double[] ends = new double[1024];
        int first = -1;
        double start = seconds(origin);
        double countedFrom = Double.NaN;
        int count = 0;
        while (first < 0 || count - first < pace.steps() || ends[count - 1] - countedFrom < pace.seconds()) {
            if (count == ends.length) {
                begins = Arrays.copyOf(begins, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
            }
            double counted = step.getAsDouble();
            ends[count] = seconds(origin);
            begins[count] = ends[count] - counted;
            count++;
            if (first < 0 && count >= pace.warmUpSteps() && ends[count - 1] - start >= pace.warmUpSeconds()) {
                first = count;
                countedFrom = ends[count - 1];
                pace.counting().run();
            }
        }
        return of(Arrays.copyOf(begins, count), Arrays.copyOf(ends, count), first);
    }

    private static double seconds(long origin) {
        return (System.nanoTime() - origin) * 1e-9;
    }
}
