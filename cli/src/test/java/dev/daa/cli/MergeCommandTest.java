package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.tokenizer.BytePairTrainer;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Several models become one.
class MergeCommandTest {
    private static final TransformerConfig SHAPE = TransformerConfig.gpt2(33, 12, 2, 3, 40);

    @TempDir
    Path folder;

    private Path model(String name, TransformerConfig config, Head head, long seed, ModelText text) {
        TransformerParameters parameters = new TransformerParameters(config, head, "m");
        float[][] weights = Model.initialWeights(parameters, new SplittableRandom(seed));
        SplittableRandom random = new SplittableRandom(seed + 100);
        for (float[] array : weights) {
            for (int i = 0; i < array.length; i++) {
                array[i] += 0.1f * (float) random.nextGaussian();
            }
        }
        Path path = folder.resolve(name);
        ModelFolder.write(path, parameters, weights, text);
        return path;
    }

    private static Tokenizer tokenizer(String text) {
        return new BytePairTrainer().add(text).train(262, "<|end|>");
    }

    private Path model(String name, long seed) {
        return model(name, SHAPE, Head.LANGUAGE, seed, ModelText.endingWith(null, 0));
    }

    private Path rewardModel(String name, long seed) {
        return model(name, SHAPE, Head.SCALAR, seed, ModelText.endingWith(null, 0));
    }

    private String[] arguments(List<Path> models, String... more) {
        List<String> arguments = new ArrayList<>(List.of("merge", "--model", models.toString()));
        arguments.addAll(List.of(more));
        if (!arguments.contains("--out")) {
            arguments.addAll(List.of("--out", folder.resolve("out").toString()));
        }
        return arguments.toArray(String[]::new);
    }

    private String merged(List<Path> models, String... more) {
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(arguments(models, more))).as(terminal.err()).isZero();
        return terminal.out().replace(folder + "/", "");
    }

    /// What a refused merge says; it leaves nothing behind.
    private String refused(List<Path> models, String... more) throws IOException {
        List<Path> before = files();
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(arguments(models, more))).isEqualTo(2);
        assertThat(terminal.out()).isEmpty();
        assertThat(files()).isEqualTo(before);
        assertThat(terminal.err()).startsWith("daa: ").endsWith("\n").hasLineCount(1);
        return terminal.err().replace(folder + "/", "").strip().substring("daa: ".length());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.sorted().toList();
        }
    }

    private Safetensors tensors(Path model) {
        return Safetensors.open(model.resolve("model.safetensors"));
    }

    /// How a tensor of the merge follows from those of the models.
    private interface Expected {
        double[] of(float[][] tensors);
    }

    private void assertTensors(List<Path> models, Expected expected) {
        try (Safetensors out = tensors(folder.resolve("out"))) {
            Set<String> names = out.names();
            assertThat(names).hasSizeGreaterThan(20);
            for (String name : names) {
                float[][] own = models.stream()
                        .map(model -> {
                            try (Safetensors file = tensors(model)) {
                                return file.read(name);
                            }
                        })
                        .toArray(float[][]::new);
                double[] values = expected.of(own);
                float[] found = out.read(name);
                assertThat(found).hasSize(values.length);
                for (int i = 0; i < values.length; i++) {
                    assertThat((double) found[i])
                            .as("%s[%s]", name, i)
                            .isBetween(
                                    values[i] - 1e-7 * Math.abs(values[i]) - 1e-12,
                                    values[i] + 1e-7 * Math.abs(values[i]) + 1e-12);
                }
            }
        }
    }

    @Test
    void aSoupIsTheWeightedSumOfItsModels() {
        List<Path> models = List.of(model("a", 1), model("b", 2), model("c", 3));
        assertThat(merged(models, "--weights", "[0.2, 0.5, 0.3]"))
                .isEqualTo("out: 4,668 parameters, linear merge of 3 language models: 0.2 a, 0.5 b, 0.3 c\n");
        assertTensors(models, own -> {
            double[] sum = new double[own[0].length];
            for (int i = 0; i < sum.length; i++) {
                sum[i] = 0.2 * own[0][i] + 0.5 * own[1][i] + 0.3 * own[2][i];
            }
            return sum;
        });
    }

    /// WARP's merge: SLERP of the ways from the start, tensor by tensor, then a share of the way there.
    @Test
    void waysFromAStartAreMergedOnTheSphereTensorByTensor() {
        List<Path> models = List.of(model("a", 1), model("b", 2), model("start", 3));
        assertThat(merged(
                        models.subList(0, 2),
                        "--rule",
                        "spherical",
                        "--start",
                        models.get(2).toString(),
                        "--share",
                        "0.3"))
                .isEqualTo("out: 4,668 parameters, spherical merge of 2 language models: 0.5 a, 0.5 b; share 0.3 of the"
                        + " way from start\n");
        assertTensors(models, own -> {
            double dot = 0;
            double first = 0;
            double second = 0;
            for (int i = 0; i < own[0].length; i++) {
                double one = (double) own[0][i] - own[2][i];
                double two = (double) own[1][i] - own[2][i];
                dot += one * two;
                first += one * one;
                second += two * two;
            }
            double angle = Math.acos(dot / Math.sqrt(first * second));
            double factor = Math.sin(angle / 2) / Math.sin(angle);
            double[] merged = new double[own[0].length];
            for (int i = 0; i < merged.length; i++) {
                merged[i] = own[2][i] + 0.3 * factor * ((double) own[0][i] + own[1][i] - 2.0 * own[2][i]);
            }
            return merged;
        });
    }

    /// Whatever the arrangement of its tensors; a copy changes nothing, so a mean with it is the same bytes.
    @Test
    void everyFamilyIsMerged() {
        List<TransformerConfig> families = List.of(
                TransformerConfig.gptNeox(33, 12, 2, 3, 40, 0.5f), TransformerConfig.llama(33, 16, 2, 4, 2, 24, 40));
        for (int i = 0; i < families.size(); i++) {
            ModelText text = ModelText.endingWith(null, 0);
            Path a = model("a" + i, families.get(i), Head.LANGUAGE, 1, text);
            Path same = model("same" + i, families.get(i), Head.LANGUAGE, 1, text);
            Path other = model("other" + i, families.get(i), Head.LANGUAGE, 2, text);
            Path out = folder.resolve("out" + i);
            merged(List.of(a, same), "--rule", "spherical", "--start", other.toString(), "--out", out.toString());
            assertThat(out.resolve("model.safetensors")).hasSameBinaryContentAs(a.resolve("model.safetensors"));
        }
    }

    /// As WARM averages them: heads too.
    @Test
    void rewardModelsAreMergedWithTheirHeads() {
        List<Path> models = List.of(rewardModel("a", 1), rewardModel("b", 2));
        assertThat(merged(models)).contains("linear merge of 2 reward models, heads included: 0.5 a, 0.5 b");
        assertThat(ModelFolder.open(folder.resolve("out")).head()).isEqualTo(Head.SCALAR);
        assertTensors(models, own -> {
            double[] mean = new double[own[0].length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = ((double) own[0][i] + own[1][i]) / 2;
            }
            return mean;
        });
        try (Safetensors out = tensors(folder.resolve("out"))) {
            assertThat(out.names()).contains("score.weight");
        }
    }

    @Test
    void oneModelAtWeightOneIsTheSameBytes() throws IOException {
        Tokenizer tokenizer = tokenizer("a text to learn from, a text to learn");
        ModelText text = ModelText.endingWith(tokenizer, 0);
        Path model = model("a", TransformerConfig.gpt2(270, 12, 2, 3, 40), Head.LANGUAGE, 1, text);
        merged(List.of(model), "--weights", "[1]");
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.toList()) {
                assertThat(folder.resolve("out").resolve(file.getFileName())).hasSameBinaryContentAs(file);
            }
        }
    }

    /// A classifier of transformers that skips its padding scores another token without that id.
    @Test
    void aRewardModelKeepsWhereItsScoreIsRead() throws IOException {
        List<Path> models = List.of(rewardModel("a", 1), rewardModel("b", 2));
        setPadding(models.get(0), "5");
        assertThat(refused(models))
                .isEqualTo("b: pad_token_id: found none, expected 5 as in a; it says at which token a score is read");
        setPadding(models.get(1), "5");
        merged(models);
        assertThat(ModelFolder.open(folder.resolve("out")).paddingTokenId()).hasValue(5);
    }

    private static void setPadding(Path model, String id) throws IOException {
        Path config = model.resolve("config.json");
        Files.writeString(
                config, Files.readString(config).replaceFirst("\"pad_token_id\" : null", "\"pad_token_id\" : " + id));
    }

    @Test
    void modelsOfDifferentFormsAreRefusedByName() throws IOException {
        Path a = model("a", 1);
        ModelText ids = ModelText.endingWith(null, 0);
        assertThat(refused(List.of(a, model("wide", TransformerConfig.gpt2(33, 24, 2, 3, 40), Head.LANGUAGE, 1, ids))))
                .isEqualTo("wide: found width 24, expected 12 as in a; only models of one architecture have weights to"
                        + " merge");
        assertThat(refused(List.of(a, model("large", TransformerConfig.gpt2(34, 12, 2, 3, 40), Head.LANGUAGE, 1, ids))))
                .startsWith("large: found vocabulary 34, expected 33 as in a");
        assertThat(refused(List.of(a, rewardModel("reward", 2))))
                .isEqualTo("reward: found a model with a SCALAR head, expected a LANGUAGE head as of a");
        assertThat(refused(List.of(a, model("b", 2)), "--rule", "spherical", "--start", folder + "/reward"))
                .isEqualTo("reward: found a model with a SCALAR head, expected a LANGUAGE head as of a");
    }

    @Test
    void otherTokenizersAreRefused() throws IOException {
        TransformerConfig config = TransformerConfig.gpt2(270, 12, 2, 3, 40);
        String text = "a text to learn from, a text to learn";
        ModelText one = ModelText.endingWith(tokenizer(text), 0);
        ModelText other = ModelText.endingWith(tokenizer("quite another one, quite another"), 0);
        Path a = model("a", config, Head.LANGUAGE, 1, one);
        assertThat(refused(List.of(a, model("b", config, Head.LANGUAGE, 2, other))))
                .startsWith("b: found \"")
                .contains(" as in a; ");
        assertThat(refused(List.of(a, model("none", config, Head.LANGUAGE, 2, ModelText.endingWith(null, 0)))))
                .isEqualTo("none: found no tokenizer, expected that of a");
        Path same = model("same", config, Head.LANGUAGE, 2, one);
        Path file = same.resolve("tokenizer.json");
        String json = Files.readString(file);
        Files.writeString(file, json.replaceFirst("\"version\" : \"1.0\"", "\"version\":\"1.1\""));
        merged(List.of(a, same));
        Files.writeString(file, json.replaceFirst("\"add_prefix_space\" : false", "\"add_prefix_space\" : true"));
        assertThat(refused(List.of(a, same), "--out", folder + "/again"))
                .isEqualTo("same: found another tokenizer.json, expected that of a; models whose texts are cut in"
                        + " different places have no weights to merge");
    }

    @Test
    void whatIsWrongWithATensorIsSaidBeforeAnythingIsWritten() throws IOException {
        Path a = model("a", 1);
        Path b = model("b", 2);
        Path file = b.resolve("model.safetensors");
        List<Safetensors.Content> whole = new ArrayList<>();
        try (Safetensors source = Safetensors.open(file)) {
            for (String name : source.names()) {
                float[] values = source.read(name);
                whole.add(new Safetensors.Content(name, source.info(name).shape(), () -> values));
            }
        }
        String last = "transformer.ln_f.bias";
        Safetensors.write(
                file,
                whole.stream().filter(tensor -> !tensor.name().equals(last)).toList());
        assertThat(refused(List.of(a, b))).contains("b/model.safetensors: found", "missing " + last);
        Safetensors.write(file, replaced(whole, last, List.of(3), 0.5f));
        assertThat(refused(List.of(a, b))).startsWith("b/model.safetensors: tensor " + last + ": found shape [3]");
        Safetensors.write(file, replaced(whole, last, List.of(12), Float.NaN));
        assertThat(refused(List.of(a, b))).startsWith("b/model.safetensors: tensor " + last + ": found NaN as value 0");
        Safetensors.write(file, replaced(whole, last, List.of(12), 3e38f));
        assertThat(refused(List.of(a, b), "--weights", "[-9, 10]"))
                .isEqualTo("the merge's tensor " + last + ": found Infinity, expected finite weights; merge others");
    }

    private static List<Safetensors.Content> replaced(
            List<Safetensors.Content> tensors, String name, List<Integer> shape, float value) {
        float[] values = new float[shape.getFirst()];
        java.util.Arrays.fill(values, value);
        return tensors.stream()
                .map(tensor -> tensor.name().equals(name) ? new Safetensors.Content(name, shape, () -> values) : tensor)
                .toList();
    }

    @Test
    void whatIsAskedForHasToMakeSense() throws IOException {
        Path a = model("a", 1);
        Path b = model("b", 2);
        assertThat(refused(List.of(a)))
                .isEqualTo("a: found no adapter_config.json, expected an adapter folder, or" + " several models");
        assertThat(refused(List.of(a, folder.resolve(".").resolve("a"))))
                .isEqualTo("model names ./a twice, expected each once; weights let one count more than another");
        assertThat(refused(List.of(a, b), "--weights", "[1]"))
                .endsWith("weights is [1.0] for 2 models, expected one for each, or none for all alike");
        assertThat(refused(List.of(a, b), "--weights", "[0.6, 0.6]")).contains("which sum to 1.2, expected numbers");
        assertThat(refused(List.of(a, b), "--rule", "spherical"))
                .endsWith("rule is spherical without start, expected the folder of the model that they were trained"
                        + " from");
        assertThat(refused(List.of(a, b), "--share", "0.5")).contains("share is 0.5 without start, expected");
        assertThat(refused(List.of(a, b), "--start", a.toString()))
                .contains("expected none: rule linear with share 1 is the same from anywhere");
        assertThat(refused(List.of(a, b), "--out", b.toString()))
                .isEqualTo("b: a model is there already; choose another --out");
        assertThat(refused(List.of(a, folder.resolve("nowhere")))).startsWith("nowhere: found nothing, expected");
        Path adapter = Files.createDirectory(folder.resolve("adapter"));
        Files.writeString(
                adapter.resolve("adapter_config.json"),
                "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, \"target_modules\": [\"c_attn\"],"
                        + " \"base_model_name_or_path\": \"" + a + "\"}");
        assertThat(refused(List.of(b, adapter)))
                .isEqualTo("adapter: found an adapter, expected a model of its own; make it one first: daa merge"
                        + " --model adapter --out …");
    }
}
