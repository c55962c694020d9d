package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.train.align.AlignConfig;
import dev.daa.train.align.AlignRun;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.ppo.PpoConfig;
import dev.daa.train.ppo.PpoRun;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.sft.SftConfig;
import dev.daa.train.sft.SftRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Runs that train adapters: where they start, what they leave, and that each opens the other's folder.
class LoraRunTest {
    @TempDir
    Path folder;

    private Path model;
    private Path data;

    @BeforeEach
    void write() throws IOException {
        model = TinyModels.writeLanguage(folder.resolve("model"), 7);
        data = TinyModels.write(folder.resolve("data.jsonl"), TinyModels.pairs(33, 5));
    }

    private <C extends Record> C config(Class<C> type, Path from, Path out, String... more) {
        List<Assignment> all = new ArrayList<>(List.of(
                new Assignment("model", from.toString()),
                new Assignment("data", data.toString()),
                new Assignment("out", out.toString()),
                new Assignment("lora-rank", "4"),
                new Assignment("lora-alpha", "16"),
                new Assignment("training.batch", "8"),
                new Assignment("training.steps", "5"),
                new Assignment("lr", "3e-2"),
                new Assignment("placement.threads", "1")));
        for (int i = 0; i < more.length; i += 2) {
            Assignment one = new Assignment(more[i], more[i + 1]);
            all.removeIf(other -> other.key().equals(one.key()));
            all.add(one);
        }
        return Configs.read(type, null, all);
    }

    private static List<JsonNode> metrics(Path out) throws IOException {
        return Files.readAllLines(out.resolve("metrics.jsonl")).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
    }

    private static final RunDisplay SILENT = (_, _) -> _ -> {};

    /// DPO starts at its reference, where its loss is ln 2 and the KL is 0, and goes away from it; SFT's adapter is
    /// the base of DPO's, and the reference is DPO's model with its own adapter off.
    @Test
    void fineTuningThenAlignment() throws IOException {
        byte[] before = Files.readAllBytes(model.resolve("model.safetensors"));
        Path sft = folder.resolve("sft");
        Path dpo = folder.resolve("dpo");
        try (Interrupt interrupt = new Interrupt()) {
            SftRun.run(config(SftConfig.class, model, sft, "lora-targets", "c_attn,c_fc"), SILENT, interrupt);
            AlignRun.run(
                    config(AlignConfig.class, sft, dpo, "checkpoints", "[0.2, 1.0]", "kl_prompts", "7"),
                    SILENT,
                    interrupt);
        }
        assertThat(model.resolve("model.safetensors")).hasBinaryContent(before);
        assertThat(sft.resolve("model.safetensors")).doesNotExist();
        List<JsonNode> fineTuning = metrics(sft);
        assertThat(fineTuning.getLast().get("loss").asDouble())
                .isLessThan(fineTuning.getFirst().get("loss").asDouble());
        List<JsonNode> alignment = metrics(dpo);
        assertThat(alignment.getFirst().get("loss").asDouble()).isCloseTo(Math.log(2), within(1e-7));
        assertThat(alignment.getFirst().get("rewards/margins").asDouble()).isCloseTo(0, within(1e-7));
        assertThat(alignment.getLast().get("kl/exact").asDouble()).isGreaterThan(1e-4);
        assertThat(ModelFolder.open(dpo).config())
                .isEqualTo(ModelFolder.open(model).config());
        // c_attn of two blocks of width 12: A [4, 12] and B [36, 4] each, for both moments.
        try (Safetensors moments = Safetensors.open(dpo.resolve("checkpoints/step-5/optimizer.safetensors"))) {
            assertThat(moments.info("m").elements()).isEqualTo(2 * (4 * 12 + 36 * 4));
            assertThat(moments.info("v").elements()).isEqualTo(2 * (4 * 12 + 36 * 4));
        }
        JsonNode written =
                JsonMapper.shared().readTree(dpo.resolve("adapter_config.json").toFile());
        assertThat(written.get("base_model_name_or_path").asString()).isEqualTo(sft.toString());
        assertThat(written.get("target_modules").toString()).isEqualTo("[\"c_attn\"]");
        assertThat(written.get("r").asInt()).isEqualTo(4);
        assertThat(written.get("lora_alpha").asInt()).isEqualTo(16);
    }

    /// The policy of the first step is its reference, and the first pass over its samples has ratio 1.
    @Test
    void rewardModelThenReinforcement() throws IOException {
        Path reward = folder.resolve("reward");
        Path ppo = folder.resolve("ppo");
        try (Interrupt interrupt = new Interrupt()) {
            RewardRun.run(config(RewardConfig.class, model, reward), SILENT, interrupt);
            PpoRun.run(
                    config(
                            PpoConfig.class,
                            model,
                            ppo,
                            "reward",
                            reward.toString(),
                            "max_tokens",
                            "9",
                            "passes",
                            "1",
                            "mini_batches",
                            "1"),
                    SILENT,
                    interrupt);
        }
        try (Safetensors adapter = Safetensors.open(reward.resolve("adapter_model.safetensors"))) {
            assertThat(adapter.names())
                    .contains("base_model.model.score.weight")
                    .hasSize(5);
        }
        for (JsonNode step : metrics(ppo)) {
            assertThat(step.get("val/ratio").asDouble()).isCloseTo(1, within(1e-5));
        }
        assertThat(metrics(ppo).getFirst().get("objective/kl").asDouble()).isCloseTo(0, within(1e-4));
        assertThat(metrics(ppo).getLast().get("objective/kl").asDouble()).isNotCloseTo(0, within(1e-3));
        try (Safetensors state = Safetensors.open(ppo.resolve("checkpoints/step-5/optimizer.safetensors"))) {
            int adapters = 2 * (4 * 12 + 36 * 4);
            assertThat(state.info("m").elements()).isEqualTo(adapters);
            assertThat(state.info("value.weights").elements()).isEqualTo(adapters + 12);
        }
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> config(SftConfig.class, model, folder, "from_scratch", "true"))
                .withMessageContaining("from_scratch and lora_rank 4");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> config(SftConfig.class, model, folder, "lora-rank", "0", "lora-targets", "c_attn"))
                .withMessageContaining("lora_targets is [c_attn] with lora_rank 0");
        try (Interrupt interrupt = new Interrupt()) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> AlignRun.run(
                            config(
                                    AlignConfig.class,
                                    model,
                                    folder.resolve("out"),
                                    "objective",
                                    "tr_dpo",
                                    "reference",
                                    model.toString()),
                            SILENT,
                            interrupt))
                    .withMessageContaining("expected none, as objective tr_dpo moves a copy of the policy's adapters");
        }
    }
}
