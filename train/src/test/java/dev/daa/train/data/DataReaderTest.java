package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import dev.daa.model.chat.ChatTemplate;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.TokenizerFile;
import dev.daa.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataReaderTest {
    private static final int END = 0;

    @TempDir
    Path folder;

    private Path file;

    private final DataReader ids = DataReader.ofIds(100);
    private final DataReader text = DataReader.ofText(
            100, WordLevelTokenizer.of(List.of("<end>", "a", "b", "c", "d", "é"), "<end>"), StopTokens.of(END), null);

    @BeforeEach
    void name() {
        file = folder.resolve("rows.jsonl");
    }

    private Path write(String rows) throws IOException {
        return Files.writeString(file, rows);
    }

    private void refused(String message, ThrowingCallable reading) {
        assertThatExceptionOfType(InputException.class).isThrownBy(reading).withMessage(file + message);
    }

    private static void same(PreferencePair found, int[] prompt, int[] chosen, int[] rejected) {
        assertThat(found.prompt()).isEqualTo(prompt);
        assertThat(found.chosen()).isEqualTo(chosen);
        assertThat(found.rejected()).isEqualTo(rejected);
    }

    /// The `<s>` of Llama's tokenizer: before every text that begins a sequence, once, and kept where the prompt is
    /// shortened.
    @Test
    void aSequenceOfTextBeginsAsTheTokenizerSays() throws IOException {
        Path tokenizer = Files.writeString(folder.resolve("tokenizer.json"), """
            {"added_tokens": [{"id": 5, "content": "<s>", "special": true}],
             "post_processor": {"type": "TemplateProcessing",
               "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
               "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}},
             "pre_tokenizer": {"type": "WhitespaceSplit"},
             "model": {"type": "WordLevel", "vocab": {"<end>": 0, "a": 1, "b": 2, "c": 3, "d": 4}}}\
            """);
        DataReader begun = DataReader.ofText(6, TokenizerFile.read(tokenizer), StopTokens.of(END), null);
        write("{\"prompt\":\"a b\",\"chosen\":\"c\",\"rejected\":\"d\"}\n"
                + "{\"prompt\":\"<s> a\",\"chosen\":\"c\",\"rejected\":\"d\"}\n"
                + "{\"prompt_ids\":[1],\"chosen\":\"c\",\"rejected\":\"d\"}");
        List<PreferencePair> pairs = begun.pairs(file);
        same(pairs.get(0), new int[] {5, 1, 2}, new int[] {3, END}, new int[] {4, END});
        same(pairs.get(1), new int[] {5, 1}, new int[] {3, END}, new int[] {4, END});
        same(pairs.get(2), new int[] {1}, new int[] {3, END}, new int[] {4, END});
        assertThat(begun.prompts(file).getFirst()).containsExactly(5, 1, 2);
        write("{\"text\":\"a\"}");
        assertThat(begun.examples(file).getFirst().prompt()).containsExactly(5);
        write("{\"prompt\":\"a b c d\",\"chosen\":\"c\",\"rejected\":\"d\"}");
        PreferencePair shorter = begun.forTraining(new RowConfig(5, 3, RowConfig.TooLong.TRUNCATE, "helpfulness", null))
                .pairs(file)
                .getFirst();
        same(shorter, new int[] {5, 3, 4}, new int[] {3, END}, new int[] {4, END});
    }

    @Test
    void readsPairsOfIdsAsTheyAre() throws IOException {
        write("{\"prompt_ids\":[1,2],\"chosen_ids\":[3],\"rejected_ids\":[99,0]}\n\n"
                + "{\"rejected_ids\":[5,6],\"chosen_ids\":[4,7],\"prompt_ids\":[],\"note\":\"kept out\"}");
        List<PreferencePair> pairs = ids.pairs(file);
        assertThat(pairs).hasSize(2);
        same(pairs.get(0), new int[] {1, 2}, new int[] {3}, new int[] {99, 0});
        same(pairs.get(1), new int[] {}, new int[] {4, 7}, new int[] {5, 6});
    }

    @Test
    void tokenisesTextAndEndsResponses() throws IOException {
        write("{\"prompt\":\"a b\",\"chosen\":\"c\",\"rejected\":\"d é\"}\r\n");
        same(text.pairs(file).getFirst(), new int[] {1, 2}, new int[] {3, END}, new int[] {4, 5, END});
    }

    @Test
    void prefersIdsWhereARowHasBoth() throws IOException {
        write("{\"prompt\":\"a b\",\"prompt_ids\":[7],\"response\":\"ignored\",\"response_ids\":[8,9]}");
        Sequence example = text.examples(file).getFirst();
        assertThat(example.prompt()).containsExactly(7);
        assertThat(example.response()).containsExactly(8, 9);
    }

    @Test
    void readsPromptsAlone() throws IOException {
        write("{\"prompt\":\"a b\",\"response\":3}\n{\"prompt_ids\":[3]}\n");
        assertThat(text.prompts(file)).containsExactly(new int[] {1, 2}, new int[] {3});
    }

    @Test
    void refusesAnEmptyPromptToSampleFrom() throws IOException {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ids.prompts(write("{\"prompt_ids\":[1]}\n{\"prompt_ids\":[]}\n")))
                .withMessage(file + ":2: found an empty prompt, expected at least one token; remove the row");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> text.prompts(write("{\"prompt\":\"\"}\n")))
                .withMessageStartingWith(file + ":1: found an empty prompt");
    }

    @Test
    void readsGzip() throws IOException {
        Path zipped = folder.resolve("rows.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
            out.write("{\"prompt_ids\":[3]}\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(ids.prompts(zipped)).containsExactly(new int[] {3});
    }

    @Test
    void refusesBrokenJsonWithLineAndColumn() throws IOException {
        write("{\"prompt_ids\":[1]}\n{\"prompt_ids\":[1}\n");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ids.prompts(file))
                .withMessageStartingWith(file + ":2:17: found broken JSON (")
                .withMessageEndingWith("expected one JSON object a line")
                .withMessageNotContaining("\n");
        write("{\"prompt_ids\":[1]\n");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ids.prompts(file))
                .withMessage(
                        file + ":1:18: found broken JSON (Unexpected end-of-input: expected close marker for Object),"
                                + " expected one JSON object a line");
        write("{\"prompt_ids\":[1}\n");
        refused(
                ":1:17: found broken JSON (Unexpected close marker '}': expected ']'), expected one JSON object a line",
                () -> ids.prompts(file));
        write("[1]\n");
        refused(":1:1: found JSON that is no object, expected one JSON object a line", () -> ids.prompts(file));
        write("{\"prompt_ids\":[1]} {\"prompt_ids\":[1]}\n");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ids.prompts(file))
                .withMessageStartingWith(file + ":1:");
    }

    @Test
    void refusesBytesThatAreNotUtf8WithLineAndColumn() throws IOException {
        Files.write(file, "{\"prompt\":\"a\"}\n{\"prompt\":\"é?\"}\n".getBytes(StandardCharsets.UTF_8));
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 4] = (byte) 0xff;
        Files.write(file, bytes);
        refused(
                ":2:13: found byte 0xff that is not UTF-8, expected text in UTF-8; convert the file",
                () -> text.prompts(file));
    }

    /// As Windows editors write one.
    @Test
    void takesAByteOrderMarkBeforeTheFirstRow() throws IOException {
        write("\uFEFF{\"prompt_ids\":[1]}\n{\"prompt_ids\":[2]}\n");
        assertThat(ids.prompts(file)).containsExactly(new int[] {1}, new int[] {2});
        write("\uFEFFabc");
        assertThat(DataFile.text(file)).isEqualTo("abc");
    }

    @Test
    void refusesAnEmptyResponse() throws IOException {
        write("{\"prompt_ids\":[1],\"chosen_ids\":[],\"rejected_ids\":[1]}");
        refused(
                ":1: chosen: found an empty response, expected at least one token; remove the row",
                () -> ids.pairs(file));
        write("{\"prompt\":\"a\",\"response\":\"b\"}\n{\"prompt\":\"a\",\"response\":\"\"}");
        refused(
                ":2: response: found an empty response, expected at least one token; remove the row",
                () -> text.examples(file));
    }

    @Test
    void refusesIdsOutsideTheVocabulary() throws IOException {
        write("{\"prompt_ids\":[1,100]}");
        refused(
                ":1: prompt_ids[1]: found token id 100, expected ids from 0 to 99, the model's vocabulary",
                () -> ids.prompts(file));
        write("{\"prompt_ids\":[-1]}");
        refused(
                ":1: prompt_ids[0]: found token id -1, expected ids from 0 to 99, the model's vocabulary",
                () -> ids.prompts(file));
        write("{\"prompt_ids\":[1.5]}");
        refused(":1: prompt_ids[0]: found 1.5, expected a token id, a whole number", () -> ids.prompts(file));
        write("{\"prompt_ids\":[4294967297]}");
        refused(":1: prompt_ids[0]: found 4294967297, expected a token id, a whole number", () -> ids.prompts(file));
    }

    @Test
    void refusesRowsOfAnotherShape() throws IOException {
        write("{\"prompt\":\"a\",\"response\":\"b\"}");
        refused(
                ":1: found the keys prompt, response, expected chosen (text) or chosen_ids (token ids)",
                () -> text.pairs(file));
        write("{\"prompt\":7}");
        refused(":1: prompt: found 7, expected text", () -> text.prompts(file));
        write("{\"prompt_ids\":\"7\"}");
        refused(":1: prompt_ids: found \"7\", expected a list of token ids", () -> text.prompts(file));
        write("\n  \n");
        refused(": found no rows, expected lines like {\"prompt\":…}", () -> text.prompts(file));
    }

    @Test
    void namesTheRowOfAWordThatTheTokenizerLacks() throws IOException {
        write("{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"}\n"
                + "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"x\"}");
        refused(
                ":2: rejected: vocabulary: found the word \"x\" in \"x\", expected words of the vocabulary of 6",
                () -> text.pairs(file));
    }

    @Test
    void refusesTextForAModelWithoutTokenizer() throws IOException {
        write("{\"prompt\":\"a\"}");
        refused(
                ":1: found prompt as text, but the model has no tokenizer, expected prompt_ids; give token ids, or put"
                        + " tokenizer.json into the model folder",
                () -> ids.prompts(file));
    }

    @Test
    void namesAMissingFile() {
        refused(": no such file", () -> ids.prompts(file));
    }

    /// As Phi-3's `<|end|>` and `<|endoftext|>`: sampled responses stop at the first, and nothing is learned behind
    /// it. Plain text is taken as it is.
    @Test
    void anAnswerByTheTemplateEndsWhereASampledOneStops() throws IOException {
        ChatTemplate chat = new ChatTemplate(
                "template",
                "{% for m in messages %}{{ m.content + ' <stop> d ' }}{% endfor %}"
                        + "{% if not add_generation_prompt %}{{ eos_token }}{% endif %}",
                "",
                "<end>");
        WordLevelTokenizer tokenizer = WordLevelTokenizer.of(List.of("<end>", "a", "b", "c", "d", "<stop>"), "<end>");
        String talk = "{'role':'user','content':'a'}";
        write(("{'messages':[" + talk + ",{'role':'assistant','content':'b c'}]}\n"
                        + "{'prompt':'a','response':'b <stop> d'}\n")
                .replace('\'', '"'));
        DataReader both = DataReader.ofText(6, tokenizer, StopTokens.of(END, 5), chat);
        assertThat(both.examples(file).getFirst().prompt()).containsExactly(1, 5, 4);
        assertThat(both.examples(file).getFirst().response()).containsExactly(2, 3, 5);
        assertThat(both.examples(file).getLast().response()).containsExactly(2, 5, 4, END);
        DataReader one = DataReader.ofText(6, tokenizer, StopTokens.of(END), chat);
        assertThat(one.examples(file).getFirst().response()).containsExactly(2, 3, 5, 4, END);
    }
}
