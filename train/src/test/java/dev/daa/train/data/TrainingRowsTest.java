package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Training leaves out rows that it cannot use, and says how many and why.
final class TrainingRowsTest {
    private static final int END = 0;

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("rows.jsonl");
    }

    private static DataReader reader(RowConfig config) {
        return DataReader.ofText(
                        100,
                        WordLevelTokenizer.of(List.of("<end>", "a", "b", "c", "d"), "<end>"),
                        StopTokens.of(END),
                        null)
                .forTraining(config);
    }

    private void write(String... rows) throws IOException {
        Files.write(
                file, List.of(rows).stream().map(row -> row.replace('\'', '"')).toList());
    }

    private static int[] ids(int... ids) {
        return ids;
    }

    @Test
    void countsWhatItLeavesOutByReason() throws IOException {
        write(
                "{'prompt':'a','chosen':'b','rejected':'c'}",
                "{'prompt':'a','chosen':' ','rejected':'c'}",
                "{'prompt':'a','chosen':'b','rejected':''}",
                "{'prompt':'a a a','chosen':'b','rejected':'c c c'}",
                "{'prompt_ids':[],'chosen_ids':[3],'rejected_ids':[1,2]}",
                "{'chosen':'a \\n\\nAssistant: b','rejected':'b \\n\\nAssistant: c'}");
        DataReader reader = reader(new RowConfig(6, 0, RowConfig.TooLong.DROP, "helpfulness", null));
        assertThat(reader.pairs(file)).hasSize(1);
        assertThat(reader.summaries())
                .containsExactly(new RowCounts(
                        file.toString(),
                        6,
                        0,
                        Map.of("empty_response", 2L, "too_long", 1L, "nothing_to_score", 1L, "different_prompts", 1L)));
        assertThat(reader.notes())
                .containsExactly(file + ": 6 rows; left out 2 (an empty response: lines 2, 3), 1 (chosen and rejected"
                        + " have different prompts: line 6), 1 (too long: line 4), 1 (a response of one token without"
                        + " a prompt: line 5)");
    }

    @Test
    void aFileOfWhichNothingIsLeftIsRefused() throws IOException {
        write("{'prompt':'a','chosen':'','rejected':'c'}");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> reader(RowConfig.DEFAULT).pairs(file))
                .withMessage(file + ": found no row to train on; left out 1 (an empty response: line 1), expected at"
                        + " least one");
    }

    /// As the DPO authors' code does it: the prompt keeps its end, then responses are cut to what is left.
    @Test
    void truncatesThePromptsBeginningAndTheResponsesEnd() throws IOException {
        write("{'prompt':'a b c d','chosen':'a b c d','rejected':'d'}", "{'prompt':'a','chosen':'b','rejected':'c'}");
        DataReader reader = reader(new RowConfig(5, 2, RowConfig.TooLong.TRUNCATE, "helpfulness", null));
        List<PreferencePair> pairs = reader.pairs(file);
        assertThat(pairs.getFirst().prompt()).isEqualTo(ids(3, 4));
        assertThat(pairs.getFirst().chosen()).isEqualTo(ids(1, 2, 3));
        assertThat(pairs.getFirst().rejected()).isEqualTo(ids(4, END));
        assertThat(pairs.getLast().chosen()).isEqualTo(ids(2, END));
        assertThat(reader.notes()).containsExactly(file + ": 2 rows; shortened 1");
        Sequence example = reader.examples(file).getFirst();
        assertThat(example.prompt()).isEqualTo(ids(3, 4));
        assertThat(example.response()).isEqualTo(ids(1, 2, 3));
    }

    @Test
    void leavesOutPairsThatAreTheSameWhenShortened() throws IOException {
        write(
                "{'prompt':'a','chosen':'a b c d','rejected':'a b c a'}",
                "{'prompt':'a','chosen':'a b c d','rejected':'a b d a'}");
        DataReader reader = reader(new RowConfig(4, 1, RowConfig.TooLong.TRUNCATE, "helpfulness", null));
        assertThat(reader.pairs(file)).extracting(PreferencePair::rejected).containsExactly(ids(1, 2, 4));
        assertThat(reader.notes())
                .containsExactly(file + ": 2 rows; left out 1 (chosen and rejected differ only beyond max_length:"
                        + " line 1); shortened 1");
    }

    /// Labels of ±1, as some classifiers have them: a response that KTO unlearns is no demonstration.
    @Test
    void aNegativeLabelIsUndesirableForFineTuningToo() throws IOException {
        write("{'prompt':'a','completion':'b','label':-1}", "{'prompt':'a','completion':'c','label':1}");
        DataReader reader = reader(RowConfig.DEFAULT);
        assertThat(reader.examples(file)).extracting(Sequence::response).containsExactly(ids(3, END));
        assertThat(reader.feedback(file))
                .extracting(row -> row.chosen() != null)
                .containsExactly(false, true);
    }

    @Test
    void aLabelDoesNotKeepAResponseFromBeingScored() throws IOException {
        write(
                "{'prompt_ids':[1],'response_ids':[2],'label':false}",
                "{'prompt_ids':[1],'response_ids':[3],'label':true}");
        DataReader scoring = DataReader.ofIds(9);
        assertThat(scoring.examples(file)).extracting(Sequence::response).containsExactly(ids(2), ids(3));
        assertThat(scoring.forTraining(RowConfig.DEFAULT).examples(file))
                .extracting(Sequence::response)
                .containsExactly(ids(3));
    }

    @Test
    void pairsLabelledResponsesWithinAPrompt() throws IOException {
        write(
                "{'prompt':'a','completion':'b','label':false}",
                "{'prompt':'b','completion':'a','label':true}",
                "{'prompt':'a','completion':'c','label':true}",
                "{'prompt':'a','completion':'d','label':true}");
        DataReader reader = reader(RowConfig.DEFAULT);
        List<PreferencePair> pairs = reader.pairs(file);
        assertThat(pairs).hasSize(1);
        assertThat(pairs.getFirst().prompt()).isEqualTo(ids(1));
        assertThat(pairs.getFirst().chosen()).isEqualTo(ids(3, END));
        assertThat(pairs.getFirst().rejected()).isEqualTo(ids(2, END));
        assertThat(reader.summaries().getFirst().leftOut()).isEqualTo(Map.of("no_other_response", 2L));
        assertThat(reader.examples(file)).hasSize(3);
        assertThat(reader.summaries().getLast().leftOut()).isEqualTo(Map.of("undesirable", 1L));
    }

    @Test
    void pairsRatedResponsesBestWithWorst() throws IOException {
        write(
                "{'prompt':'a','response':'a','helpfulness':2}",
                "{'prompt':'a','response':'b','helpfulness':4}",
                "{'prompt':'a','response':'c','helpfulness':0}",
                "{'prompt':'b','response':'c','helpfulness':1}",
                "{'prompt':'b','response':'d','helpfulness':1}");
        DataReader reader = reader(RowConfig.DEFAULT);
        List<PreferencePair> pairs = reader.pairs(file);
        assertThat(pairs).hasSize(1);
        assertThat(pairs.getFirst().chosen()).isEqualTo(ids(2, END));
        assertThat(pairs.getFirst().rejected()).isEqualTo(ids(3, END));
        assertThat(reader.summaries().getFirst().leftOut()).isEqualTo(Map.of("no_other_response", 3L));
        assertThat(reader.examples(file)).hasSize(5);
    }

    @Test
    void cutsAPlainTextIntoBlocks() throws IOException {
        Path text = Files.writeString(folder.resolve("book.txt"), "a b c d a b c");
        List<Sequence> blocks = reader(new RowConfig(3, 0, RowConfig.TooLong.DROP, "helpfulness", null))
                .examples(text);
        assertThat(blocks).extracting(Sequence::prompt).containsOnly(ids());
        // The seventh token is alone in its block: nothing of it could be scored.
        assertThat(blocks).extracting(Sequence::response).containsExactly(ids(1, 2, 3), ids(4, 1, 2));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> reader(RowConfig.DEFAULT).examples(text))
                .withMessage(text + ": a plain text is cut into rows of max_length tokens; give --max-length");
    }
}
