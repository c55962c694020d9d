package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.reward.RewardQuality;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a run with a length head leaves is a reward model like any other, which scores as the run measured.
class LengthHeadRunTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theFolderHasTheScoreAlone(boolean adapted) throws IOException {
        SmallRuns runs = new SmallRuns(folder);
        if (adapted) {
            runs.lora = new LoraConfig(3, 6, List.of(Lora.ALL_LINEAR), true);
        }
        Path out = folder.resolve("odin");
        try (Interrupt interrupt = new Interrupt()) {
            runs.trainer("odin").run(out, (_, _) -> _ -> {}, interrupt);
        }
        try (Safetensors weights =
                Safetensors.open(out.resolve(adapted ? "adapter_model.safetensors" : "model.safetensors"))) {
            assertThat(weights.names())
                    .anyMatch(name -> name.endsWith("score.weight"))
                    .noneMatch(name -> name.contains("length"));
        }
        try (Safetensors state = Safetensors.open(out.resolve("checkpoints/step-9/optimizer.safetensors"))) {
            assertThat(state.names()).contains("length.weight");
        }
        List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
        JsonNode last = JsonMapper.shared().readTree(lines.getLast());
        ModelFolder found = ModelFolder.open(out);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = found.load(backend, new TransformerParameters(found.config(), Head.SCALAR, "reward"));
            double squares = 0;
            for (float weight : model.weights().copy(model.parameters().headWeight())) {
                squares += (double) weight * weight;
            }
            assertThat(squares).isCloseTo(1, within(1e-5));
            try (RewardScorer scorer = new RewardScorer(backend, model, 40, 64)) {
                var heldOut = TinyModels.pairs(7, 6);
                var chosen = heldOut.stream().map(pair -> pair.chosenSequence()).toList();
                var rejected =
                        heldOut.stream().map(pair -> pair.rejectedSequence()).toList();
                RewardQuality quality =
                        RewardQuality.of(scorer.score(chosen), scorer.score(rejected), chosen, rejected);
                assertThat(last.get("eval/loss").asDouble()).isCloseTo(quality.loss(), within(1e-5));
                assertThat(last.get("eval/rewards/length_correlation").asDouble())
                        .isCloseTo(quality.lengthCorrelation(), within(1e-4))
                        .isNotZero();
            }
        }
    }
}
