package dev.daa.train.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.train.TinyModels;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.objective.UserClass;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Online alignment from a config to a run folder.
class OnlineRunTest {
    @TempDir
    Path folder;

    private OnlineConfig config(String... more) throws IOException {
        List<Assignment> given = new ArrayList<>(List.of(
                new Assignment(
                        "model",
                        TinyModels.writeLanguage(folder.resolve("model"), 7).toString()),
                new Assignment(
                        "reward",
                        TinyModels.writeReward(folder.resolve("reward"), 11).toString()),
                new Assignment(
                        "data",
                        TinyModels.write(folder.resolve("data.jsonl"), TinyModels.pairs(5, 5))
                                .toString()),
                new Assignment("out", folder.resolve("out").toString()),
                new Assignment("max_tokens", "9"),
                new Assignment("training.batch", "1"),
                new Assignment("training.steps", "4"),
                new Assignment("lr", "3e-2"),
                new Assignment("placement.threads", "1")));
        for (int i = 0; i < more.length; i += 2) {
            String key = more[i];
            given.removeIf(one -> one.key().equals(key));
            given.add(new Assignment(key, more[i + 1]));
        }
        return Configs.read(OnlineConfig.class, null, given);
    }

    /// DPO's loss of one pair is −log σ of its rewards' margin, so one β is in both.
    @Test
    void lossAndMetricsHaveOneBeta() throws IOException {
        OnlineConfig config = config("objective", "dpo", "parameters", "{beta: 0.7}");
        try (Interrupt interrupt = new Interrupt()) {
            OnlineRun.run(config, (_, _) -> _ -> {}, interrupt);
        }
        for (String line : Files.readAllLines(config.out().resolve("metrics.jsonl"))) {
            JsonNode row = JsonMapper.shared().readTree(line);
            assertThat(row.get("loss").asDouble())
                    .isCloseTo(Math.log1p(Math.exp(-row.get("rewards/margins").asDouble())), within(1e-6));
            assertThat(row.get("rewards/chosen").asDouble())
                    .isCloseTo(0.7 * row.get("logratios/chosen").asDouble(), within(1e-6));
        }
        assertThat(config.out().resolve("config.yaml")).content().contains("\n  beta: 0.7\n");
    }

    @ParameterizedTest
    @CsvSource({"simpo, 2", "dpo, 0.1", "bco, 0.01", "sppo, 0.001", "sft,", "slic_hf + sft,"})
    void whatWasNotGivenIsTheObjectivesOwn(String objective, Double beta) throws IOException {
        assertThat(config("objective", objective).method().beta()).isEqualTo(beta);
    }

    /// (βh − 1)², as a class of the user's, is the unified form of IPO.
    @Test
    void usersBringObjectives() throws IOException {
        UserClass.compile(folder, "my/Squared", """
            package my;
            import org.apache.commons.math3.analysis.differentiation.DerivativeStructure;
            public final class Squared implements dev.daa.train.objective.DifferentiableMargin {
                @Override
                public DerivativeStructure value(DerivativeStructure x) { return x.subtract(1).pow(2); }
            }
            """);
        OnlineConfig mine = config(
                "out", folder + "/mine", "objective", "my.Squared", "beta", "0.5", "classpath", "[" + folder + "]");
        OnlineConfig builtIn = config("objective", "ipo", "beta", "0.5", "parameters", "{ipo_form: unified}");
        for (OnlineConfig config : List.of(mine, builtIn)) {
            try (Interrupt interrupt = new Interrupt()) {
                OnlineRun.run(config, (_, _) -> _ -> {}, interrupt);
            }
        }
        assertThat(losses(mine)).usingElementComparator(OnlineRunTest::nearly).isEqualTo(losses(builtIn));
        assertThat(mine.out().resolve("manifest.json")).content().contains("my/Squared.class");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> config("objective", "my.Squared"))
                .withMessageEndingWith("objective my.Squared: no such class in []; compile it against daa.jar and name"
                        + " its folder with --classpath, in a study by the objective's own classpath");
    }

    private static int nearly(double one, double other) {
        return Math.abs(one - other) < 1e-6 ? 0 : Double.compare(one, other);
    }

    private static List<Double> losses(OnlineConfig config) throws IOException {
        return Files.readAllLines(config.out().resolve("metrics.jsonl")).stream()
                .map(line -> JsonMapper.shared().readTree(line).get("loss").asDouble())
                .toList();
    }

    /// The reference scores samples as they come and stays as it is; a loss of its own would be plain DPO's.
    @ParameterizedTest
    @ValueSource(strings = {"tr_dpo", "0.5*tr_dpo + sft"})
    void aMovingReferenceIsRefused(String objective) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> config("objective", objective))
                .withMessageEndingWith("objective " + objective + " moves its reference, expected one that keeps it, as"
                        + " online alignment does; use `daa align` for it");
    }

    /// The reference is the policy at the first step, so what its responses score there is 0 up to chance, also for
    /// the worst of models that have other origins.
    @Test
    void anEnsembleIsCentredOnTheReference() throws IOException {
        Path other = TinyModels.writeReward(folder.resolve("other"), 12);
        String[] ensemble = {
            "reward", "[" + folder.resolve("reward") + ", " + other + "]",
            "combine", "worst-case",
            "data",
                    TinyModels.write(folder.resolve("many.jsonl"), TinyModels.pairs(256, 5))
                            .toString(),
            "training.batch", "256",
            "training.steps", "1"
        };
        OnlineConfig config = config(ensemble);
        try (Interrupt interrupt = new Interrupt()) {
            OnlineRun.run(config, (_, _) -> _ -> {}, interrupt);
        }
        JsonNode row =
                JsonMapper.shared().readTree(Files.readString(config.out().resolve("metrics.jsonl")));
        assertThat(row.get("objective/scores").asDouble()).isCloseTo(0, within(0.1));
        String[] uncentred = Arrays.copyOf(ensemble, ensemble.length + 2);
        uncentred[ensemble.length] = "centring_prompts";
        uncentred[ensemble.length + 1] = "0";
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> config(uncentred))
                .withMessageContaining(
                        "centring_prompts is 0 with combine worst-case of 2 reward models, expected at" + " least 1: ");
    }

    /// A grid names a β for every method, RAFT too.
    @Test
    void aGridsBetaWins() throws IOException {
        Online raft = config("objective", "sft").method().withBeta(3);
        assertThat(raft.beta()).isEqualTo(3);
        assertThat(raft.choice().create().name()).isEqualTo("sft");
        assertThat(config("objective", "dpo", "parameters", "{beta: 0.7}")
                        .method()
                        .withBeta(3)
                        .beta())
                .isEqualTo(3);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> config("objective", "dpo", "parameters", "{beta: 0.7}", "beta", "0.2"))
                .withMessageEndingWith(
                        "beta is 0.2 and parameters.beta is 0.7, expected one value; give only one of them");
    }
}
