package dev.daa.train;

import static dev.daa.train.SmallRuns.STEPS;
import static dev.daa.train.SmallRuns.metrics;
import static dev.daa.train.SmallRuns.runUntil;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.SmallRuns.Trainer;
import dev.daa.train.config.Assignment;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.online.Online;
import dev.daa.train.online.OnlineLearner;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.Placement;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A run that is stopped and started again ends with the bits of the run that was not: weights, optimizer state, the
/// objective's memory and every metric but the speed.
class ResumeTest {
    @TempDir
    Path folder;

    private SmallRuns runs;

    @BeforeEach
    void write() throws IOException {
        runs = new SmallRuns(folder);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sft",
                "reward",
                "odin",
                "dpo",
                "bco_pair",
                "tr_dpo",
                "ppo",
                "rloo",
                "shaped",
                "ptx",
                "constrained",
                "online",
                "iterative",
                "xpo"
            })
    void stoppedAtAnyStepAndResumedGivesTheSameBits(String name) throws IOException {
        Trainer trainer = runs.trainer(name);
        Path straight = folder.resolve("straight");
        runUntil(trainer, straight, 0);
        assertThat(metrics(straight)).hasSize(STEPS);
        for (int step : new int[] {1, 5}) {
            Path stopped = folder.resolve("stopped-" + step);
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> runUntil(trainer, stopped, step))
                    .withMessage("stopped after step " + step + " of 9; the same command goes on from " + stopped);
            assertThat(metrics(stopped)).hasSize(step);
            runUntil(trainer, stopped, 0);
            runs.assertSameBits(stopped, straight);
        }
        Path often = folder.resolve("often");
        for (int step = 1; step < STEPS; step++) {
            int at = step;
            assertThatExceptionOfType(InterruptedRunException.class).isThrownBy(() -> runUntil(trainer, often, at));
        }
        runUntil(trainer, often, 0);
        runs.assertSameBits(often, straight);
        runUntil(trainer, often, 0);
        runs.assertSameBits(often, straight);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sft", "reward", "odin", "dpo", "tr_dpo", "ppo", "shaped", "online", "xpo"})
    void adaptersToo(String name) throws IOException {
        runs.lora = new LoraConfig(3, 6, List.of(Lora.ALL_LINEAR), true);
        stoppedAtAnyStepAndResumedGivesTheSameBits(name);
        assertThat(folder.resolve("straight/model.safetensors")).doesNotExist();
    }

    /// Trains in rounds of 3 steps that start anew, half of the samples from the round before.
    ///
    /// @param stopAt which question whether to stop is the first that is answered yes
    /// @return how often it was asked up to the end of each step, from 0
    private List<Integer> inRounds(Path out, SortedSet<Integer> checkpoints, int stopAt) throws IOException {
        List<Integer> asked = new ArrayList<>(List.of(0));
        AtomicInteger questions = new AtomicInteger();
        try (Backend backend = Backend.open("cpu", 1)) {
            StartingPolicy start = new StartingPolicy(backend, ModelFolder.open(runs.model), runs.lora, new Seeds(3));
            ModelFolder rewards = ModelFolder.open(runs.reward);
            ResponseReward score = new RewardModel(
                    backend,
                    rewards.load(backend, new TransformerParameters(rewards.config(), Head.SCALAR, "reward")),
                    7 + 9,
                    0);
            Online settings = new Online(
                    "dpo",
                    0.3,
                    Map.of(),
                    2,
                    Online.Pairing.FIRST_TWO,
                    0.5,
                    0,
                    3,
                    true,
                    Online.Second.PREVIOUS,
                    1.5,
                    null,
                    1);
            try (RunFolder run = RunFolder.open(out);
                    OnlineLearner learner = new OnlineLearner(
                            backend,
                            new OnlineLearner.Cast(start::named, start.reference(), score),
                            settings.shape(7, 9, StopTokens.of(0)),
                            Examples.inOrder(TinyModels.pairs(33, 5).stream()
                                    .map(PreferencePair::prompt)
                                    .toList()),
                            settings,
                            settings.choice(),
                            new Batching(5, 5, Optimizer.adamW(0, 1)),
                            new Seeds(3),
                            () -> questions.incrementAndGet() >= stopAt)) {
                new TrainingLoop(
                                learner,
                                new Schedule(Schedule.Shape.CONSTANT, 3e-3, 0, STEPS, 0),
                                checkpoints,
                                TrainingLoop.Retention.ALL,
                                ModelText.endingWith(null, 0))
                        .run(run, _ -> asked.add(questions.get()), TrainingLoop.Evaluation.none(), new Interrupt());
            }
        }
        return asked;
    }

    /// The first step of a round changes who samples, and where the policy starts: wherever its sampling is
    /// stopped, it is made again from the policy that the last step left.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stoppedWhileARoundsFirstStepSamples(boolean checkpointBefore) throws IOException {
        SortedSet<Integer> steps = checkpointBefore ? new TreeSet<>(List.of(3, 6)) : new TreeSet<>();
        Path straight = folder.resolve("straight");
        List<Integer> asked = inRounds(straight, new TreeSet<>(List.of(3, 6)), Integer.MAX_VALUE);
        for (int before : new int[] {3, 6}) {
            int first = asked.get(before) + 1;
            int last = asked.get(before + 1);
            assertThat(last - first).isGreaterThan(10);
            for (int question = first; question <= last; question++) {
                Path stopped = folder.resolve("stopped-" + question);
                int stopAt = question;
                assertThatExceptionOfType(InterruptedRunException.class)
                        .isThrownBy(() -> inRounds(stopped, steps, stopAt))
                        .withMessage(
                                "stopped after step " + before + " of 9; the same command goes on from " + stopped);
                assertThat(stopped.resolve("checkpoints/step-" + before).resolve("model.safetensors"))
                        .hasSameBinaryContentAs(
                                straight.resolve("checkpoints/step-" + before).resolve("model.safetensors"));
                int again = question - first + 1;
                assertThatExceptionOfType(InterruptedRunException.class)
                        .isThrownBy(() -> inRounds(stopped, steps, again));
                inRounds(stopped, steps, Integer.MAX_VALUE);
                assertThat(metrics(stopped)).isEqualTo(metrics(straight));
                for (String file : List.of("model.safetensors", "optimizer.safetensors", "objective.json")) {
                    assertThat(stopped.resolve("checkpoints/step-9").resolve(file))
                            .as("%s, stopped at question %d", file, question)
                            .hasSameBinaryContentAs(
                                    straight.resolve("checkpoints/step-9").resolve(file));
                }
            }
        }
    }

    private static Stream<ModelText> texts() {
        return Stream.of(
                new ModelText(null, List.of(0, 5), OptionalInt.of(7)),
                new ModelText(null, List.of(4), OptionalInt.empty()),
                new ModelText(null, List.of(), OptionalInt.empty()));
    }

    /// A model whose data are ids may know no end of sequence at all.
    @ParameterizedTest
    @MethodSource("texts")
    void checkpointsBeginAndEndTextsAsTheModelDoes(ModelText text) throws IOException {
        try (Backend backend = Backend.open("cpu", 1)) {
            Model start = TinyModels.language(backend, 7);
            ModelFolder.write(runs.model, start.parameters(), start.weights().copy(), text);
        }
        for (String name : List.of("sft", "dpo")) {
            Path out = folder.resolve(name);
            runUntil(runs.trainer(name), out, 0);
            for (Path saved : List.of(out, out.resolve("checkpoints/step-5"), out.resolve("checkpoints/step-9"))) {
                assertThat(ModelFolder.open(saved).text()).isEqualTo(text);
                for (String file : List.of("config.json", "generation_config.json")) {
                    assertThat(saved.resolve(file)).hasSameBinaryContentAs(runs.model.resolve(file));
                }
            }
        }
    }

    /// The objective's running mean is part of what a checkpoint holds.
    @Test
    void anObjectiveWithMemoryHasIt() throws IOException {
        runUntil(runs.trainer("bco_pair"), folder.resolve("out"), 0);
        JsonNode state = JsonMapper.shared()
                .readTree(
                        folder.resolve("out/checkpoints/step-9/objective.json").toFile())
                .get("state");
        assertThat(state).isNotEmpty().anyMatch(value -> value.asDouble() != 0);
    }

    /// `peak·(s + 1)/W` for the first W = 3 updates, then half a cosine to 0 over the other 6.
    @Test
    void theLearningRateFollowsTheSchedule() throws IOException {
        runUntil(runs.trainer("sft"), folder.resolve("out"), 0);
        List<JsonNode> rows = metrics(folder.resolve("out"));
        double[] expected = {1e-3, 2e-3, 3e-3, 3e-3, 0, 0, 0, 0, 0};
        for (int s = 4; s < STEPS; s++) {
            expected[s] = 3e-3 * 0.5 * (1 + Math.cos(Math.PI * (s - 3) / 6));
        }
        for (int s = 0; s < STEPS; s++) {
            assertThat(rows.get(s).get("learning_rate").asDouble())
                    .as("learning rate of step %d", s + 1)
                    .isCloseTo(expected[s], within(1e-9));
        }
    }

    @Test
    void anotherConfigIsRefusedAndTheRunLeftAsItWas() throws IOException {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> runUntil(runs.trainer("dpo"), out, 4));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> runUntil(runs.trainer("ipo"), out, 0))
                .withMessage(out.resolve("config.yaml")
                        + ": this run was started with another config (objective: dpo, now ipo); choose another --out,"
                        + " or delete " + out);
        runUntil(runs.trainer("dpo"), out, 0);
        assertThat(metrics(out)).hasSize(STEPS);
    }

    @Test
    void dataOrModelThatChangedMeanwhileAreRefused() throws IOException {
        Path out = folder.resolve("out");
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> runUntil(runs.trainer("dpo"), out, 4));
        TinyModels.write(runs.data, TinyModels.pairs(32, 5));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> runUntil(runs.trainer("dpo"), out, 0))
                .withMessage(out.resolve("manifest.json") + ": " + runs.data
                        + " changed since this run was started; choose another --out, or delete " + out);
        TinyModels.write(runs.data, TinyModels.pairs(33, 5));
        TinyModels.writeLanguage(runs.model, 8);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> runUntil(runs.trainer("dpo"), out, 0))
                .withMessage(out.resolve("manifest.json")
                        + ": the model changed since this run was started; choose another --out, or delete " + out);
        TinyModels.writeLanguage(runs.model, 7);
        runUntil(runs.trainer("dpo"), out, 0);
    }

    /// Each file and folder that a run reads besides data and model: changed between stop and resume it is refused.
    @ParameterizedTest
    @CsvSource({
        "dpo,reference",
        "reward,held-out",
        "ppo,reference",
        "ppo,value",
        "ppo,comparisons",
        "ppo,reward",
        "ptx,data",
        "online,reference",
        "online,comparisons",
        "online,reward"
    })
    void furtherInputsThatChangedMeanwhileAreRefused(String name, String input) throws IOException {
        Path comparisons = TinyModels.write(folder.resolve("comparisons.jsonl"), TinyModels.pairs(7, 8));
        Path value = TinyModels.writeReward(folder.resolve("value"), 12);
        Path other = TinyModels.writeLanguage(folder.resolve("reference"), 13);
        runs.reference = other;
        runs.more = Stream.of(
                        new Assignment("reference", other.toString()),
                        new Assignment("lower_confidence.factor", "0.1"),
                        new Assignment("lower_confidence.comparisons", comparisons.toString()),
                        new Assignment("value", value.toString()))
                .filter(one -> !name.equals("online") || !one.key().equals("value"))
                .toList();
        Path out = folder.resolve("out");
        assertThatExceptionOfType(InterruptedRunException.class).isThrownBy(() -> runUntil(runs.trainer(name), out, 2));
        Path changed = switch (input) {
            case "reference" -> TinyModels.writeLanguage(other, 14);
            case "value" -> TinyModels.writeReward(value, 14);
            case "reward" -> TinyModels.writeReward(runs.reward, 14);
            case "comparisons" -> TinyModels.write(comparisons, TinyModels.pairs(7, 14));
            case "held-out" -> TinyModels.write(runs.heldOut, TinyModels.pairs(7, 14));
            default -> TinyModels.write(runs.data, TinyModels.pairs(33, 14));
        };
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> runUntil(runs.trainer(name), out, 0))
                .withMessage(out.resolve("manifest.json") + ": " + changed
                        + " changed since this run was started; choose another --out, or delete " + out);
    }

    /// `auto` says nothing of where a run computed: the manifest names what it came to, and a resumed run stays
    /// there.
    @ParameterizedTest
    @ValueSource(strings = {"sft", "reward", "dpo", "ppo", "online"})
    void theBackendThatComputedIsKept(String name) throws IOException {
        runs.placement = new Placement("auto", "fp32", 1);
        Path out = folder.resolve("out");
        assertThatExceptionOfType(InterruptedRunException.class).isThrownBy(() -> runUntil(runs.trainer(name), out, 2));
        Path file = out.resolve("manifest.json");
        String manifest = Files.readString(file);
        assertThat(JsonMapper.shared().readTree(manifest).get("backend").asString())
                .isEqualTo("cpu");
        Files.writeString(file, manifest.replace("\"backend\" : \"cpu\"", "\"backend\" : \"tornado:0:0\""));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> runUntil(runs.trainer(name), out, 0))
                .withMessage(
                        file + ": backend: found cpu, expected tornado:0:0, where this run was started; choose that"
                                + " one with --backend, or another --out");
        Files.writeString(file, manifest);
        runs.placement = new Placement("cpu", "fp32", 1);
        runs.more = List.of(new Assignment("placement.backend", "cpu"));
        runUntil(runs.trainer(name), out, 0);
        assertThat(metrics(out)).hasSize(STEPS);
    }
}
