package dev.daa.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.train.TinyModels;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.objective.ObjectiveTableTest;
import dev.daa.train.objective.UserClass;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Alignment from a config to a run folder: which objective it trains, and with which β.
class AlignRunTest {
    @TempDir
    Path folder;

    private final List<PreferencePair> pairs = TinyModels.pairs(5, 5);
    private Path model;
    private Path data;

    @BeforeEach
    void write() throws IOException {
        model = TinyModels.writeLanguage(folder.resolve("model"), 7);
        data = TinyModels.write(folder.resolve("data.jsonl"), pairs);
    }

    private AlignConfig config(String out, String objective, String... more) {
        List<Assignment> given = new ArrayList<>(List.of(
                new Assignment("model", model.toString()),
                new Assignment("data", data.toString()),
                new Assignment("out", folder.resolve(out).toString()),
                new Assignment("objective", objective),
                new Assignment("classpath", "[" + folder + "]"),
                new Assignment("training.batch", "1"),
                new Assignment("training.epochs", "1"),
                new Assignment("lr", "3e-2"),
                new Assignment("kl_prompts", "0"),
                new Assignment("placement.threads", "1")));
        for (int i = 0; i < more.length; i += 2) {
            given.add(new Assignment(more[i], more[i + 1]));
        }
        return Configs.read(AlignConfig.class, null, given);
    }

    /// Trains, and reads the metrics of each step, one pair each. The config that the run saves must stand for
    /// itself.
    private static List<JsonNode> trained(AlignConfig config) throws IOException {
        try (Interrupt interrupt = new Interrupt()) {
            AlignRun.run(config, (_, _) -> _ -> {}, interrupt);
        }
        return Files.readAllLines(config.out().resolve("metrics.jsonl")).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
    }

    private static double[] values(List<JsonNode> metrics, String key) {
        return metrics.stream().mapToDouble(row -> row.get(key).asDouble()).toArray();
    }

    /// What a row's rewards are of its log-ratios.
    private static double rewardFactor(JsonNode row) {
        return row.get("rewards/chosen").asDouble()
                / row.get("logratios/chosen").asDouble();
    }

    private static String savedBeta(AlignConfig config) throws IOException {
        return Files.readAllLines(config.out().resolve("config.yaml")).stream()
                .filter(line -> line.startsWith("beta:"))
                .findFirst()
                .orElseThrow();
    }

    /// (h − 1)² in three ways: as a function of both log-ratios, as an objective that asks IPO, (h − 1/(2β))², and
    /// by IPO itself.
    @Test
    void usersBringPairFunctionsAndWholeObjectives() throws IOException {
        UserClass.compile(folder, "my/PairX", """
            package my;
            import org.apache.commons.math3.analysis.differentiation.DerivativeStructure;
            public final class PairX implements dev.daa.train.objective.DifferentiablePair {
                @Override
                public DerivativeStructure value(DerivativeStructure chosen, DerivativeStructure rejected) {
                    return chosen.subtract(rejected).subtract(1).pow(2);
                }
            }
            """);
        UserClass.compile(folder, "my/Whole", """
            package my;
            import dev.daa.train.objective.*;
            public final class Whole implements Objective {
                private final Objective ipo = Objectives.create("ipo", java.util.Map.of("beta", 0.5));
                @Override
                public String name() { return "whole"; }
                @Override
                public java.util.Set<Need> needs() { return ipo.needs(); }
                @Override
                public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
                    ipo.evaluate(batch, constants, out);
                }
            }
            """);
        List<JsonNode> expected = trained(config("ipo", "ipo", "beta", "0.5"));
        for (String objective : List.of("my.PairX", "my.Whole")) {
            AlignConfig config = config(objective, objective);
            List<JsonNode> found = trained(config);
            assertThat(savedBeta(config)).isEqualTo("beta: null");
            assertThat(found.getFirst().get("loss").asDouble()).isCloseTo(1, within(1e-9)); // h = 0
            assertThat(values(found, "loss")).containsExactly(values(expected, "loss"), within(1e-5));
            assertThat(rewardFactor(found.getLast())).as("no β").isCloseTo(1, within(1e-6));
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> trained(config("refused", objective, "beta", "0.5")))
                    .withMessageStartingWith("objective " + objective + " has no parameter beta; it takes");
        }
    }

    @Test
    void aMarginFunctionHasADefaultBeta() throws IOException {
        UserClass.compile(folder, "my/SquaredHinge", example(0));
        AlignConfig config = config("mine", "my.SquaredHinge");
        List<JsonNode> found = trained(config);
        assertThat(savedBeta(config)).isEqualTo("beta: 0.1");
        for (JsonNode row : found) {
            double x = row.get("rewards/margins").asDouble();
            assertThat(row.get("loss").asDouble()).isCloseTo(Math.pow(Math.max(0, 1 - x), 2), within(1e-6));
        }
        assertThat(rewardFactor(found.getLast())).isCloseTo(0.1, within(1e-6));
    }

    /// A piece of Java in the documentation.
    private static String example(int number) throws IOException {
        return Files.readString(ObjectiveTableTest.documentation())
                .split("```java\n")[number + 1]
                .split("```")[0];
    }

    @Test
    void aProgramOfAUserTrains() throws IOException, InterruptedException {
        TinyModels.writeLanguage(folder.resolve("sft"), 7);
        TinyModels.write(folder.resolve("pairs.jsonl"), pairs);
        UserClass.compile(folder.resolve("classes"), "my/SquaredHinge", example(0));
        Files.writeString(folder.resolve("Train.java"), example(1));
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "Train.java")
                .directory(folder.toFile())
                .redirectError(folder.resolve("errors").toFile())
                .start();
        List<String> printed = program.inputReader().readAllLines();
        assertThat(program.waitFor())
                .as(Files.readString(folder.resolve("errors")))
                .isZero();
        assertThat(printed).singleElement().asString().startsWith("step 1 {loss=1.0");
        assertThat(folder.resolve("aligned/model.safetensors")).exists();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        slic_hf + sft                             | null | 1
        dpo[beta=0.3] + sft                       | 0.3  | 0.3
        0.5*dpo + 0.5*ipo                         | 0.1  | 0.1
        0.5*dpo + 0.5*simpo                       | null | 1
        sft                                       | null | 1
        sigmoid_norm                              | 5.0  | 5
        """)
    void whatWasNotGivenIsTheObjectivesOwn(String objective, String saved, double factor) throws IOException {
        AlignConfig config = config("out", objective);
        List<JsonNode> found = trained(config);
        assertThat(savedBeta(config)).isEqualTo("beta: " + saved);
        assertThat(config("out", objective, "beta", saved))
                .as("the same, given")
                .isEqualTo(config);
        assertThat(rewardFactor(found.getLast())).isCloseTo(factor, within(1e-5));
    }

    /// −log σ(2(log π(y_w)/|y_w| − log π(y_l)/|y_l|) − 1): the defaults that the documentation prints.
    @Test
    void simpoTrainsAtItsOwnBeta() throws IOException {
        AlignConfig config = config("simpo", "simpo", "training.micro_batch", "1");
        JsonNode row = trained(config).getFirst();
        double chosen = row.get("logps/chosen").asDouble();
        double rejected = row.get("logps/rejected").asDouble();
        assertThat(pairs.stream().mapToDouble(pair -> {
                    double margin = 2 * (chosen / pair.chosen().length - rejected / pair.rejected().length) - 1;
                    return Math.log1p(Math.exp(-margin));
                }))
                .anySatisfy(loss -> assertThat(row.get("loss").asDouble()).isCloseTo(loss, within(1e-5)));
        assertThat(savedBeta(config)).isEqualTo("beta: 2.0");
    }

    /// DPO's loss of one pair is −log σ of its rewards' margin, so one β is in both.
    @Test
    void lossAndMetricsHaveOneBeta() throws IOException {
        AlignConfig config = config("among", "dpo", "parameters", "{beta: 0.7}");
        List<JsonNode> found = trained(config);
        for (JsonNode row : found) {
            assertThat(row.get("loss").asDouble())
                    .isCloseTo(Math.log1p(Math.exp(-row.get("rewards/margins").asDouble())), within(1e-6));
        }
        assertThat(rewardFactor(found.getLast())).isCloseTo(0.7, within(1e-6));
        assertThat(savedBeta(config)).isEqualTo("beta: 0.7");
        AlignConfig twice = config("twice", "dpo", "parameters", "{beta: 0.7}", "beta", "0.7");
        assertThat(values(trained(twice), "loss")).containsExactly(values(found, "loss"));
    }

    /// It scales the rewards, however it is given.
    @Test
    void aBetaOfAnObjectiveWithoutOneIsForTheMetrics() throws IOException {
        List<JsonNode> plain = trained(config("plain", "sft"));
        for (AlignConfig config :
                List.of(config("given", "sft", "beta", "0.2"), config("among", "sft", "parameters", "{beta: 0.2}"))) {
            List<JsonNode> found = trained(config);
            assertThat(values(found, "loss")).containsExactly(values(plain, "loss"));
            assertThat(rewardFactor(found.getLast())).isCloseTo(0.2, within(1e-6));
        }
        for (String beta : List.of("0", "-1", "1e400")) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> trained(config("refused", "sft", "beta", beta)))
                    .withMessageContaining("parameter beta: found")
                    .withMessageEndingWith("expected a finite number > 0");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        dpo           | {beta: 0.7}  | beta is 0.2 and parameters.beta is 0.7, expected one value; give only one of them
        dpo           | {beta: null} | objective dpo, parameter beta: found null, expected a finite number > 0
        sft           | {beta: 0.3}  | beta is 0.2 and parameters.beta is 0.3, expected one value; give only one of them
        slic_hf + sft | {}           | objective slic_hf + sft: no part has a parameter beta
        dpo[beta=0.3] | {}           | beta is 0.2, but the parts of objective dpo[beta=0.3] have their own, [0.3]; leave it out
        """)
    void anotherBetaIsRefused(String objective, String parameters, String message) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> trained(config("out", objective, "beta", "0.2", "parameters", parameters)))
                .withMessageEndingWith(message);
        assertThat(folder.resolve("out")).doesNotExist();
    }
}
