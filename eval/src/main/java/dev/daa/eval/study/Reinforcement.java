package dev.daa.eval.study;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.run.TrainingConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reinforcement on proxy rewards, from the SFT policy of each base.
public record Reinforcement(
        @Setting("algorithms with their grids of KL coefficients")
        List<Grid> algorithms,

        @Setting(
                value = "how policy and value network are updated; batch counts responses, steps must be given",
                byDefault = "{schedule: linear, epsilon: 1e-5}")
        TrainingConfig training) {

    /// One algorithm at several KL coefficients.
    public record Grid(
            @Setting(value = "label in tables and plots; the algorithm's when absent", byDefault = "null") @Nullable
            String name,

            @Setting("algorithm and what it does with its samples")
            PolicyGradient method,

            @Setting("factors of the KL penalty") List<Double> klCoefficients,

            @Setting(value = "names of the reward models trained on; all when empty", byDefault = "[]")
            List<String> proxies) {
        public Grid {
            if (klCoefficients.isEmpty() || new HashSet<>(klCoefficients).size() < klCoefficients.size()) {
                throw new InputException(
                        "kl_coefficients is " + klCoefficients + ", expected at least one and no repetition");
            }
            for (double coefficient : klCoefficients) {
                PolicyGradient unused = method.withKlCoefficient(coefficient); // checks it
            }
        }

        /// What points call it.
        String label() {
            return name == null ? method.name() : name;
        }
    }

    public Reinforcement {
        Set<String> labels = new HashSet<>();
        if (algorithms.isEmpty() || !algorithms.stream().allMatch(grid -> labels.add(grid.label()))) {
            throw new InputException("reinforcement.algorithms is "
                    + algorithms.stream().map(Grid::label).toList()
                    + ", expected at least one and no label twice; give a name");
        }
        if (training.steps() < 1) {
            throw new InputException("reinforcement.training.steps is " + training.steps()
                    + ", expected at least 1: prompts are drawn fresh, so epochs say nothing");
        }
        for (Grid grid : algorithms) {
            grid.method().requireDivides(training.batch());
        }
    }
}
