package dev.daa.eval.study.config;

import dev.daa.compute.InputException;
import dev.daa.eval.record.Regime;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.objective.Objective;
import dev.daa.train.online.Online;
import dev.daa.train.pairwise.PairUpdater;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Alignment on the policy's own samples, from the SFT policy of each base.
public record OnlineGrids(
        @Setting("ways to make pairs with their grids of β") List<Grid> methods,

        @Setting("how the policy is updated; batch counts pairs, steps must be given")
        TrainingConfig training) {

    /// Who labels the pairs.
    public enum Labels {
        /// The oracle that labelled the preferences, with the same noise: fresh human labels.
        ORACLE,
        /// A reward model.
        PROXY
    }

    /// One way at several β.
    public record Grid(
            @Setting(value = "label in tables and plots; the regime and the objective when absent", byDefault = "null")
            @Nullable
            String name,

            @Setting("how pairs are made and learned from") Online method,
            @Setting("values of β") List<Double> betas,

            @Setting(value = "who labels: oracle, as the preferences were, or proxy", byDefault = "oracle")
            Labels labels,

            @Setting(value = "names of the reward models that label for proxy; all when empty", byDefault = "[]")
            List<String> proxies) {
        public Grid {
            if (betas.isEmpty() || new HashSet<>(betas).size() < betas.size()) {
                throw new InputException("betas is " + betas + ", expected at least one and no repetition");
            }
            for (double beta : betas) {
                Objective unused = method.withBeta(beta).choice().create(); // checks it
            }
            if (labels == Labels.ORACLE && method.pairing() == Online.Pairing.BEST_WORST) {
                throw new InputException("pairing is best-worst with labels from the oracle, expected labels: proxy;"
                        + " the oracle compares two responses, it does not rank");
            }
        }

        /// What points call it.
        public String label() {
            if (name != null) {
                return name;
            }
            String loss = (method.exploration() == null ? "" : "xpo-") + method.objective();
            return method.regime().name().toLowerCase(Locale.ROOT) + "-" + loss;
        }

        /// Where a run stands: a reward model's labels were fixed with it, whenever it is asked.
        public Regime regime() {
            return switch (labels) {
                case ORACLE -> new Regime(method.onPolicy(), method.regime());
                case PROXY -> Regime.offline(method.onPolicy());
            };
        }
    }

    public OnlineGrids {
        Set<String> labels = new HashSet<>();
        if (methods.isEmpty() || !methods.stream().allMatch(grid -> labels.add(grid.label()))) {
            throw new InputException("online.methods is "
                    + methods.stream().map(Grid::label).toList()
                    + ", expected at least one and no label twice; give a name");
        }
        if (training.steps() < 1) {
            throw new InputException("online.training.steps is " + training.steps()
                    + ", expected at least 1: prompts are drawn fresh, so epochs say nothing");
        }
        Schedule unused = StudyConfig.within("online.training", () -> training.scheduleOver(training.steps()));
        for (Grid grid : methods) {
            PairUpdater.requireTrainable(grid.method().choice().create(), training.batch(), training.examplesPerPass());
        }
    }
}
