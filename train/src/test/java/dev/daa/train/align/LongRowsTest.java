package dev.daa.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.BytePairTokenizer;
import dev.daa.model.tokenizer.BytePairTrainer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.data.DataCheck;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.RowConfig;
import dev.daa.train.pairwise.MismatchedResponses;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The longest row of a model of 16 positions, learned or rotary: 17 tokens where the last is only predicted.
class LongRowsTest {
    private static final int POSITIONS = 16;
    private static final BytePairTokenizer BYTES =
            new BytePairTrainer().add("a").train(257, "<end>");

    @TempDir
    Path folder;

    private final List<String> notes = new ArrayList<>();

    private Path model(String family, int positions) throws IOException {
        TransformerConfig config = switch (family) {
            case "gpt2" -> TransformerConfig.gpt2(257, 12, 1, 2, positions);
            case "gpt_neox" -> TransformerConfig.gptNeox(257, 16, 1, 2, positions, 0.5f);
            default -> TransformerConfig.llama(257, 16, 1, 2, 1, 24, positions);
        };
        Path path = Files.createDirectories(folder.resolve(family + positions));
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = Model.initialize(
                    backend, new TransformerParameters(config, Head.LANGUAGE, "policy"), new SplittableRandom(7));
            ModelFolder.write(path, model.parameters(), model.weights().copy(), ModelText.endingWith(BYTES, 0));
        }
        return path;
    }

    /// Pairs of texts of so many bytes, which are tokens; a response gets an end of sequence.
    private Path pairs(int[]... lengths) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int[] row : lengths) {
            lines.add("{\"prompt\":\"%s\",\"chosen\":\"%s\",\"rejected\":\"%s\"}"
                    .formatted("abcdefgh".repeat(8).substring(0, row[0]), "b".repeat(row[1]), "c".repeat(row[2])));
        }
        return Files.write(folder.resolve("pairs.jsonl"), lines);
    }

    private List<JsonNode> aligned(Path model, Path data, String... more) throws IOException {
        List<Assignment> given = new ArrayList<>(List.of(
                new Assignment("model", model.toString()),
                new Assignment("data", data.toString()),
                new Assignment("out", folder.resolve("out").toString()),
                new Assignment("training.batch", "2"),
                new Assignment("training.steps", "2"),
                new Assignment("placement.threads", "1")));
        for (int i = 0; i < more.length; i += 2) {
            Assignment one = new Assignment(more[i], more[i + 1]);
            given.removeIf(other -> other.key().equals(one.key()));
            given.add(one);
        }
        AlignConfig config = Configs.read(AlignConfig.class, null, given);
        try (Interrupt interrupt = new Interrupt()) {
            AlignRun.run(
                    config,
                    (_, said) -> {
                        notes.addAll(said);
                        return _ -> {};
                    },
                    interrupt);
        }
        return Files.readAllLines(config.out().resolve("metrics.jsonl")).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void whatIsCheckedIsWhatIsRead(String family) throws IOException {
        ModelFolder model = ModelFolder.open(model(family, POSITIONS));
        Path data = pairs(new int[] {10, 6, 1}, new int[] {10, 1, 7}, new int[] {3, 2, 4}, new int[] {40, 1, 1});
        DataReader reader = DataReader.of(model).forTraining(RowConfig.DEFAULT);
        assertThat(reader.pairs(data)).extracting(pair -> pair.prompt().length).containsExactly(10, 3);
        assertThat(reader.summaries().getFirst().leftOut()).isEqualTo(Map.of("too_long", 2L));
        assertThat(DataCheck.of(data, model, RowConfig.DEFAULT).findings().get(DataCheck.Finding.TOO_LONG))
                .containsExactly(2L, 4L);
        assertThat(DataReader.of(model, Head.SCALAR)
                        .forTraining(RowConfig.DEFAULT)
                        .pairs(data))
                .extracting(pair -> pair.prompt().length)
                .containsExactly(3);
        Path text = Files.writeString(folder.resolve("book.txt"), "a".repeat(40));
        assertThat(reader.examples(text)).extracting(Sequence::length).containsExactly(17, 17, 6);
    }

    /// The long prompt leaves one token for the other row's response, and one for an answer.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void mismatchedResponsesAndTheProbeStayWithinTheLimit(String family) throws IOException {
        Path model = model(family, POSITIONS);
        Path data = pairs(new int[] {15, 1, 1}, new int[] {3, 11, 13}, new int[] {55, 1, 2});
        List<PreferencePair> read = DataReader.of(ModelFolder.open(model))
                .forTraining(RowConfig.DEFAULT)
                .pairs(data);
        MismatchedResponses.Sequences others = MismatchedResponses.Sequences.of(read, POSITIONS + 1);
        assertThat(Stream.concat(others.chosen().stream(), others.rejected().stream()))
                .extracting(sequence -> sequence.response().length)
                .containsExactly(2, 2, 2, 2);
        List<JsonNode> metrics =
                aligned(model, data, "objective", "kto", "parameters", "{reference_point: mismatched}");
        assertThat(metrics)
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.get("loss").asDouble()).isBetween(0.1, 0.9));
        assertThat(metrics.getLast().get("kl/exact").asDouble()).isNotNegative();
        assertThat(metrics.getLast().get("response/length").asDouble()).isBetween(1.0, 2.0);
        assertThat(notes).singleElement().asString().endsWith("left out 1 (too long: line 3)");
    }

    @Test
    void aProbeThatMeasuresNothingSaysSo() throws IOException {
        Path model = model("gpt_neox", POSITIONS);
        Path data = pairs(new int[] {0, 3, 4}, new int[] {0, 2, 5});
        assertThat(aligned(model, data).getLast().has("kl/exact")).isFalse();
        assertThat(notes).containsExactly("KL is not measured: every prompt is empty");
        notes.clear();
        aligned(model, data, "out", folder.resolve("unasked").toString(), "kl_prompts", "0");
        assertThat(notes).isEmpty();
    }

    /// Five rows in batches of two: an epoch has two whole ones.
    @Test
    void rowsThatAnEpochLeavesOutAreTold() throws IOException {
        Path model = model("gpt_neox", POSITIONS);
        int[] row = {2, 3, 4};
        Path data = pairs(row, row, row, row, row);
        assertThat(aligned(model, data, "training.steps", "0", "training.epochs", "1"))
                .hasSize(2);
        assertThat(notes)
                .containsExactly(
                        "1 of 5 rows are not seen: the last whole batch of 2 is that of step 2; --steps 3 sees all");
        notes.clear();
        Path twice = folder.resolve("twice");
        aligned(model, data, "training.steps", "0", "training.epochs", "2", "out", twice.toString());
        aligned(
                model,
                data,
                "training.steps",
                "2",
                "out",
                folder.resolve("asked").toString());
        assertThat(notes).isEmpty();
    }

    @Test
    void aReferenceOfFewerPositionsIsRefused() throws IOException {
        Path model = model("gpt_neox", POSITIONS);
        Path reference = model("gpt_neox", 8);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> aligned(
                        model, pairs(new int[] {3, 6, 1}), "reference", reference.toString(), "training.batch", "1"))
                .withMessage(reference + ": the reference takes rows of 9 tokens, found one of 10; lower max_length");
        assertThat(folder.resolve("out")).doesNotExist();
    }
}
