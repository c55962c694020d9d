package dev.daa.eval.report.measure;

import dev.daa.eval.world.ExactFrontier;
import java.util.Arrays;

/// The exact frontier on an even grid of distances, linear in between: a solve per point of a study would take seconds.
///
/// On the `reviews` world the interpolation errs by less than 10⁻³ of gold reward.
public final class FrontierCurve {
    private static final int INTERVALS = 120;

    private final double farthest;
    private final double[] gold;
    private final double referenceGold;
    private final double referenceDeviation;

    /// @param farthest the greatest distance that will be asked for; beyond, the frontier's value there is given
    public FrontierCurve(ExactFrontier frontier, double farthest) {
        this.farthest = Math.max(1e-3, Math.min(farthest, Math.sqrt(frontier.maximumKl())));
        this.gold = new double[INTERVALS + 1];
        Arrays.parallelSetAll(gold, k -> {
            double distance = this.farthest * k / INTERVALS;
            return frontier.bestGold(distance * distance);
        });
        this.referenceGold = frontier.referenceGold();
        this.referenceDeviation = frontier.referenceGoldDeviation();
    }

    /// The greatest mean gold reward at d = √KL.
    public double bestGold(double distance) {
        double position = Math.clamp(distance / farthest, 0.0, 1.0) * INTERVALS;
        int below = Math.min((int) position, INTERVALS - 1);
        return gold[below] + (position - below) * (gold[below + 1] - gold[below]);
    }

    /// How fast it grows there, in gold reward per √nat.
    public double slope(double distance) {
        if (distance >= farthest) {
            return 0;
        }
        int below = Math.min((int) (Math.max(0, distance) / farthest * INTERVALS), INTERVALS - 1);
        return (gold[below + 1] - gold[below]) * INTERVALS / farthest;
    }

    /// Mean gold reward of the reference distribution.
    public double referenceGold() {
        return referenceGold;
    }

    /// Standard deviation of the gold reward under the reference distribution.
    public double referenceDeviation() {
        return referenceDeviation;
    }
}
