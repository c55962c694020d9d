package dev.daa.eval.report.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A linear axis.
///
/// @param label quantity and unit
/// @param min the value at its beginning
/// @param max the value at its end
/// @param step from tick to tick; the ticks are the multiples of it
public record Axis(String label, double min, double max, double step) {
    public Axis {
        if (!(max > min) || !(step > 0)) {
            throw new IllegalArgumentException("axis " + label + " from " + min + " to " + max + " by " + step);
        }
    }

    /// The axis that holds all values and has about `ticks` round ticks. With `toTicks` an end is moved out to the
    /// next tick, unless that would leave more than half a step empty.
    public static Axis covering(String label, double[] values, int ticks, boolean toTicks) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (Double.isFinite(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        if (low > high) {
            low = 0;
            high = 1;
        }
        if (low == high) {
            double margin = low == 0 ? 1 : Math.abs(low) * 0.1;
            low -= margin;
            high += margin;
        }
        double step = roundStep((high - low) / ticks);
        if (toTicks) {
            double below = Math.floor(low / step + 1e-9) * step;
            double above = Math.ceil(high / step - 1e-9) * step;
            double slack = 0.04 * (high - low);
            return new Axis(
                    label,
                    low - below > 0.5 * step ? low - slack : below,
                    above - high > 0.5 * step ? high + slack : above,
                    step);
        }
        double margin = 0.03 * (high - low);
        return new Axis(label, low == 0 ? 0 : low - margin, high + margin, step);
    }

    /// The least of 1, 2, 2.5, 5 × 10ᵏ that is not below `rough`.
    private static double roundStep(double rough) {
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        for (double factor : new double[] {1, 2, 2.5, 5}) {
            if (rough <= factor * power * (1 + 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        double slack = 1e-6 * step;
        for (long k = (long) Math.ceil((min - slack) / step); k * step <= max + slack; k++) {
            ticks.add(k * step);
        }
        return ticks;
    }

    String tickLabel(double tick) {
        int decimals = 0;
        double scaled = step;
        while (decimals < 6 && Math.abs(scaled - Math.rint(scaled)) > 1e-6 * scaled) {
            scaled *= 10;
            decimals++;
        }
        double value = Math.abs(tick) < 1e-9 * step ? 0 : tick;
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        return text.startsWith("-") ? "−" + text.substring(1) : text;
    }

    /// Where a value lies: 0 at the beginning of the axis, 1 at its end.
    double position(double value) {
        return (value - min) / (max - min);
    }
}
