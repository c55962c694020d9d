package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.compute.Parameter;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointLayoutTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "neox_serial"})
    void aModelReadAndWrittenHasTheSameTensors(String model) {
        Path golden = SharedFiles.at("golden/" + model);
        TransformerParameters parameters = parameters(golden);
        CheckpointLayout layout = new CheckpointLayout(parameters);
        try (Safetensors source = Safetensors.open(golden.resolve("model.safetensors"))) {
            float[] flat = new float[parameters.layout().size()];
            Arrays.fill(flat, Float.NaN);
            layout.read(source, flat);
            assertThat(flat).doesNotContain(Float.NaN);
            assertSameTensors(source, layout, flat);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "neox_serial"})
    void gradientsHaveTheSameLayout(String model) {
        Path golden = SharedFiles.at("golden/" + model);
        TransformerParameters parameters = parameters(golden);
        try (Safetensors source = Safetensors.open(golden.resolve("sft_grads.safetensors"))) {
            float[] flat = new float[parameters.layout().size()];
            Arrays.fill(flat, Float.NaN);
            new CheckpointLayout(parameters).read(source, flat);
            assertThat(flat).doesNotContain(Float.NaN);
        }
    }

    @Test
    void gpt2WeightsAreTransposed() {
        Path golden = SharedFiles.at("golden/gpt2");
        TransformerParameters parameters = parameters(golden);
        try (Safetensors source = Safetensors.open(golden.resolve("model.safetensors"))) {
            float[] flat = new float[parameters.layout().size()];
            new CheckpointLayout(parameters).read(source, flat);
            float[] stored = source.read("transformer.h.1.mlp.c_fc.weight");
            Parameter inner = parameters.blocks().get(1).inner();
            for (int out = 0; out < 128; out++) {
                for (int in = 0; in < 32; in++) {
                    assertThat(flat[inner.offset() + out * 32 + in]).isEqualTo(stored[in * 128 + out]);
                }
            }
        }
    }

    @Test
    void gptNeoxHeadsAreSeparated() {
        Path golden = SharedFiles.at("golden/neox_serial");
        TransformerParameters parameters = parameters(golden);
        try (Safetensors source = Safetensors.open(golden.resolve("model.safetensors"))) {
            float[] flat = new float[parameters.layout().size()];
            new CheckpointLayout(parameters).read(source, flat);
            float[] stored = source.read("gpt_neox.layers.1.attention.query_key_value.weight");
            Parameter packed = parameters.blocks().get(1).queryKeyValue();
            int headSize = 8;
            for (int part = 0; part < 3; part++) {
                for (int head = 0; head < 4; head++) {
                    for (int i = 0; i < headSize; i++) {
                        int ours = part * 32 + head * headSize + i;
                        int theirs = head * 3 * headSize + part * headSize + i;
                        for (int in = 0; in < 32; in++) {
                            assertThat(flat[packed.offset() + ours * 32 + in]).isEqualTo(stored[theirs * 32 + in]);
                        }
                    }
                }
            }
        }
    }

    @Test
    void llamaProjectionsAreRowsOfThePackedOnes() {
        TransformerConfig config = TransformerConfig.llama(13, 12, 2, 6, 2, 7, 33);
        TransformerParameters parameters = new TransformerParameters(config, Head.LANGUAGE, "policy");
        Map<String, float[]> tensors = numbered(parameters);
        Parameter packed = parameters.blocks().get(1).queryKeyValue();
        Parameter inner = parameters.blocks().get(1).inner();
        // 6 query heads and 2 key-value heads of size 2, width 12.
        assertThat(tensors.get("model.layers.1.self_attn.q_proj.weight"))
                .startsWith(packed.offset())
                .hasSize(12 * 12);
        assertThat(tensors.get("model.layers.1.self_attn.k_proj.weight"))
                .startsWith(packed.offset() + 12 * 12)
                .hasSize(4 * 12);
        assertThat(tensors.get("model.layers.1.self_attn.v_proj.weight"))
                .startsWith(packed.offset() + 16 * 12)
                .hasSize(4 * 12);
        assertThat(tensors.get("model.layers.1.mlp.gate_proj.weight"))
                .startsWith(inner.offset())
                .hasSize(7 * 12);
        assertThat(tensors.get("model.layers.1.mlp.up_proj.weight"))
                .startsWith(inner.offset() + 7 * 12)
                .hasSize(7 * 12);
        assertThat(tensors).containsKeys("model.norm.weight", "lm_head.weight", "model.layers.0.mlp.down_proj.weight");
        assertThat(tensors).hasSize(2 * 9 + 3);
    }

    @Test
    void scalarHeadsAreCalledScore() {
        for (TransformerConfig config : List.of(
                TransformerConfig.gpt2(13, 12, 1, 2, 7),
                TransformerConfig.gptNeox(13, 12, 1, 2, 7, 1),
                TransformerConfig.llama(13, 12, 1, 2, 1, 7, 7))) {
            Map<String, float[]> tensors = numbered(new TransformerParameters(config, Head.SCALAR, "reward"));
            assertThat(tensors.get("score.weight")).hasSize(12);
            assertThat(tensors).doesNotContainKeys("lm_head.weight", "embed_out.weight");
        }
    }

    @Test
    void everyFamilyComesBackAsItWas() {
        TransformerConfig biased = new TransformerConfig(
                TransformerConfig.Family.LLAMA,
                13,
                12,
                2,
                6,
                2,
                4,
                7,
                33,
                1,
                5e5f,
                TransformerConfig.Normalization.RMS_NORM,
                1e-6f,
                TransformerConfig.Activation.SWIGLU,
                false,
                true,
                true,
                true);
        for (TransformerConfig config : List.of(
                TransformerConfig.gpt2(13, 12, 2, 3, 33),
                TransformerConfig.gptNeox(13, 12, 2, 3, 33, 1),
                TransformerConfig.llama(13, 12, 2, 6, 2, 7, 33),
                biased)) {
            TransformerParameters parameters = new TransformerParameters(config, Head.LANGUAGE, "policy");
            CheckpointLayout layout = new CheckpointLayout(parameters);
            float[] flat = counting(parameters.layout().size());
            float[] again = new float[flat.length];
            layout.read(source(tensors(layout, flat)), again);
            assertThat(again).containsExactly(flat);
        }
    }

    @Test
    void buffersTiedHeadsAndMissingPrefixesAreUnderstood() {
        TransformerParameters parameters =
                new TransformerParameters(TransformerConfig.gpt2(13, 12, 2, 3, 33), Head.LANGUAGE, "policy");
        CheckpointLayout layout = new CheckpointLayout(parameters);
        float[] flat = counting(parameters.layout().size());
        Map<String, Safetensors.Content> bare = new LinkedHashMap<>();
        tensors(layout, flat).forEach((name, content) -> put(bare, name.replace("transformer.", ""), content));
        put(bare, "lm_head.weight", Objects.requireNonNull(bare.get("wte.weight")));
        put(bare, "h.0.attn.bias", content("", List.of(1, 1, 33, 33)));
        put(bare, "h.1.attn.masked_bias", content("", List.of()));
        float[] again = new float[flat.length];
        layout.read(source(bare), again);
        assertThat(again).containsExactly(flat);
    }

    @Test
    void aTiedHeadThatIsNotTheEmbeddingIsRefused() {
        TransformerParameters parameters =
                new TransformerParameters(TransformerConfig.gpt2(13, 12, 1, 3, 33), Head.LANGUAGE, "policy");
        CheckpointLayout layout = new CheckpointLayout(parameters);
        float[] flat = counting(parameters.layout().size());
        Map<String, Safetensors.Content> both = new LinkedHashMap<>(tensors(layout, flat));
        put(both, "lm_head.weight", content("", List.of(13, 12)));
        assertThatThrownBy(() -> layout.read(source(both), new float[flat.length]))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("tensor lm_head.weight: found values other than the embedding's, expected the"
                        + " embedding's, as tie_word_embeddings is true");
        layout.readBody(source(both), new float[flat.length]);
    }

    @Test
    void gptNeoxBuffersAreSkipped() {
        TransformerParameters parameters =
                new TransformerParameters(TransformerConfig.gptNeox(13, 12, 1, 3, 33, 1), Head.LANGUAGE, "policy");
        assertRead(parameters, tensors -> {
            put(tensors, "gpt_neox.layers.0.attention.bias", content("", List.of(1, 1, 33, 33)));
            put(tensors, "gpt_neox.layers.0.attention.masked_bias", content("", List.of()));
            put(tensors, "gpt_neox.layers.0.attention.rotary_emb.inv_freq", content("", List.of(2)));
        });
    }

    @Test
    void foreignTensorsAreNamedInOneLine() {
        TransformerParameters parameters =
                new TransformerParameters(TransformerConfig.gpt2(13, 12, 1, 3, 33), Head.LANGUAGE, "policy");
        assertThatThrownBy(() -> assertRead(parameters, tensors -> tensors.remove("transformer.h.0.ln_1.bias")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "15 tensors; missing transformer.h.0.ln_1.bias; unknown none, expected 16 tensors");
        assertThatThrownBy(() -> assertRead(
                        parameters,
                        tensors -> List.of("a", "b", "c", "d")
                                .forEach(name -> put(tensors, name, content(name, List.of(1))))))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("20 tensors; missing none; unknown a, b, c and 1 more, expected 16 tensors");
        assertThatThrownBy(() -> assertRead(
                        parameters, tensors -> put(tensors, "transformer.wte.weight", content("", List.of(14, 12)))))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("tensor transformer.wte.weight: found shape [14, 12], expected [13, 12]");
    }

    @Test
    void aRewardModelStartsFromALanguageModel() {
        TransformerConfig config = TransformerConfig.gptNeox(13, 12, 1, 3, 33, 1);
        TransformerParameters language = new TransformerParameters(config, Head.LANGUAGE, "policy");
        TransformerParameters reward = new TransformerParameters(config, Head.SCALAR, "reward");
        float[] from = counting(language.layout().size());
        float[] flat = new float[reward.layout().size()];
        Arrays.fill(flat, -1);
        new CheckpointLayout(reward).readBody(source(tensors(new CheckpointLayout(language), from)), flat);
        for (Parameter parameter : reward.layout().parameters()) {
            boolean head = parameter.name().equals("score.weight");
            assertThat(flat[parameter.offset()])
                    .isEqualTo(
                            head
                                    ? -1
                                    : language.layout()
                                            .parameter(parameter.name())
                                            .offset());
        }
    }

    private void assertRead(TransformerParameters parameters, Consumer<Map<String, Safetensors.Content>> change) {
        CheckpointLayout layout = new CheckpointLayout(parameters);
        float[] flat = counting(parameters.layout().size());
        Map<String, Safetensors.Content> tensors = tensors(layout, flat);
        change.accept(tensors);
        float[] again = new float[flat.length];
        layout.read(source(tensors), again);
        assertThat(again).containsExactly(flat);
    }

    private void assertSameTensors(Safetensors source, CheckpointLayout layout, float[] flat) {
        Path file = folder.resolve("again.safetensors");
        Safetensors.write(file, layout.contents(flat));
        try (Safetensors again = Safetensors.open(file)) {
            assertThat(again.names()).containsExactlyInAnyOrderElementsOf(source.names());
            for (String name : source.names()) {
                assertThat(again.info(name).shape()).isEqualTo(source.info(name).shape());
                assertThat(again.read(name)).as(name).containsExactly(source.read(name));
            }
        }
    }

    private static TransformerParameters parameters(Path golden) {
        return new TransformerParameters(
                HuggingFaceConfig.read(golden.resolve("config.json")).transformer(), Head.LANGUAGE, "policy");
    }

    /// Values by tensor name, where each value is its place in the flat layout.
    private static Map<String, float[]> numbered(TransformerParameters parameters) {
        CheckpointLayout layout = new CheckpointLayout(parameters);
        Map<String, float[]> values = new LinkedHashMap<>();
        layout.contents(counting(parameters.layout().size()))
                .forEach(content -> values.put(content.name(), content.values().get()));
        return values;
    }

    private static float[] counting(int size) {
        float[] flat = new float[size];
        for (int i = 0; i < size; i++) {
            flat[i] = i;
        }
        return flat;
    }

    private static Map<String, Safetensors.Content> tensors(CheckpointLayout layout, float[] flat) {
        Map<String, Safetensors.Content> tensors = new LinkedHashMap<>();
        layout.contents(flat).forEach(content -> tensors.put(content.name(), content));
        return tensors;
    }

    private static Safetensors.Content content(String name, List<Integer> shape) {
        return new Safetensors.Content(name, shape, () -> new float[(int) TensorInfo.elements(shape)]);
    }

    private static void put(Map<String, Safetensors.Content> tensors, String name, Safetensors.Content content) {
        tensors.put(name, new Safetensors.Content(name, content.shape(), content.values()));
    }

    /// Tensors in memory.
    private static TensorSource source(Map<String, Safetensors.Content> tensors) {
        return new TensorSource() {
            @Override
            public String place() {
                return "memory";
            }

            @Override
            public Set<String> names() {
                return tensors.keySet();
            }

            @Override
            public TensorInfo info(String name) {
                return new TensorInfo(name, ElementType.F32, content(name).shape(), 0, 0);
            }

            @Override
            public void read(String name, float[] into, int offset) {
                float[] values = content(name).values().get();
                System.arraycopy(values, 0, into, offset, values.length);
            }

            private Safetensors.Content content(String name) {
                return new ArrayList<>(tensors.values())
                        .stream()
                                .filter(content -> content.name().equals(name))
                                .findFirst()
                                .orElseThrow();
            }

            @Override
            public void close() {}
        };
    }
}
