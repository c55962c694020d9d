package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.align.AlignConfig;
import dev.daa.train.align.AlignRun;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.model.Optimizer;
import dev.daa.train.online.OnlineConfig;
import dev.daa.train.online.OnlineRun;
import dev.daa.train.ppo.PpoConfig;
import dev.daa.train.ppo.PpoRun;
import dev.daa.train.reward.LengthHead;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Placement;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.sft.SftConfig;
import dev.daa.train.sft.SftRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Small runs of every command that trains, which can be stopped at any step; the files that they read lie in one
/// folder.
final class SmallRuns {
    static final int STEPS = 9;
    private static final TrainingConfig TRAINING = new TrainingConfig(
            STEPS, 1, 7, 0, 3e-3, Schedule.Shape.COSINE, 3, Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-8, 0.01, 1, true);

    final Path model;
    final Path data;
    final Path reward;
    private final Path otherReward;
    final Path heldOut;
    LoraConfig lora = LoraConfig.OFF;
    Placement placement = new Placement("cpu", "fp32", 1);

    @Nullable
    Path reference;

    List<Assignment> more = List.of();

    interface Trainer {
        void run(Path out, RunDisplay display, Interrupt interrupt);
    }

    SmallRuns(Path folder) throws IOException {
        model = TinyModels.writeLanguage(folder.resolve("model"), 7);
        reward = TinyModels.writeReward(folder.resolve("reward"), 11);
        otherReward = TinyModels.writeReward(folder.resolve("other-reward"), 12);
        data = TinyModels.write(folder.resolve("data.jsonl"), TinyModels.pairs(33, 5));
        heldOut = TinyModels.write(folder.resolve("held-out.jsonl"), TinyModels.pairs(7, 6));
    }

    private List<Assignment> with(Assignment... assignments) {
        return Stream.concat(Stream.of(assignments), more.stream()).toList();
    }

    Trainer trainer(String name) {
        return switch (name) {
            case "sft" ->
                (out, display, interrupt) -> SftRun.run(
                        new SftConfig(
                                model,
                                false,
                                data,
                                out,
                                RowConfig.DEFAULT,
                                TRAINING,
                                lora,
                                List.of(0.5, 1.0),
                                3,
                                placement),
                        display,
                        interrupt);
            case "reward", "odin" ->
                (out, display, interrupt) -> RewardRun.run(
                        new RewardConfig(
                                model,
                                data,
                                heldOut,
                                out,
                                0.01,
                                0,
                                0,
                                name.equals("odin") ? new LengthHead(1, 1) : LengthHead.NONE,
                                RowConfig.DEFAULT,
                                TRAINING,
                                lora,
                                List.of(0.5, 1.0),
                                3,
                                placement),
                        display,
                        interrupt);
            case "ppo", "rloo", "shaped", "ptx", "constrained" ->
                (out, display, interrupt) -> PpoRun.run(
                        Configs.read(
                                PpoConfig.class,
                                null,
                                with(
                                        new Assignment("model", model.toString()),
                                        new Assignment(
                                                "reward",
                                                name.equals("constrained")
                                                        ? "[" + reward + ", " + otherReward + "]"
                                                        : reward.toString()),
                                        new Assignment("data", data.toString()),
                                        new Assignment("out", out.toString()),
                                        new Assignment("algorithm", algorithm(name)),
                                        new Assignment(
                                                "samples", algorithm(name).equals("rloo") ? "2" : "1"),
                                        new Assignment("shaping", name.equals("shaped") ? "{transform: par}" : "null"),
                                        new Assignment("reference_mix", name.equals("shaped") ? "0.2" : "null"),
                                        new Assignment("ptx_coefficient", name.equals("ptx") ? "0.5" : "0"),
                                        new Assignment("demonstrations", name.equals("ptx") ? data.toString() : "null"),
                                        new Assignment("entropy_coefficient", name.equals("ptx") ? "0.1" : "0"),
                                        new Assignment("unit_variance", Boolean.toString(name.equals("ptx"))),
                                        new Assignment("passes", "2"),
                                        new Assignment("mini_batches", "3"),
                                        new Assignment(
                                                "constraint",
                                                name.equals("constrained")
                                                        ? "{proxy_points: [0.2, -0.1], multiplier_rate: 0.5}"
                                                        : "null"),
                                        new Assignment("kl_target", name.equals("constrained") ? "0" : "0.01"),
                                        new Assignment("kl_horizon", "50"),
                                        new Assignment("max_tokens", "9"),
                                        new Assignment("training.batch", "12"),
                                        new Assignment("training.micro_batch", "5"),
                                        new Assignment("training.steps", "9"),
                                        new Assignment("training.learning_rate", "3e-3"),
                                        new Assignment("lora_rank", String.valueOf(lora.rank())),
                                        new Assignment("checkpoints", "[0.5, 1.0]"),
                                        new Assignment("placement.threads", "1"))),
                        display,
                        interrupt);
            case "online", "iterative", "xpo" ->
                (out, display, interrupt) -> OnlineRun.run(
                        Configs.read(
                                OnlineConfig.class,
                                null,
                                with(
                                        new Assignment("model", model.toString()),
                                        new Assignment("reward", reward.toString()),
                                        new Assignment("data", data.toString()),
                                        new Assignment("out", out.toString()),
                                        new Assignment("label_temperature", "0.5"),
                                        new Assignment("refresh_every", "3"),
                                        new Assignment("restart", Boolean.toString(name.equals("iterative"))),
                                        new Assignment("second", second(name)),
                                        new Assignment("exploration", name.equals("xpo") ? "0.05" : "null"),
                                        new Assignment("second_temperature", name.equals("iterative") ? "1.5" : "0"),
                                        new Assignment("max_tokens", "9"),
                                        new Assignment("training.batch", "6"),
                                        new Assignment("training.steps", "9"),
                                        new Assignment("training.learning_rate", "3e-3"),
                                        new Assignment("lora_rank", String.valueOf(lora.rank())),
                                        new Assignment("checkpoints", "[0.5, 1.0]"),
                                        new Assignment("placement.threads", "1"))),
                        display,
                        interrupt);
            default ->
                (out, display, interrupt) -> AlignRun.run(
                        new AlignConfig(
                                model,
                                reference,
                                data,
                                out,
                                name,
                                0.3,
                                name.equals("tr_dpo") ? Map.of("ref_model_sync_steps", 2) : Map.of(),
                                List.of(),
                                RowConfig.DEFAULT,
                                TRAINING,
                                lora,
                                List.of(0.5, 1.0),
                                5,
                                7,
                                3,
                                null,
                                placement),
                        display,
                        interrupt);
        };
    }

    private static String algorithm(String name) {
        return switch (name) {
            case "ptx", "constrained" -> "ppo";
            case "shaped" -> "rloo";
            default -> name;
        };
    }

    private static String second(String name) {
        return switch (name) {
            case "iterative" -> "previous";
            case "xpo" -> "first";
            default -> "same";
        };
    }

    /// Runs until `step` has been made, then asks it to stop; 0 for never.
    static void runUntil(Trainer trainer, Path out, int step) {
        try (Interrupt interrupt = new Interrupt()) {
            trainer.run(
                    out,
                    (_, _) -> metrics -> {
                        if (metrics.step() == step) {
                            interrupt.request();
                        }
                    },
                    interrupt);
        }
    }

    static List<JsonNode> metrics(Path out) throws IOException {
        List<JsonNode> rows = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            ObjectNode row = (ObjectNode) JsonMapper.shared().readTree(line);
            assertThat(row.has("tokens_per_second")).isTrue();
            row.remove(List.of(
                    "tokens_per_second", "gflops_per_second", "time/generating", "time/scoring", "time/updating"));
            rows.add(row);
        }
        return rows;
    }

    void assertSameBits(Path found, Path expected) throws IOException {
        assertThat(metrics(found)).isEqualTo(metrics(expected));
        String weights = lora.isOn() ? "adapter_model.safetensors" : "model.safetensors";
        for (String file : List.of(lora.isOn() ? "adapter_config.json" : "config.json", weights)) {
            assertThat(found.resolve(file)).hasSameBinaryContentAs(expected.resolve(file));
        }
        Path last = expected.resolve("checkpoints/step-" + STEPS);
        try (Stream<Path> files = Files.list(last)) {
            List<Path> all = files.toList();
            assertThat(all)
                    .extracting(file -> file.getFileName().toString())
                    .contains(weights, "optimizer.safetensors", "objective.json", "complete.json");
            for (Path file : all) {
                assertThat(found.resolve("checkpoints/step-" + STEPS).resolve(file.getFileName()))
                        .hasSameBinaryContentAs(file);
            }
        }
    }
}
