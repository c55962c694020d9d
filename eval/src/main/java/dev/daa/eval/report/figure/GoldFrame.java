package dev.daa.eval.report.figure;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.text.Words;
import java.util.Comparator;
import java.util.List;

/// The part of the plane of distance and gold reward that figures show. Policies that collapsed altogether can lie so
/// far below and to the right that nothing else would be legible; they are left outside, counted and named.
///
/// @param floor the lowest gold reward shown
/// @param farthest the greatest distance shown
/// @param outside how many checkpoints lie outside
/// @param remark says so; empty if none does
public record GoldFrame(double floor, double farthest, int outside, String remark) {
    /// How far below the start the frame reaches, as a multiple of what can be gained above it.
    private static final double DEPTH = 1.2;

    /// What lies within so many standard errors of the start has not collapsed.
    private static final double CLEARLY = 3;

    static GoldFrame of(List<Point> points, double attainable) {
        Estimate start = Estimate.average(
                points.stream().filter(Point::isStart).map(Point::gold).toList());
        if (start.isMissing()) {
            start = Estimate.exact(0);
        }
        double best = points.stream()
                .mapToDouble(point -> point.gold().mean())
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        double gain =
                (Double.isNaN(attainable) ? start.mean() + 1.5 * (best - start.mean()) : Math.max(best, attainable))
                        - start.mean();
        double floor = floor(points, start, Math.max(gain, CLEARLY * typicalError(points)));
        List<Point> below =
                points.stream().filter(point -> point.gold().mean() < floor).toList();
        double farthest = points.stream()
                .filter(point -> !(point.gold().mean() < floor))
                .mapToDouble(Point::distance)
                .max()
                .orElse(1);
        if (below.isEmpty()) {
            return new GoldFrame(Double.NEGATIVE_INFINITY, farthest, 0, "");
        }
        Point worst = below.stream()
                .min(Comparator.comparingDouble(point -> point.gold().mean()))
                .orElseThrow();
        String remark = " Outside the frame lie " + below.size() + " of " + points.size()
                + " checkpoints, which collapsed to a gold reward below " + Words.fixed(floor, 1) + "; the worst, "
                + Words.objective(worst.cell().objective()) + " "
                + Words.beta(worst.cell().method(), worst.cell().beta()) + ", has "
                + Words.fixed(worst.gold().mean(), 1) + " at √KL " + Words.fixed(worst.distance(), 1) + ".";
        return new GoldFrame(floor, farthest, below.size(), remark);
    }

    /// [#DEPTH] of the scale below the start, or the lowest gold reward that may be as high as the start.
    private static double floor(List<Point> points, Estimate start, double scale) {
        return points.stream()
                .map(Point::gold)
                .filter(gold ->
                        gold.minus(start).mean() > -CLEARLY * gold.minus(start).errorOrZero())
                .mapToDouble(Estimate::mean)
                .reduce(start.mean() - DEPTH * scale, Math::min);
    }

    /// The median standard error: a study in which nothing rises has no other scale.
    private static double typicalError(List<Point> points) {
        double[] errors = points.stream()
                .mapToDouble(point -> point.gold().errorOrZero())
                .sorted()
                .toArray();
        return errors.length == 0 ? 0 : errors[errors.length / 2];
    }

    boolean holds(Point point) {
        return !(point.gold().mean() < floor);
    }
}
