package dev.daa.eval.report.measure;

import dev.daa.eval.world.ExactFrontier;
import java.util.Arrays;

/// The exact frontier on an even grid of distances, linear in between: a solve per point of a study would take seconds.
///
/// On the `reviews` world the interpolation errs by less than 10⁻³ of gold reward.
public final class FrontierCurve {
    private static final int INTERVALS = 120;

    private final ExactFrontier frontier;
    private final double farthest;
    private final double[] gold;

    /// @param farthest the greatest distance that will be asked for; beyond, the frontier's value there is given
    public FrontierCurve(ExactFrontier frontier, double farthest) {
        this.frontier = frontier;
        this.farthest = Math.max(1e-3, Math.min(farthest, Math.sqrt(frontier.maximumKl())));
        this.gold = new double[INTERVALS + 1];
        Arrays.parallelSetAll(gold, k -> {
            double distance = this.farthest * k / INTERVALS;
            return frontier.bestGold(distance * distance);
        });
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
        return frontier.referenceGold();
    }

    /// Standard deviation of the gold reward under the reference distribution.
    public double referenceDeviation() {
        return frontier.referenceGoldDeviation();
    }

    /// How far best of n stays below the frontier where the gold reward itself chooses: the most of any n = 2, 4,
    /// 8, … up to `largest`, in gold reward. Exact; 0 if `largest` is 1.
    public double shortfallOfBestOfN(int largest) {
        double shortfall = 0;
        for (long n = 2; n <= largest; n *= 2) {
            ExactFrontier.BestOfN best = frontier.bestOf((int) n);
            shortfall = Math.max(shortfall, frontier.bestGold(best.kl()) - best.gold());
        }
        return shortfall;
    }
}
