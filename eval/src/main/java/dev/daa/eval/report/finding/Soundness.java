package dev.daa.eval.report.finding;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.measure.FrontierCurve;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Whether a study's numbers can be true: what no policy can do, and what two ways of measuring must agree on. Pure.
///
/// A check is passed ([Outcome#SHOWN]), failed ([Outcome#CONTRADICTED]) or cannot decide ([Outcome#UNDECIDED]).
public final class Soundness {
    private Soundness() {}

    public static List<Case> of(List<Point> points, Optional<FrontierCurve> frontier) {
        List<Case> checks = new ArrayList<>();
        checks.add(kl(points));
        checks.add(agreement(
                "k1 estimate of the KL", points, measured -> measured.kl().k1(), false));
        checks.add(agreement(
                "k3 estimate of the KL", points, measured -> measured.kl().k3(), true));
        frontier.ifPresent(line -> checks.add(belowFrontier(points, line)));
        frontier.ifPresent(line -> checks.add(start(points, line)));
        return checks;
    }

    private static Case kl(List<Point> points) {
        long negative = points.stream().filter(point -> point.kl().mean() < 0).count();
        return new Case(
                "Exact KL is never negative",
                negative == 0 ? Outcome.SHOWN : Outcome.CONTRADICTED,
                Words.count(negative, "negative value") + " in " + Words.count(points.size(), "checkpoint"));
    }

    /// @param heavyTail whether the estimate may fall short without a fault: tokens that the policy hardly samples
    ///   any more weigh π_ref/π, and what a sample misses its standard error misses too
    private static Case agreement(
            String name, List<Point> points, Function<Evaluation, Estimate> estimator, boolean heavyTail) {
        int compared = 0;
        double farthest = 0;
        double highest = 0;
        for (Point point : points) {
            Estimate other = estimator.apply(point.evaluation());
            Estimate difference = other.minus(point.kl());
            if (!point.isStart() && !other.isMissing() && difference.errorOrZero() > 0) {
                compared++;
                farthest = Math.max(farthest, Math.abs(difference.z()));
                highest = Math.max(highest, difference.z());
            }
        }
        String label = "The " + name + " agrees with the exact one";
        if (compared == 0) {
            return new Case(label, Outcome.UNDECIDED, "not recorded");
        }
        double z = Significance.threshold(compared);
        boolean fallsShort = heavyTail && farthest >= z && highest < z;
        return new Case(
                label,
                farthest < z ? Outcome.SHOWN : fallsShort ? Outcome.UNDECIDED : Outcome.CONTRADICTED,
                "farthest apart: " + Words.fixed(farthest, 1) + " standard errors, expected below " + Words.fixed(z, 1)
                        + " among " + Words.count(compared, "checkpoint")
                        + (fallsShort
                                ? "; it falls short where tokens of the SFT policy are hardly sampled any more, which"
                                        + " its own standard error does not know"
                                : ""));
    }

    /// The error of the frontier's value at a measured d = √KL is its slope there times the error of d, se(KL)/2d.
    private static Case belowFrontier(List<Point> points, FrontierCurve frontier) {
        int compared = 0;
        double highest = Double.NEGATIVE_INFINITY;
        for (Point point : points) {
            if (!point.isStart() && !point.gold().isMissing() && point.kl().mean() > 0) {
                double d = point.distance();
                double error = point.kl().errorOrZero() / (2 * d);
                Estimate attainable = new Estimate(frontier.bestGold(d), frontier.slope(d) * error);
                Estimate excess = point.gold().minus(attainable);
                compared++;
                highest = Math.max(highest, excess.z());
            }
        }
        if (compared == 0) {
            return new Case("No policy is above the exact frontier", Outcome.UNDECIDED, "no checkpoint to compare");
        }
        double z = Significance.threshold(compared);
        return new Case(
                "No policy is above the exact frontier",
                highest < z ? Outcome.SHOWN : Outcome.CONTRADICTED,
                "closest: " + Words.signed(highest, 1) + " standard errors from it, expected below " + Words.fixed(z, 1)
                        + " among " + Words.count(compared, "checkpoint"));
    }

    private static Case start(List<Point> points, FrontierCurve frontier) {
        List<Estimate> starts =
                points.stream().filter(Point::isStart).map(Point::gold).toList();
        Estimate start = Estimate.average(starts);
        if (start.isMissing()) {
            return new Case("The SFT policy is close to its data", Outcome.UNDECIDED, "not recorded");
        }
        Estimate difference = start.plus(-frontier.referenceGold());
        boolean close = Math.abs(difference.mean()) < 0.1 * frontier.referenceDeviation()
                || Math.abs(difference.z()) < Significance.threshold(1);
        return new Case(
                "The SFT policy is close to its data",
                close ? Outcome.SHOWN : Outcome.CONTRADICTED,
                "gold reward " + Words.estimate(start, 3) + ", of the reference distribution "
                        + Words.fixed(frontier.referenceGold(), 3) + " (standard deviation "
                        + Words.fixed(frontier.referenceDeviation(), 2)
                        + "); close means within a tenth of that deviation or 1.96 standard errors");
    }
}
