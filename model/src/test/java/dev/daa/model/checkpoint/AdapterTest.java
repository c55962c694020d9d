package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Program;
import dev.daa.model.SmallModels;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.AdapterParameters;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Low-rank adapters: what they compute, their gradients, and their files as PEFT has them.
class AdapterTest {
    private static final Lora ALL = new Lora(3, 6, List.of(Lora.ALL_LINEAR), false);
    private static final int[] TOKENS = SmallModels.tokens(17, 4);

    private final Backend backend = Backend.open("cpu", 2);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        backend.close();
    }

    private Path base() {
        return folder.resolve("base");
    }

    private Model written(Model model) {
        ModelFolder.write(base(), model.parameters(), model.weights().copy(), ModelText.endingWith(null, 5));
        return model;
    }

    private Model language(String family) {
        return written(SmallModels.language(backend, family, "policy", 7));
    }

    /// With adapters whose B is not 0.
    private Model adapted(Model model, Lora lora) {
        Model adapted = model.adapted(backend, lora, base().toString(), new SplittableRandom(3));
        float[] values = adapted.flatTrained();
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < values.length; i++) {
            values[i] += (float) (0.1 * random.nextGaussian());
        }
        adapted.trained().write(values);
        return adapted;
    }

    private Path save(Model adapted) {
        Path path = folder.resolve("adapter");
        AdapterFiles.write(path, adapted.parameters(), adapted.flatTrained(), null);
        return path;
    }

    private Model opened(Path path) {
        ModelFolder opened = ModelFolder.open(path);
        TransformerParameters parameters = new TransformerParameters(opened.config(), opened.head(), "opened");
        return Model.of(backend, parameters, opened.weights(parameters));
    }

    private double[][] distributions(Model model) {
        return SmallModels.logDistributions(backend, model, TOKENS, 1);
    }

    private static void assertClose(double[][] found, double[][] expected, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(found[i])
                    .usingComparatorWithPrecision(tolerance)
                    .as("after token %d", i)
                    .containsExactly(expected[i]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void aNewAdapterChangesNothing(String family) {
        Model model = language(family);
        Model adapted = model.adapted(backend, ALL, "base", new SplittableRandom(3));
        assertThat(distributions(adapted)).isDeepEqualTo(distributions(model));
        AdapterParameters adapter = Objects.requireNonNull(adapted.parameters().adapter());
        float[] values = adapted.flatTrained();
        for (AdapterParameters.Pair pair : adapter.pairs()) {
            double bound = 1 / Math.sqrt(pair.a().columns());
            double squares = 0;
            for (int i = 0; i < pair.a().size(); i++) {
                float value = values[pair.a().offset() + i];
                assertThat((double) value).isBetween(-bound, bound);
                squares += value * value;
            }
            // The variance of a uniform draw is bound²/3.
            assertThat(squares / pair.a().size()).isCloseTo(bound * bound / 3, within(0.7 * bound * bound / 3));
            for (int i = 0; i < pair.b().size(); i++) {
                assertThat(values[pair.b().offset() + i]).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void onIsTheMergedModelAndOffIsTheBase(String family) {
        Model model = language(family);
        double[][] before = distributions(model);
        Model adapted = adapted(model, ALL);
        Path path = save(adapted);
        double[][] on = distributions(adapted);
        assertThat(Math.abs(on[9][3] - before[9][3])).isGreaterThan(1e-3);
        assertClose(distributions(opened(path)), on, 1e-4);
        assertThat(distributions(adapted.withoutAdapter("off"))).isDeepEqualTo(before);

        Path merged = folder.resolve("merged");
        Model whole = opened(path);
        ModelFolder.write(merged, whole.parameters(), whole.weights().copy(), ModelText.endingWith(null, 5));
        assertThat(opened(merged).flatWeights()).containsExactly(whole.flatWeights());
    }

    @Test
    void generationReadsAdaptersAsTheyAre() {
        Model adapted = adapted(language("llama"), ALL);
        Model merged = opened(save(adapted));
        List<int[]> prompts = List.of(SmallModels.tokens(5, 1), SmallModels.tokens(2, 2));
        Response[][] found;
        Response[][] expected;
        try (Generator own = new Generator(backend, adapted, 4, 5, 20);
                Generator whole = new Generator(backend, merged, 4, 5, 20)) {
            found = own.generate(prompts, 3, Sampling.full(1, 20, StopTokens.of(0)), 5);
            expected = whole.generate(prompts, 3, Sampling.full(1, 20, StopTokens.of(0)), 5);
        }
        for (int prompt = 0; prompt < 2; prompt++) {
            for (int sample = 0; sample < 3; sample++) {
                assertThat(found[prompt][sample].tokens()).isEqualTo(expected[prompt][sample].tokens());
            }
        }
    }

    /// What PEFT's merge does, from the files alone: W + scale·BA, transposed for GPT-2's Conv1D; every other
    /// tensor stays as it is.
    @ParameterizedTest
    @CsvSource({
        "gpt2,all-linear,8,false",
        "gpt2,c_proj,4,false",
        "gpt_neox,all-linear,2,false",
        "gpt_neox,query_key_value,3,true",
        "llama,all-linear,2,false",
        "llama,v_proj,3,true"
    })
    void theFilesSayWhatIsAddedToWhichTensor(String family, String target, int rank, boolean rankStabilized) {
        Lora lora = new Lora(rank, 6, List.of(target), rankStabilized);
        double scale = rankStabilized ? 6 / Math.sqrt(rank) : 6.0 / rank;
        Model whole = opened(save(adapted(language(family), lora)));
        Path merged = folder.resolve("merged");
        ModelFolder.write(merged, whole.parameters(), whole.weights().copy(), ModelText.endingWith(null, 5));
        int adaptedTensors = 0;
        try (WeightFiles before = WeightFiles.open(base());
                WeightFiles after = WeightFiles.open(merged);
                Safetensors adapter = Safetensors.open(folder.resolve("adapter/adapter_model.safetensors"))) {
            for (String name : before.names()) {
                float[] expected = before.read(name);
                String a = "base_model.model." + name.replaceAll("weight$", "lora_A.weight");
                if (adapter.names().contains(a)) {
                    adaptedTensors++;
                    float[] low = adapter.read(a);
                    float[] high = adapter.read(a.replace("lora_A", "lora_B"));
                    int in = adapter.info(a).shape().get(1);
                    int out = high.length / rank;
                    for (int i = 0; i < out; i++) {
                        for (int j = 0; j < in; j++) {
                            double sum = 0;
                            for (int k = 0; k < rank; k++) {
                                sum += (double) high[i * rank + k] * low[k * in + j];
                            }
                            expected[family.equals("gpt2") ? j * out + i : i * in + j] += (float) (scale * sum);
                        }
                    }
                    assertThat(after.read(name))
                            .as(name)
                            .usingComparatorWithPrecision(1e-6f)
                            .containsExactly(expected);
                } else {
                    assertThat(after.read(name)).as(name).containsExactly(expected);
                }
            }
            assertThat(adapter.names()).hasSize(2 * adaptedTensors);
        }
        int modules = target.equals(Lora.ALL_LINEAR) ? family.equals("llama") ? 7 : 4 : target.equals("c_proj") ? 2 : 1;
        assertThat(adaptedTensors).isEqualTo(2 * modules);
    }

    /// By the chain rule from the gradient of the merged weights: dB = scale·dW·Aᵀ, dA = scale·Bᵀ·dW; then AdamW's
    /// first step from these. The base keeps its bits.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void gradientsAndAStepFollowFromThoseOfTheWholeModel(String family) {
        Model model = language(family);
        float[] frozen = model.flatWeights();
        // As many rows of A as the residual stream is wide: any change of a weight can be expressed.
        Lora lora = new Lora(model.config().width(), 5, List.of(Lora.ALL_LINEAR), false);
        Model adapted = adapted(model, lora);
        float[] before = adapted.flatTrained();
        float[] gradient = gradient(opened(save(adapted)));
        double[] expected = new double[before.length];
        AdapterParameters adapter = Objects.requireNonNull(adapted.parameters().adapter());
        int rank = lora.rank();
        for (AdapterParameters.Pair pair : adapter.pairs()) {
            Parameter weight =
                    pair.module().map().weight(model.parameters().blocks().get(pair.block()));
            int columns = weight.columns();
            for (int row = 0; row < pair.module().rows(); row++) {
                int at = weight.offset() + (pair.module().first() + row) * columns;
                for (int k = 0; k < rank; k++) {
                    int b = pair.b().offset() + row * rank + k;
                    for (int j = 0; j < columns; j++) {
                        int a = pair.a().offset() + k * columns + j;
                        expected[b] += lora.scale() * gradient[at + j] * before[a];
                        expected[a] += lora.scale() * gradient[at + j] * before[b];
                    }
                }
            }
        }
        float learningRate = 0.01f;
        float[] found = new float[before.length];
        step(adapted, learningRate, found);
        double largest = 0;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        float[] after = adapted.flatTrained();
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) found[i]).as("gradient %d", i).isCloseTo(expected[i], within(2e-5 * largest));
            double update = -learningRate * expected[i] / (Math.abs(expected[i]) + 1e-3);
            assertThat((double) after[i])
                    .as("value %d", i)
                    .isCloseTo(before[i] + update, within(1e-4 * learningRate + 1e-7 + 2e-2 * largest * learningRate));
        }
        assertThat(model.flatWeights()).containsExactly(frozen);
    }

    private float[] gradient(Model whole) {
        float[] gradient = new float[whole.trained().layout().size()];
        step(whole, 0, gradient);
        return gradient;
    }

    /// One AdamW step with ε = 1e-3 on a sum of log-probabilities with weights.
    private void step(Model model, float learningRate, float[] gradient) {
        Graph graph = new Graph();
        Op.TokenLogProb output = graph.tokenLogProb(
                "logProb",
                Transformer.record(graph, model.parameters()),
                model.parameters().headWeight());
        graph.differentiate(model.parameters().trainedLayout(), true, output.logProb())
                .adamW(model.parameters().trainedLayout(), 0, 0.9f, 0.999f, 1e-3f, 0);
        Batch batch = new Batch(Capacity.training(TOKENS.length, 1, TOKENS.length, 0));
        batch.addSegment(TOKENS, 0, TOKENS.length, -1);
        float[] weights = new float[TOKENS.length - 1];
        for (int t = 0; t + 1 < TOKENS.length; t++) {
            batch.addTarget(t, TOKENS[t + 1]);
            weights[t] = (t % 3 - 1) * 0.5f - 0.2f;
        }
        try (Program program = backend.compile(graph, batch.capacity(), model.values())) {
            program.forward(batch);
            program.write(graph.gradient(output.logProb()), batch, weights);
            program.backward(batch);
            program.gradients().read(gradient);
            program.update(learningRate, 1);
        }
    }

    @Test
    void aRewardModelsHeadIsSavedWithItsAdapter() {
        Model language = language("gpt_neox");
        Model scalar = language.withScalarHead(backend, "reward", new SplittableRandom(2));
        Model adapted = adapted(scalar, new Lora(2, 4, List.of("dense"), false));
        Path path = save(adapted);
        assertThat(ModelFolder.open(path).head()).isEqualTo(Head.SCALAR);
        List<Sequence> responses = List.of(new Sequence(new int[] {3, 1}, TOKENS), new Sequence(TOKENS, new int[] {4}));
        float[] found;
        float[] expected;
        try (RewardScorer own = new RewardScorer(backend, adapted, 20, 40);
                RewardScorer merged = new RewardScorer(backend, opened(path), 20, 40)) {
            found = merged.score(responses);
            expected = own.score(responses);
        }
        assertThat(found).usingComparatorWithPrecision(1e-4f).containsExactly(expected);
        // A language model's body can be taken from it all the same.
        ModelFolder folderOfAdapter = ModelFolder.open(path);
        TransformerParameters body = new TransformerParameters(folderOfAdapter.config(), Head.LANGUAGE, "body");
        assertThat(folderOfAdapter.bodyWeights(body)[0]).hasSize(body.layout().size());
    }

    @Test
    void anAdapterMayStandOnAnAdapter() throws IOException {
        Model first = adapted(language("llama"), ALL);
        Path below = save(first);
        Files.move(below, folder.resolve("first"));
        Model merged = opened(folder.resolve("first"));
        Model second =
                merged.adapted(backend, new Lora(2, 3, List.of("q_proj"), false), "../first", new SplittableRandom(8));
        float[] values = second.flatTrained();
        java.util.Arrays.fill(values, 0.05f);
        second.trained().write(values);
        // The base is found below the adapter's own folder.
        assertClose(distributions(opened(save(second))), distributions(second), 1e-4);
        assertThat(ModelFolder.open(folder.resolve("adapter")).hash())
                .isNotEqualTo(ModelFolder.open(folder.resolve("first")).hash());
    }

    /// What version 0.19.1 of PEFT writes, with a regular expression for targets.
    private static final String PEFT_CONFIG = """
        {"alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null, "auto_mapping": null,
         "base_model_name_or_path": "BASE", "bias": "none", "corda_config": null, "ensure_weight_tying": false,
         "eva_config": null, "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true,
         "init_lora_weights": true, "layer_replication": null, "layers_pattern": null, "layers_to_transform": null,
         "loftq_config": {}, "lora_alpha": 6, "lora_bias": false, "lora_dropout": 0.05, "lora_ga_config": null,
         "megatron_config": null, "megatron_core": "megatron.core", "modules_to_save": null, "peft_type": "LORA",
         "peft_version": "0.19.1", "qalora_group_size": 16, "r": 3, "rank_pattern": {}, "revision": null,
         "target_modules": "model.*\\\\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)",
         "target_parameters": null, "task_type": "CAUSAL_LM", "trainable_token_indices": null,
         "use_bdlora": null, "use_dora": false, "use_qalora": false, "use_rslora": false}
        """;

    @Test
    void whatPeftWritesIsRead() throws IOException {
        Model adapted = adapted(language("llama"), ALL);
        Path path = save(adapted);
        Files.writeString(path.resolve(AdapterFiles.CONFIG), PEFT_CONFIG.replace("BASE", base().toString()));
        assertClose(distributions(opened(path)), distributions(adapted), 1e-4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "\"use_dora\": false;\"use_dora\": true;use_dora: found true, expected nothing",
                "\"bias\": \"none\";\"bias\": \"lora_only\";bias: found lora_only, expected none",
                "\"peft_type\": \"LORA\";\"peft_type\": \"LOHA\";peft_type: found LOHA, expected LORA",
                "\"rank_pattern\": {};\"rank_pattern\": {\"q_proj\": 4};rank_pattern: found {\"q_proj\":4}",
                "\"init_lora_weights\": true;\"init_lora_weights\": \"pissa\";init_lora_weights: found pissa",
                "\"modules_to_save\": null;\"modules_to_save\": [\"lm_head\"];modules_to_save: found lm_head",
                "\"arrow_config\": null;\"some_new_key\": 3;some_new_key: found 3, expected nothing",
                "\"r\": 3;\"r\": 4;tensor base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
                "(q_proj;(x_proj;no tensor"
            })
    void whatWouldChangeTheComputationIsRefused(String from, String to, String message) throws IOException {
        Path path = save(adapted(language("llama"), new Lora(3, 6, List.of("q_proj"), false)));
        String config = PEFT_CONFIG.replace("BASE", base().toString()).replace(from, to);
        assertThat(config).contains(to);
        Files.writeString(path.resolve(AdapterFiles.CONFIG), config);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> opened(path))
                .withMessageContaining(message);
    }

    @Test
    void aBaseThatIsNoFolderIsNamed() throws IOException {
        Path path = save(adapted(language("llama"), ALL));
        Path config = path.resolve(AdapterFiles.CONFIG);
        Files.writeString(config, Files.readString(config).replace(base().toString(), "EleutherAI/pythia-160m"));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ModelFolder.open(path))
                .withMessage(
                        config + ": base_model_name_or_path: found EleutherAI/pythia-160m, which is no folder here,"
                                + " expected the base model's folder; download the model and write its folder there");
    }

    @Test
    void targetsThatTheModelDoesNotHaveAreRefused() {
        TransformerConfig config = SmallModels.config("gpt2");
        List<String> messages = new ArrayList<>();
        for (String target : List.of("q_proj", "attn", "proj", "c_attn", "mlp.c_proj", "transformer.h.1.mlp.c_fc")) {
            try {
                new TransformerParameters(config, Head.LANGUAGE, "policy")
                        .adapted(new Lora(1, 1, List.of(target), false), "base");
            } catch (InputException e) {
                messages.add(e.getMessage());
            }
        }
        assertThat(messages)
                .hasSize(3)
                .first()
                .isEqualTo("LoRA target 'q_proj' is no module of a GPT2 model, expected all-linear or some of"
                        + " attn.c_attn, attn.c_proj, mlp.c_fc, mlp.c_proj");
    }
}
