package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.tokenizer.WordLevelTokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
    private static final int EOS = 5;

    @TempDir
    Path folder;

    @Test
    void aModelWrittenIsReadBitForBit() throws IOException {
        for (TransformerConfig config : List.of(
                TransformerConfig.gpt2(13, 12, 2, 3, 33),
                TransformerConfig.gptNeox(13, 12, 2, 3, 33, 0.5f),
                TransformerConfig.llama(13, 12, 2, 6, 2, 7, 33))) {
            for (Head head : Head.values()) {
                Path path = folder.resolve(config.family() + "-" + head);
                TransformerParameters parameters = new TransformerParameters(config, head, "policy");
                float[] flat = random(parameters.layout().size(), 1);
                ModelFolder.write(path, parameters, new float[][] {flat}, ModelText.endingWith(null, EOS));

                ModelFolder read = ModelFolder.open(path);
                assertThat(read.config()).isEqualTo(config);
                assertThat(read.head()).isEqualTo(head);
                assertThat(read.eosTokenId()).isEqualTo(EOS);
                assertThat(read.weights(parameters)[0]).containsExactly(flat);
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(6);
        }
    }

    @Test
    void aFolderThatExistsIsFilledAndReplaced() throws IOException {
        TransformerParameters parameters = tiny();
        float[] first = random(parameters.layout().size(), 1);
        float[] second = random(parameters.layout().size(), 2);
        ModelFolder.write(folder, parameters, new float[][] {first}, ModelText.endingWith(null, EOS));
        String firstHash = ModelFolder.open(folder).hash();
        ModelFolder.write(folder, parameters, new float[][] {second}, ModelText.endingWith(null, EOS));
        assertThat(ModelFolder.open(folder).weights(parameters)[0]).containsExactly(second);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("config.json", "generation_config.json", "model.safetensors");
        }
        assertThat(ModelFolder.open(folder).hash()).hasSize(64).isNotEqualTo(firstHash);
        ModelFolder.write(folder, parameters, new float[][] {first}, ModelText.endingWith(null, EOS));
        assertThat(ModelFolder.open(folder).hash()).isEqualTo(firstHash);
    }

    @Test
    void aModelOfOtherTokensIsRefusedBesideAPolicy() {
        ModelFolder policy = emptyModel("policy", 13);
        emptyModel("reference", 13).requireVocabularyOf(policy);
        ModelFolder other = emptyModel("other", 14);
        assertThatThrownBy(() -> other.requireVocabularyOf(policy))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        folder.resolve("other") + ": a vocabulary of 14 tokens, expected the 13 of " + policy.path());
        assertThatThrownBy(() -> other.requireReads(policy))
                .as("without a tokenizer nobody knows that the first 13 are the same")
                .isInstanceOf(InputException.class);
    }

    private ModelFolder emptyModel(String name, int vocabulary) {
        TransformerParameters parameters =
                new TransformerParameters(TransformerConfig.gpt2(vocabulary, 12, 1, 3, 33), Head.LANGUAGE, "policy");
        ModelFolder.write(
                folder.resolve(name), parameters, parameters.layout().zeros(), ModelText.endingWith(null, EOS));
        return ModelFolder.open(folder.resolve(name));
    }

    @Test
    void nothingIsLeftOfAModelThatCouldNotBeWritten() throws IOException {
        Path file = folder.resolve("file");
        Files.writeString(file, "");
        TransformerParameters parameters = tiny();
        assertThatThrownBy(() -> ModelFolder.write(
                        file.resolve("model"),
                        parameters,
                        parameters.layout().zeros(),
                        ModelText.endingWith(null, EOS)))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        file.resolve("model") + ": a file lies where a folder is needed; choose another --out folder");
        assertThatThrownBy(() -> ModelFolder.write(
                        folder.resolve("model"), parameters, new float[][] {{0}}, ModelText.endingWith(null, EOS)))
                .isInstanceOf(IllegalArgumentException.class);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void shardsAreReadAsOne() throws IOException {
        TransformerParameters parameters = tiny();
        float[] flat = random(parameters.layout().size(), 1);
        shard(parameters, flat);
        assertThat(ModelFolder.open(folder).weights(parameters)[0]).containsExactly(flat);
        assertThat(ModelFolder.open(folder).hash()).hasSize(64);
    }

    @Test
    void shardsThatContradictTheirIndexAreRefused() throws IOException {
        TransformerParameters parameters = tiny();
        shard(parameters, new float[parameters.layout().size()]);
        Path index = folder.resolve("model.safetensors.index.json");
        String whole = Files.readString(index);

        assertIndexRefused(
                parameters, whole.replace("transformer.ln_f.bias", "renamed"), "tensor renamed: found it in no shard");
        assertIndexRefused(
                parameters,
                whole.replace("model-2.safetensors", "model-3.safetensors"),
                "model-3.safetensors: no such file");
        assertIndexRefused(
                parameters,
                whole.replace("model-2.safetensors", "../model-2.safetensors"),
                "expected a file name in the same folder");
        assertIndexRefused(parameters, "{\"weight_map\": {}}", "found no tensors");
        assertIndexRefused(
                parameters,
                whole.replace("\"transformer.ln_f.bias\": \"model-2.safetensors\",", ""),
                "tensor transformer.ln_f.bias: found it, expected a name that model.safetensors.index.json lists");
    }

    private void assertIndexRefused(TransformerParameters parameters, String index, String message) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), index);
        assertThatThrownBy(() -> ModelFolder.open(folder).weights(parameters))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theGenerationConfigDecidesWhatEnds() throws IOException {
        TransformerParameters parameters = tiny();
        ModelFolder.write(folder, parameters, parameters.layout().zeros(), ModelText.endingWith(null, EOS));
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [7, 9]}");
        assertThat(ModelFolder.open(folder).eosTokenIds()).containsExactly(7, 9);
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": null}");
        assertThat(ModelFolder.open(folder).eosTokenIds()).containsExactly(EOS);
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": 13}");
        assertThat(ModelFolder.open(folder).eosTokenIds())
                .as("an id outside the vocabulary, as cut-down models have it")
                .containsExactly(13);
    }

    /// Llama 3's chats end with `<|eot_id|>`, the last of its ids.
    @Test
    void ofSeveralEndsTheTokenizersOwnIsFirst() {
        TransformerParameters parameters = tiny();
        WordLevelTokenizer tokenizer = WordLevelTokenizer.of(List.of("a", "b", "c", "d", "e", "."), ".");
        float[][] zeros = parameters.layout().zeros();
        ModelFolder.write(folder, parameters, zeros, new ModelText(tokenizer, List.of(3, 4, 5), OptionalInt.empty()));
        assertThat(ModelFolder.open(folder).eosTokenIds()).containsExactly(5, 3, 4);
        assertThat(ModelFolder.open(folder).eosTokenId()).isEqualTo(5);
        ModelFolder.write(folder, parameters, zeros, new ModelText(tokenizer, List.of(3, 4), OptionalInt.empty()));
        assertThat(ModelFolder.open(folder).eosTokenId()).isEqualTo(3);
    }

    @Test
    void whatIsNoModelFolderIsOneClearLine() throws IOException {
        TransformerParameters parameters = tiny();
        assertThatThrownBy(() -> ModelFolder.open(folder.resolve("none")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found nothing, expected a model folder");
        assertThatThrownBy(() -> ModelFolder.open(folder))
                .isInstanceOf(InputException.class)
                .hasMessageEndingWith("config.json: no such file");
        ModelFolder.write(folder, parameters, parameters.layout().zeros(), ModelText.endingWith(null, EOS));
        Files.delete(folder.resolve("model.safetensors"));
        assertThatThrownBy(() -> ModelFolder.open(folder).weights(parameters))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found no weights, expected model.safetensors");
        Files.writeString(folder.resolve("pytorch_model.bin"), "");
        assertThatThrownBy(() -> ModelFolder.open(folder).hash())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found only pytorch_model.bin");
    }

    @Test
    void anotherHeadIsRefusedButItsBodyIsRead() {
        TransformerParameters language = tiny();
        float[] flat = random(language.layout().size(), 1);
        ModelFolder.write(folder, language, new float[][] {flat}, ModelText.endingWith(null, EOS));
        TransformerParameters reward = new TransformerParameters(language.config(), Head.SCALAR, "reward");
        assertThatThrownBy(() -> ModelFolder.open(folder).weights(reward))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found a model with a LANGUAGE head, expected a SCALAR head");
        float[] body = ModelFolder.open(folder).bodyWeights(reward)[0];
        // The tied language model is all body; the score's weights come last and start at 0.
        assertThat(body).startsWith(flat).endsWith(new float[12]).hasSize(flat.length + 12);
    }

    @Test
    void theTokenizerTravelsWithTheModel() {
        TransformerParameters parameters = tiny();
        float[] flat = new float[parameters.layout().size()];
        WordLevelTokenizer tokenizer = WordLevelTokenizer.of(List.of("a", "b", "c", "d", "e", "."), ".");
        ModelFolder.write(folder, parameters, new float[][] {flat}, ModelText.endingWith(tokenizer, EOS));
        Tokenizer read = ModelFolder.open(folder).tokenizer().orElseThrow();
        assertThat(read.encode("b a .")).containsExactly(1, 0, 5);
        assertThat(read.eosTokenId()).hasValue(EOS);
        assertThat(read.files()).isEqualTo(tokenizer.files());

        TransformerParameters smaller =
                new TransformerParameters(TransformerConfig.gpt2(5, 12, 1, 3, 33), Head.LANGUAGE, "policy");
        ModelFolder.write(folder, smaller, smaller.layout().zeros(), ModelText.endingWith(tokenizer, 4));
        assertThatThrownBy(() -> ModelFolder.open(folder).tokenizer())
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found a tokenizer of 6 tokens, expected at most 5");
    }

    @Test
    void severalEndsAndABeginningAreKept() {
        TransformerParameters parameters = tiny();
        float[] flat = new float[parameters.layout().size()];
        ModelFolder.write(
                folder, parameters, new float[][] {flat}, new ModelText(null, List.of(3, 4), OptionalInt.of(7)));
        assertThat(ModelFolder.open(folder).eosTokenIds()).containsExactly(3, 4);
        assertThat(ModelFolder.open(folder).bosTokenId()).hasValue(7);
    }

    private void shard(TransformerParameters parameters, float[] flat) throws IOException {
        ModelFolder.write(folder, parameters, new float[][] {flat}, ModelText.endingWith(null, EOS));
        Files.delete(folder.resolve("model.safetensors"));
        List<Safetensors.Content> contents = new CheckpointLayout(parameters).contents(flat);
        Safetensors.write(folder.resolve("model-1.safetensors"), contents.subList(0, 3));
        Safetensors.write(folder.resolve("model-2.safetensors"), contents.subList(3, contents.size()));
        List<String> lines = new ArrayList<>();
        for (int i = contents.size() - 1; i >= 0; i--) {
            lines.add("\"" + contents.get(i).name() + "\": \"model-" + (i < 3 ? 1 : 2) + ".safetensors\"");
        }
        Files.writeString(
                folder.resolve("model.safetensors.index.json"),
                "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + String.join(",", lines) + "}}");
    }

    private static TransformerParameters tiny() {
        return new TransformerParameters(TransformerConfig.gpt2(13, 12, 1, 3, 33), Head.LANGUAGE, "policy");
    }

    private static float[] random(int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
