package dev.daa.eval.study.config;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.daa.eval.record.Point;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.ppo.PolicyGradient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One run of the grid: a way to make a policy from the SFT policy of one size and seed.
public sealed interface Cell {
    /// What several cells start from: the SFT model, its pairs and its held-out samples.
    record Base(StudyConfig.Size size, long seed) {
        /// Name of the base's run folder.
        public String name() {
            return runName("sft");
        }

        /// Name of the folder of a run of that kind from this base.
        String runName(String kind) {
            return kind + "-" + size.name() + "-seed" + seed;
        }

        /// The `config.yaml` of its run folder.
        public BaseConfig config(StudyConfig config) {
            return new BaseConfig(size, seed, config.sft(), config.goldOrNull());
        }
    }

    Base base();

    /// The reward model that it trains on or is measured by; null in studies without any.
    Proxies.@Nullable Proxy proxy();

    /// Name of the run folder, by which a cell is asked for.
    String name();

    /// What it does to the SFT policy.
    Treatment treatment();

    /// Steps that it shows progress in.
    int steps(StudyConfig config);

    /// Everything that decides its result: the `config.yaml` of its run folder.
    Record config(StudyConfig config);

    /// Direct alignment with an objective at one β.
    ///
    /// @param grid the objective, its parameters and which weights are measured
    record Direct(Base base, Proxies.@Nullable Proxy proxy, StudyConfig.ObjectiveGrid grid, double beta)
            implements Cell {
        @Override
        public String name() {
            return base.runName(grid.shown() + "-beta" + RunNames.plain(beta));
        }

        @Override
        public Treatment treatment() {
            return Treatment.direct(grid, beta);
        }

        @Override
        public int steps(StudyConfig config) {
            return config.align().stepsOver(config.preferences().pairs());
        }

        /// Everything that decides its result, the proxy apart.
        record Config(
                @Setting("objective") String objective,
                @Setting("its parameters") Map<String, Object> parameters,

                @Setting(value = "hash of its classes", byDefault = "null")
                @JsonInclude(JsonInclude.Include.NON_NULL)
                @Nullable
                String code,

                @Setting("which weights are measured") StudyConfig.@Nullable Averaging averaging,
                @Setting("model size") StudyConfig.Size size,
                @Setting("seed") long seed,
                @Setting("supervised fine-tuning") TrainingConfig sft,
                @Setting("preference pairs") StudyConfig.Preferences preferences,
                @Setting("direct alignment") TrainingConfig align,
                @Setting("evaluation") StudyConfig.Evaluation evaluation) {}

        @Override
        public Record config(StudyConfig config) {
            return ProxyMember.Config.add(
                    new Config(
                            grid.name(),
                            new TreeMap<>(grid.at(beta)),
                            grid.code(),
                            grid.averaging(),
                            base.size(),
                            base.seed(),
                            config.sft(),
                            config.preferences(),
                            config.align(),
                            config.evaluation()),
                    config,
                    proxy);
        }
    }

    /// Reinforcement on a reward model at one KL coefficient.
    ///
    /// @param settings of the algorithm, whatever its KL coefficient
    /// @param rounds in which the reward model is trained again
    /// @param averaging which weights are measured; null for the last
    record Reinforced(
            Base base,
            Proxies.Proxy proxy,
            String objective,
            double beta,
            PolicyGradient settings,
            Reinforcement.Rounds rounds,
            StudyConfig.@Nullable Averaging averaging)
            implements Cell {
        @Override
        public String name() {
            return base.runName(RunNames.folder(objective) + "-kl" + RunNames.plain(beta));
        }

        @Override
        public Treatment treatment() {
            return Treatment.reinforced(objective, beta, proxy.name(), rounds);
        }

        /// Its settings with its KL coefficient.
        public PolicyGradient method() {
            return settings.withKlCoefficient(beta);
        }

        @Override
        public int steps(StudyConfig config) {
            return Objects.requireNonNull(config.reinforcement()).training().steps();
        }

        /// Everything that decides its result, the proxy apart.
        record Config(
                @Setting("algorithm and its settings") PolicyGradient method,
                @Setting("rounds of the reward model") Reinforcement.Rounds rounds,

                // Runs that measure the last weights keep the config that they were saved with.
                @Setting(value = "which weights are measured", byDefault = "null")
                @JsonInclude(JsonInclude.Include.NON_NULL)
                StudyConfig.@Nullable Averaging averaging,

                @Setting("its updates") TrainingConfig training,
                @Setting("model size") StudyConfig.Size size,
                @Setting("seed") long seed,
                @Setting("supervised fine-tuning") TrainingConfig sft,
                @Setting("preference pairs") StudyConfig.Preferences preferences,
                @Setting("evaluation") StudyConfig.Evaluation evaluation) {}

        @Override
        public Record config(StudyConfig config) {
            return ProxyMember.Config.add(
                    new Config(
                            method(),
                            rounds,
                            averaging,
                            Objects.requireNonNull(config.reinforcement()).training(),
                            base.size(),
                            base.seed(),
                            config.sft(),
                            config.preferences(),
                            config.evaluation()),
                    config,
                    proxy);
        }
    }

    /// Alignment on the policy's own samples at one β.
    ///
    /// @param proxy that labels, or measures where the oracle labels
    record Online(Base base, Proxies.@Nullable Proxy proxy, String objective, double beta, OnlineGrids.Grid grid)
            implements Cell {
        @Override
        public String name() {
            return base.runName(RunNames.folder(objective) + "-beta" + RunNames.plain(beta));
        }

        @Override
        public Treatment treatment() {
            return Treatment.online(objective, beta, grid, proxy == null ? "" : proxy.name());
        }

        /// Its settings; the oracle labels with the noise of the preferences.
        public dev.daa.train.online.Online method(StudyConfig.Preferences preferences) {
            dev.daa.train.online.Online method = grid.method().withBeta(beta);
            return switch (grid.labels()) {
                case ORACLE -> method.withLabelNoise(preferences.temperature(), preferences.flip());
                case PROXY -> method;
            };
        }

        @Override
        public int steps(StudyConfig config) {
            return Objects.requireNonNull(config.online()).training().steps();
        }

        /// Everything that decides its result, the proxy apart.
        record Config(
                @Setting("method and its settings") dev.daa.train.online.Online method,
                @Setting("who labels") OnlineGrids.Labels labels,
                @Setting("its updates") TrainingConfig training,
                @Setting("model size") StudyConfig.Size size,
                @Setting("seed") long seed,
                @Setting("supervised fine-tuning") TrainingConfig sft,
                @Setting("preference pairs") StudyConfig.Preferences preferences,
                @Setting("evaluation") StudyConfig.Evaluation evaluation) {}

        @Override
        public Record config(StudyConfig config) {
            return ProxyMember.Config.add(
                    new Config(
                            method(config.preferences()),
                            grid.labels(),
                            Objects.requireNonNull(config.online()).training(),
                            base.size(),
                            base.seed(),
                            config.sft(),
                            config.preferences(),
                            config.evaluation()),
                    config,
                    proxy);
        }
    }

    /// Best of n by a reward model.
    ///
    /// @param samples for each held-out prompt, the greatest n
    record BestOfN(Base base, Proxies.Proxy proxy, String objective, int samples) implements Cell {
        static final String OBJECTIVE = "best-of-n";

        /// Prompts that a step answers.
        public static final int PROMPTS = 16;

        @Override
        public String name() {
            return base.runName(OBJECTIVE + "-" + proxy.name());
        }

        @Override
        public Treatment treatment() {
            return Treatment.bestOfN(objective, proxy.name());
        }

        @Override
        public int steps(StudyConfig config) {
            return Math.ceilDiv(config.evaluation().prompts(), PROMPTS);
        }

        /// Everything that decides its result, the proxy apart.
        record Config(
                @Setting("samples per prompt") int samples,
                @Setting("model size") StudyConfig.Size size,
                @Setting("seed") long seed,
                @Setting("supervised fine-tuning") TrainingConfig sft,
                @Setting("preference pairs") StudyConfig.Preferences preferences,
                @Setting("evaluation") StudyConfig.Evaluation evaluation) {}

        @Override
        public Record config(StudyConfig config) {
            return ProxyMember.Config.add(
                    new Config(
                            samples, base.size(), base.seed(), config.sft(), config.preferences(), config.evaluation()),
                    config,
                    proxy);
        }
    }

    /// What points say of this run.
    default Point.Cell pointCell(long parameters) {
        return treatment().on(name(), base().size().name(), parameters, base().seed());
    }

    /// Every cell of a study, base by base.
    static List<Cell> of(StudyConfig config) {
        List<Cell> cells = new ArrayList<>();
        Proxies proxies = config.proxies();
        Proxies.Proxy first = proxies == null ? null : proxies.models().getFirst();
        for (Base base : bases(config)) {
            for (StudyConfig.ObjectiveGrid grid : config.objectives()) {
                for (double beta : grid.betas()) {
                    cells.add(new Direct(base, first, grid, beta));
                }
            }
            Reinforcement reinforcement = config.reinforcement();
            if (proxies != null && reinforcement != null) {
                for (Reinforcement.Grid grid : reinforcement.algorithms()) {
                    for (Proxies.Proxy proxy : proxies.named(grid.proxies())) {
                        for (double coefficient : grid.klCoefficients()) {
                            cells.add(new Reinforced(
                                    base,
                                    proxy,
                                    label(grid.label(), proxies, proxy),
                                    coefficient,
                                    grid.method(),
                                    grid.rounds(),
                                    grid.averaging()));
                        }
                    }
                }
            }
            if (config.online() != null) {
                for (OnlineGrids.Grid grid : config.online().methods()) {
                    addOnline(cells, base, proxies, grid);
                }
            }
            if (proxies != null && config.bestOfN() != null) {
                for (Proxies.Proxy proxy : proxies.named(config.bestOfN().proxies())) {
                    cells.add(new BestOfN(
                            base,
                            proxy,
                            label(BestOfN.OBJECTIVE, proxies, proxy),
                            config.bestOfN().samples()));
                }
            }
        }
        return cells;
    }

    private static void addOnline(List<Cell> cells, Base base, @Nullable Proxies proxies, OnlineGrids.Grid grid) {
        for (double beta : grid.betas()) {
            if (grid.labels() == OnlineGrids.Labels.ORACLE || proxies == null) {
                Proxies.Proxy first = proxies == null ? null : proxies.models().getFirst();
                cells.add(new Online(base, first, grid.label(), beta, grid));
            } else {
                for (Proxies.Proxy proxy : proxies.named(grid.proxies())) {
                    cells.add(new Online(base, proxy, label(grid.label(), proxies, proxy), beta, grid));
                }
            }
        }
    }

    /// The name of a method, with that of its reward model where the study has several.
    private static String label(String method, Proxies proxies, Proxies.Proxy proxy) {
        return proxies.models().size() == 1 ? method : method + " (" + proxy.name() + ")";
    }

    static List<Base> bases(StudyConfig config) {
        List<Base> bases = new ArrayList<>();
        for (StudyConfig.Size size : config.sizes()) {
            for (long seed : config.seeds()) {
                bases.add(new Base(size, seed));
            }
        }
        return bases;
    }
}
