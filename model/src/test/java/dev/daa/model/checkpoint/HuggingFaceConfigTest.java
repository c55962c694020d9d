package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerConfig.Activation;
import dev.daa.model.transformer.TransformerConfig.Family;
import dev.daa.model.transformer.TransformerConfig.Normalization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceConfigTest {
    /// config.json of EleutherAI/pythia-160m, with the keys of version 4 of transformers.
    private static final String PYTHIA = """
        {"architectures": ["GPTNeoXForCausalLM"], "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "gelu",
         "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
         "max_position_embeddings": 2048, "model_type": "gpt_neox", "num_attention_heads": 12,
         "num_hidden_layers": 12, "rotary_emb_base": 10000, "rotary_pct": 0.25, "tie_word_embeddings": false,
         "torch_dtype": "float16", "use_cache": true, "use_parallel_residual": true, "vocab_size": 50304}\
        """;

    /// config.json of Qwen/Qwen2.5-0.5B.
    private static final String QWEN = """
        {"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643,
         "eos_token_id": 151643, "hidden_act": "silu", "hidden_size": 896, "initializer_range": 0.02,
         "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 24,
         "model_type": "qwen2", "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2,
         "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": true,
         "use_sliding_window": false, "vocab_size": 151936}\
        """;

    /// A small Llama with every unusual key.
    private static final String LLAMA = """
        {"architectures": ["LlamaForSequenceClassification"], "model_type": "llama", "vocab_size": 97,
         "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 16,
         "intermediate_size": 56, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "attention_bias": true,
         "mlp_bias": true, "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
         "id2label": {"0": "LABEL_0"}, "eos_token_id": [5, 7]}\
        """;

    @TempDir
    Path folder;

    @Test
    void pythiaIsRead() throws IOException {
        HuggingFaceConfig config = read(PYTHIA);
        assertThat(config.transformer())
                .isEqualTo(new TransformerConfig(
                        Family.GPT_NEOX,
                        50304,
                        768,
                        12,
                        12,
                        12,
                        64,
                        3072,
                        2048,
                        0.25f,
                        10_000,
                        Normalization.LAYER_NORM,
                        1e-5f,
                        Activation.GELU_EXACT,
                        true,
                        false,
                        true,
                        true));
        assertThat(config.head()).isEqualTo(Head.LANGUAGE);
        assertThat(config.eosTokenIds()).containsExactly(0);
        assertThat(config.bosTokenId()).hasValue(0);
    }

    @Test
    void qwenIsRead() throws IOException {
        assertThat(read(QWEN).transformer())
                .isEqualTo(new TransformerConfig(
                        Family.LLAMA,
                        151936,
                        896,
                        24,
                        14,
                        2,
                        64,
                        4864,
                        32768,
                        1,
                        1_000_000,
                        Normalization.RMS_NORM,
                        1e-6f,
                        Activation.SWIGLU,
                        false,
                        true,
                        true,
                        false));
    }

    @Test
    void llamaWithEveryUnusualKeyIsRead() throws IOException {
        HuggingFaceConfig config = read(LLAMA);
        assertThat(config.transformer())
                .isEqualTo(new TransformerConfig(
                        Family.LLAMA,
                        97,
                        32,
                        2,
                        4,
                        4,
                        16,
                        56,
                        64,
                        1,
                        500_000,
                        Normalization.RMS_NORM,
                        1e-5f,
                        Activation.SWIGLU,
                        false,
                        false,
                        true,
                        true));
        assertThat(config.head()).isEqualTo(Head.SCALAR);
        assertThat(config.eosTokenIds()).containsExactly(5, 7);
        assertThat(config.bosTokenId()).isEmpty();
    }

    /// `rope_scaling or rope_parameters`, and then `setdefault("rope_theta", rope_theta)`, as transformers 5 has
    /// it.
    @Test
    void theRotaryBaseOfADefaultScalingCounts() throws IOException {
        String scaling = "\"rope_scaling\": {\"type\": \"default\", \"rope_theta\": 30000.0}, ";
        String own = "\"rope_theta\": 1000000.0, ";
        assertThat(read(QWEN.replace(own, scaling + own)).transformer().rotaryBase())
                .isEqualTo(30_000);
        assertThat(read(QWEN.replace(own, own + "\"rope_scaling\": {\"rope_type\": \"default\"}, "))
                        .transformer()
                        .rotaryBase())
                .isEqualTo(1_000_000);
        assertThat(read(LLAMA.replace("\"rope_parameters\"", scaling + "\"rope_parameters\""))
                        .transformer()
                        .rotaryBase())
                .isEqualTo(30_000);
        assertThat(read(LLAMA.replace("\"rope_parameters\"", "\"rope_scaling\": {}, \"rope_parameters\""))
                        .transformer()
                        .rotaryBase())
                .isEqualTo(500_000);
    }

    @Test
    void goldenConfigsAreRead() {
        assertThat(HuggingFaceConfig.read(SharedFiles.at("golden/gpt2").resolve("config.json"))
                        .transformer())
                .isEqualTo(TransformerConfig.gpt2(97, 32, 2, 4, 64));
        assertThat(HuggingFaceConfig.read(SharedFiles.at("golden/neox_serial").resolve("config.json"))
                        .transformer())
                .isEqualTo(new TransformerConfig(
                        Family.GPT_NEOX,
                        97,
                        32,
                        2,
                        4,
                        4,
                        8,
                        128,
                        64,
                        1,
                        10_000,
                        Normalization.LAYER_NORM,
                        1e-5f,
                        Activation.GELU_EXACT,
                        false,
                        false,
                        true,
                        true));
    }

    @Test
    void aSlidingWindowBoundsTheLength() throws IOException {
        String mistral = LLAMA.replace("\"llama\"", "\"mistral\"")
                .replace("true", "false")
                .replace("64", "32768")
                .replace("heads\": 4", "heads\": 8");
        assertThat(read(mistral).transformer().maximumPositions()).isEqualTo(4096);
        assertThat(read(mistral).transformer().keyValueHeads()).isEqualTo(8);
        assertThat(read(mistral.replace("{\"arch", "{\"sliding_window\": 17, \"arch"))
                        .transformer()
                        .maximumPositions())
                .isEqualTo(17);
        assertThat(read(mistral.replace("{\"arch", "{\"sliding_window\": null, \"arch"))
                        .transformer()
                        .maximumPositions())
                .isEqualTo(32768);
        String windowed = QWEN.replace("use_sliding_window\": false", "use_sliding_window\": true");
        assertThat(read(windowed).transformer().maximumPositions()).isEqualTo(32768);
        assertThat(read(windowed.replace("\"sliding_window\": 32768,", ""))
                        .transformer()
                        .maximumPositions())
                .as("transformers' default")
                .isEqualTo(4096);
    }

    @Test
    void biasesOfAttentionAloneAreRefused() {
        assertThatThrownBy(() -> read(LLAMA.replace("\"mlp_bias\": true,", "")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found attention_bias true and mlp_bias false, expected both true or both false");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "\"hidden_size\": 768; \"hidden_size\": 1.5; : hidden_size: found 1.5, expected an integer",
                "\"hidden_size\": 768,; ; found no key hidden_size, expected an integer",
                "\"gpt_neox\"; \"mamba\"; : model_type: found \"mamba\", expected gpt2, gpt_neox, llama, mistral or"
                        + " qwen2",
                "\"gelu\"; \"relu\"; : hidden_act: found \"relu\", expected gelu, gelu_new, gelu_pytorch_tanh or"
                        + " gelu_fast",
                "\"hidden_size\": 768; \"hidden_size\": 767; found width 767, expected a multiple of the 12 heads",
                "\"rotary_pct\": 0.25; \"rotary_pct\": 0; found rotary positions on a share of 0.0, expected above 0",
                "\"rotary_pct\"; \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}, \"rotary_pct\";"
                        + " rope_scaling: found rope_type \"linear\", expected default",
                "\"rotary_pct\"; \"rope_parameters\": {\"rope_type\": \"yarn\"}, \"rotary_pct\"; rope_parameters:"
                        + " found rope_type \"yarn\", expected default",
                "\"use_parallel_residual\": true; \"use_parallel_residual\": 1; : use_parallel_residual: found 1,"
                        + " expected true or false",
                "\"bos_token_id\": 0; \"attention_bias\": false; : attention_bias: found false, expected true",
                "\"GPTNeoXForCausalLM\"; \"GPTNeoXForSequenceClassification\"; found 2 labels, expected 1",
                "\"vocab_size\": 50304; \"vocab_size\": 0; config.json: vocab_size: found 0, expected at least 1",
                "\"vocab_size\": 50304}; \"vocab_size\": }; config.json:",
                "\"vocab_size\"; \"hidden_size\": 4, \"vocab_size\"; not valid JSON: Duplicate",
            })
    void whatCannotBeComputedIsRefusedByName(String part, String replacement, String message) {
        String broken = PYTHIA.replace(part, replacement == null ? "" : replacement);
        assertThat(broken).isNotEqualTo(PYTHIA);
        assertThatThrownBy(() -> read(broken))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void brokenJsonNamesLineAndColumn() {
        assertThatThrownBy(() -> read("{\"model_type\": \"gpt2\",\n \"n_embd\" 32}"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("config.json:2:11: not valid JSON");
    }

    @Test
    void aGitLfsPointerSaysSo() {
        assertThatThrownBy(() -> read("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("config.json: found a git-LFS pointer, expected the file itself");
    }

    @Test
    void everythingWrittenIsReadAgain() throws IOException {
        TransformerConfig plain = TransformerConfig.llama(13, 12, 2, 6, 2, 7, 33);
        List<TransformerConfig> configs = List.of(
                TransformerConfig.gpt2(13, 12, 2, 3, 33),
                read(PYTHIA).transformer(),
                TransformerConfig.gptNeox(13, 12, 2, 3, 33, 1),
                plain,
                read(QWEN).transformer(),
                read(LLAMA).transformer());
        for (TransformerConfig config : configs) {
            for (Head head : Head.values()) {
                for (List<Integer> eos : List.of(List.of(3), List.of(4, 5), List.<Integer>of())) {
                    HuggingFaceConfig written =
                            new HuggingFaceConfig(config, head, eos, OptionalInt.of(2), OptionalInt.empty());
                    assertThat(read(HuggingFaceConfigWriter.config(written))).isEqualTo(written);
                }
            }
        }
    }

    @Test
    void whatAFamilyCannotSayIsNotWritten() {
        TransformerConfig mixed = new TransformerConfig(
                Family.GPT2,
                13,
                12,
                2,
                6,
                2,
                2,
                7,
                33,
                1,
                10_000,
                Normalization.RMS_NORM,
                1e-6f,
                Activation.SWIGLU,
                false,
                false,
                false,
                false);
        assertThatThrownBy(() -> HuggingFaceConfigWriter.config(new HuggingFaceConfig(
                        mixed, Head.LANGUAGE, List.of(), OptionalInt.empty(), OptionalInt.empty())))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a checkpoint of the family GPT2 needs learned positions");
    }

    private HuggingFaceConfig read(String json) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, json);
        return HuggingFaceConfig.read(file);
    }
}
