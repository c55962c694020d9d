package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import java.util.Optional;

/// How much of the gold reward that a run had gained it lost again by its end.
///
/// @param index (R_max − R_end) / (R_max − R_0): 0 when the end is the best, 1 when all gain is lost, more when it ends
///   below the start
/// @param peakPosition position of the first checkpoint with R_max
public record Overoptimization(double index, int peakPosition) {

    /// Of the checkpoints of one run in order of training; empty when no checkpoint is better than the start.
    ///
    /// @param origin  R_0, reward of the policy that training starts from
    /// @param rewards R after each checkpoint, the last one being the end
    public static Optional<Overoptimization> of(double origin, double[] rewards) {
        int peak = -1;
        double best = origin;
        for (int i = 0; i < rewards.length; i++) {
            if (!Double.isFinite(rewards[i])) {
                throw InputException.of(
                        "reward of checkpoint " + i, Double.toString(rewards[i]), "a finite number", "");
            }
            if (rewards[i] > best) {
                best = rewards[i];
                peak = i;
            }
        }
        if (peak < 0 || !Double.isFinite(origin)) {
            return Optional.empty();
        }
        return Optional.of(new Overoptimization((best - rewards[rewards.length - 1]) / (best - origin), peak));
    }
}
