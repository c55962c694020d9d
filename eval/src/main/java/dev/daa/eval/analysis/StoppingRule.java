package dev.daa.eval.analysis;

import java.util.List;
import java.util.Optional;

/// Where to stop a run, decided from what can be measured without the gold reward.
public sealed interface StoppingRule {
    /// What is known of a checkpoint. NaN where it was not measured.
    ///
    /// @param kl to the reference, nats
    /// @param topEntropy of the ten likeliest next tokens among themselves, nats
    /// @param accuracy of the implicit reward on held-out pairs
    /// @param loss on held-out pairs
    record Gauges(double kl, double topEntropy, double accuracy, double loss) {}

    /// Position of the checkpoint to keep; empty where its gauge is missing.
    ///
    /// @param checkpoints of one run in order of training, at least one
    Optional<Integer> choose(List<Gauges> checkpoints);

    /// Training to the end.
    record End() implements StoppingRule {
        @Override
        public Optional<Integer> choose(List<Gauges> checkpoints) {
            return Optional.of(checkpoints.size() - 1);
        }
    }

    /// Stopping before the KL exceeds a budget: the last checkpoint before the first that does; the first
    /// checkpoint where that one exceeds it already.
    record KlBudget(double nats) implements StoppingRule {
        @Override
        public Optional<Integer> choose(List<Gauges> checkpoints) {
            for (int k = 0; k < checkpoints.size(); k++) {
                if (Double.isNaN(checkpoints.get(k).kl())) {
                    return Optional.empty();
                }
                if (checkpoints.get(k).kl() > nats) {
                    return Optional.of(Math.max(0, k - 1));
                }
            }
            return Optional.of(checkpoints.size() - 1);
        }
    }

    /// Stopping where the entropy of the likeliest next tokens turns round (2410.11677): at the first checkpoint
    /// whose neighbours are both higher or both lower, the untrained policy being the first neighbour; the end
    /// where it never turns.
    ///
    /// @param start entropy of the untrained policy
    record EntropyTurn(double start) implements StoppingRule {
        @Override
        public Optional<Integer> choose(List<Gauges> checkpoints) {
            double before = start;
            for (int k = 0; k < checkpoints.size(); k++) {
                double here = checkpoints.get(k).topEntropy();
                if (Double.isNaN(before) || Double.isNaN(here)) {
                    return Optional.empty();
                }
                if (k + 1 < checkpoints.size()
                        && (here - before) * (checkpoints.get(k + 1).topEntropy() - here) < 0) {
                    return Optional.of(k);
                }
                before = here;
            }
            return Optional.of(checkpoints.size() - 1);
        }
    }

    /// The checkpoint with the highest held-out accuracy, the earliest of equals.
    record BestAccuracy() implements StoppingRule {
        @Override
        public Optional<Integer> choose(List<Gauges> checkpoints) {
            int best = 0;
            for (int k = 0; k < checkpoints.size(); k++) {
                if (Double.isNaN(checkpoints.get(k).accuracy())) {
                    return Optional.empty();
                }
                best = checkpoints.get(k).accuracy() > checkpoints.get(best).accuracy() ? k : best;
            }
            return Optional.of(best);
        }
    }

    /// The checkpoint with the lowest held-out loss, the earliest of equals.
    record LowestLoss() implements StoppingRule {
        @Override
        public Optional<Integer> choose(List<Gauges> checkpoints) {
            int best = 0;
            for (int k = 0; k < checkpoints.size(); k++) {
                if (Double.isNaN(checkpoints.get(k).loss())) {
                    return Optional.empty();
                }
                best = checkpoints.get(k).loss() < checkpoints.get(best).loss() ? k : best;
            }
            return Optional.of(best);
        }
    }
}
