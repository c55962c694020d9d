package dev.daa.eval.study.config;

import dev.daa.compute.InputException;
import dev.daa.eval.record.Regime;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.online.Online;
import dev.daa.train.ppo.Constraint;
import dev.daa.train.ppo.PolicyGradient;
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
            @Setting(
                    value = "label in tables and plots; the algorithm, what shapes its scores and whether weights are"
                            + " averaged when absent; reports compare NAME-… with NAME",
                    byDefault = "null")
            @Nullable
            String name,

            @Setting("algorithm and what it does with its samples")
            PolicyGradient method,

            @Setting("factors of the KL penalty") List<Double> klCoefficients,

            @Setting(value = "names of the reward models trained on; all when empty", byDefault = "[]")
            List<String> proxies,

            @Setting("rounds, between which the reward model learns from fresh comparisons")
            Rounds rounds,

            @Setting(value = "measure an average of the weights along the run instead of the last", byDefault = "null")
            StudyConfig.@Nullable Averaging averaging) {
        public Grid {
            if (klCoefficients.isEmpty() || new HashSet<>(klCoefficients).size() < klCoefficients.size()) {
                throw new InputException(
                        "kl_coefficients is " + klCoefficients + ", expected at least one and no repetition");
            }
            Constraint constraint = method.constraint();
            if (constraint != null && constraint.count() > 1) {
                throw new InputException("proxy_points is " + constraint.proxyPoints()
                        + ", expected one: a study's reinforcement is on one reward model or ensemble at a time");
            }
            for (double coefficient : klCoefficients) {
                PolicyGradient unused = method.withKlCoefficient(coefficient); // checks it
            }
        }

        /// What points call it.
        public String label() {
            return name == null ? method.label() + (averaging == null ? "" : "-averaged") : name;
        }
    }

    /// Iterated reinforcement. The learning rate's schedule runs over all rounds.
    public record Rounds(
            @Setting(
                    value = "rounds of equally many steps, or as nearly as can be; 1 keeps the reward model as it is",
                    byDefault = "1")
            int count,

            @Setting(value = "comparisons of the policy's samples that a round begins with", byDefault = "2000")
            int pairs,

            @Setting(value = "whether each round starts from the SFT policy again", byDefault = "false")
            boolean restart) {
        public Rounds {
            if (count < 1 || pairs < 1) {
                throw new InputException(
                        "rounds has count " + count + " and pairs " + pairs + ", expected at least 1 of each");
            }
        }

        /// Where a run stands: what stays behind a reward model was labelled before training.
        public Regime regime() {
            return count == 1 ? Regime.offline(true) : new Regime(true, Online.Regime.ITERATIVE);
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
        Schedule unused = StudyConfig.within("reinforcement.training", () -> training.scheduleOver(training.steps()));
        for (Grid grid : algorithms) {
            grid.method().requireDivides(training.batch());
            if (grid.averaging() != null && grid.rounds().count() > 1) {
                throw new InputException("reinforcement " + grid.label() + " has averaging and "
                        + grid.rounds().count()
                        + " rounds, expected 1: a renewed reward model learns from the policy that is trained");
            }
            if (grid.rounds().count() > training.steps()) {
                throw new InputException("reinforcement " + grid.label() + " has "
                        + grid.rounds().count() + " rounds, expected at most one a step, "
                        + training.steps());
            }
        }
    }
}
