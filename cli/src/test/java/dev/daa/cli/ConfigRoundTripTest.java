package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.policy.MeasureConfig;
import dev.daa.eval.study.StudyPresets;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.text.TextStudyConfig;
import dev.daa.train.align.AlignConfig;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.online.OnlineConfig;
import dev.daa.train.ppo.PpoConfig;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.sft.SftConfig;
import java.lang.reflect.ParameterizedType;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What `--dry-run` prints and what is saved with a run says everything, and is read again.
final class ConfigRoundTripTest {
    private static final String MODEL_AND_DATA = "model: m\ndata: d.jsonl\n";
    private static final String LORA = "lora: {rank: 4, alpha: 32, targets: [q_proj, 'on'], rslora: true}\n";
    private static final String RUN = MODEL_AND_DATA + "out: o\ntraining: {lr: 3e-7, schedule: cosine}\n" + LORA;
    private static final String REWARDS = "reward: [r, s]\n";

    /// Keys of every command's config, the optional sections among them.
    private static final Map<Class<? extends Record>, List<String>> CONFIGS = Map.ofEntries(
            Map.entry(SftConfig.class, List.of(RUN, MODEL_AND_DATA + "out: o\n")),
            Map.entry(RewardConfig.class, List.of(RUN + "held_out: h\n", MODEL_AND_DATA + "out: o\n")),
            Map.entry(
                    AlignConfig.class,
                    List.of(
                            RUN + "reference: r\nparameters: {label_smoothing: 0.1, ipo_form: 'yes', n: 3}\n"
                                    + "rows: {desirable_rating: 3}\ncheckpoints: [1]\n",
                            MODEL_AND_DATA + "out: o\n")),
            Map.entry(
                    PpoConfig.class,
                    List.of(
                            RUN + REWARDS
                                    + "method: {ptx_coefficient: 0.5, reference_mix: 0.1, shaping: {transform: lsc,"
                                    + " quantile: 0.5}}\n"
                                    + "demonstrations: t.txt\n",
                            RUN + REWARDS + "method: {constraint: {proxy_points: [0.5, -1], multiplier_rate: 0.1}}\n",
                            RUN + REWARDS + "method: {divergence: chi2}\n",
                            MODEL_AND_DATA + REWARDS + "out: o\n")),
            Map.entry(
                    OnlineConfig.class,
                    List.of(
                            RUN + REWARDS + "method: {objective: ipo, samples: 4, pairing: best-worst}\n",
                            RUN + REWARDS + "method: {objective: ipo, second: first, exploration: 1e-5}\n",
                            MODEL_AND_DATA + REWARDS + "out: o\n")),
            Map.entry(BestOfNCommand.Config.class, List.of(MODEL_AND_DATA + REWARDS)),
            Map.entry(ScoreCommand.Config.class, List.of("data: d\n" + REWARDS)),
            Map.entry(
                    MergeCommand.Config.class,
                    List.of(
                            "model: [m]\nout: 'true'\n",
                            "model: [a, b]\nweights: [0.25, 0.75]\nrule: spherical\nstart: s\nshare: 0.3\nout: o\n")),
            Map.entry(NewModelCommand.Config.class, List.of("text: t.txt\nout: '3'\n")),
            Map.entry(GenerateCommand.Config.class, List.of(MODEL_AND_DATA)),
            Map.entry(LogProbsCommand.Config.class, List.of(MODEL_AND_DATA)),
            Map.entry(MeasureConfig.class, List.of(MODEL_AND_DATA + "reference: r\n")),
            Map.entry(JudgeCommand.Config.class, List.of("data: d\nopponent: o\ncommand: 'on'\n")),
            Map.entry(DataCommand.Check.Config.class, List.of("file: f\nrows: {max_length: 33}\n")),
            Map.entry(
                    StudyConfig.class,
                    StudyPresets.NAMES.stream().map(StudyPresets::yaml).toList()),
            Map.entry(
                    TextStudyConfig.class,
                    List.of(
                            "title: 'no'\nmodel: m\ndemonstrations: t\npreferences: p\nobjectives: [{name: dpo, betas:"
                                    + " [0.1], parameters: {label_smoothing: 0.1}}]\n" + LORA,
                            "title: 't: #1'\nmodel: m\ndemonstrations: t\npreferences: p\nbest_of_n: 4\n")));

    static Stream<Class<? extends Record>> configs() {
        return CONFIGS.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("configs")
    void aDumpIsReadAsTheSameConfig(Class<? extends Record> type) {
        for (String keys : CONFIGS.getOrDefault(type, List.of())) {
            Record config = Configs.read(type, "run.yaml", keys, List.of());
            String dump = Configs.toYaml(config);
            assertThat(Configs.read(type, "dump.yaml", dump, List.of())).isEqualTo(config);
        }
    }

    @Test
    void whatOptionsSayIsReadAgainToo() {
        AlignConfig config = Configs.read(
                AlignConfig.class,
                "run.yaml",
                RUN,
                List.of(new Assignment("parameters", "{n: 3, x: 0.5, word: on}"), new Assignment("rating", "true")));
        assertThat(Configs.read(AlignConfig.class, "dump.yaml", Configs.toYaml(config), List.of()))
                .isEqualTo(config);
    }

    @Test
    void everyCommandIsHere() {
        assertThat(CommandLineInterface.commands(new RecordedTerminal(false).terminal()).stream()
                        .filter(ConfigCommand.class::isInstance)
                        .map(command -> ((ParameterizedType) command.getClass().getGenericSuperclass())
                                .getActualTypeArguments()[0]))
                .isSubsetOf(CONFIGS.keySet());
    }
}
