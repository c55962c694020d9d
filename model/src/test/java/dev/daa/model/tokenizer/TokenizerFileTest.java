package dev.daa.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Parts of tokenizer.json. The ids were computed by hand from the rules of the format.
class TokenizerFileTest {
    private static final String WORDS = """
        {"added_tokens": [
           {"id": 7, "content": "<m>", "special": true, "lstrip": true, "rstrip": true, "single_word": false, "normalized": false},
           {"id": 8, "content": "on", "special": false, "lstrip": false, "rstrip": false, "single_word": true, "normalized": true}],
         "normalizer": null,
         "pre_tokenizer": {"type": "Whitespace"},
         "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "!!": 3, "onto": 4}}}\
        """;

    private static final String BYTES = """
        {"normalizer": {"type": "NFC"},
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true},
         "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "dropout": null, "continuing_subword_prefix": "", "vocab":
           {"a": 0, "b": 1, "c": 2, "Ġ": 3, "ab": 4, "Ġab": 5, "bc": 6, "abc": 7},
          "merges": ["a b", ["Ġ", "ab"], "b c"]}}\
        """;

    @TempDir
    Path folder;

    @Test
    void whitespaceSeparatesWordsFromPunctuation() throws IOException {
        assertThat(read(WORDS).encode(" a!!\tb ! zz")).containsExactly(1, 3, 2, 0, 0);
    }

    @Test
    void addedTokensStripAndRespectWords() throws IOException {
        Tokenizer tokenizer = read(WORDS);
        assertThat(tokenizer.encode("a  <m>  b<m>")).containsExactly(1, 7, 2, 7);
        assertThat(tokenizer.encode("a on b onto a")).containsExactly(1, 8, 2, 4, 1);
        assertThat(tokenizer.vocabulary()).isEqualTo(9);
        assertThat(tokenizer.token(5)).isEmpty();
        assertThat(tokenizer.decode(new int[] {1, 5, 2})).isEqualTo("a b");
    }

    /// Ids of tokenizers 0.23.2.
    @Test
    void addedTokensAreSoughtAsTheSourceDoes() throws IOException {
        String more = ", {\"id\": 9, \"content\": \"<n>\", \"rstrip\": true, \"normalized\": true},"
                + " {\"id\": 10, \"content\": \"  \", \"normalized\": true}]";
        Tokenizer tokenizer = read(WORDS.replaceFirst("]", more));
        assertThat(tokenizer.encode("a<n>  b"))
                .as("white space that was stripped can be a token")
                .containsExactly(1, 9, 10, 2);
        assertThat(tokenizer.encode("on\u0301"))
                .as("a mark belongs to the word")
                .containsExactly(0);
        assertThat(tokenizer.encode("on\u200d")).as("and so does a joiner").containsExactly(0);
        assertThat(tokenizer.encode("on\u00b2")).as("but not a raised digit").containsExactly(8, 0);
    }

    /// Ids of tokenizers 0.23.2.
    @Test
    void aTokenThatWasOnlyAddedIsNoPiece() throws IOException {
        String added =
                "{\"added_tokens\": [{\"id\": 9, \"content\": \"cc\", \"single_word\": true, \"normalized\": false}],";
        Tokenizer tokenizer = read(BYTES.replace("true", "false")
                .replaceFirst("\\{", added)
                .replace("\"abc\": 7", "\"abc\": 7, \"1\": 8")
                .replace("\"dropout\"", "\"ignore_merges\": true, \"dropout\""));
        assertThat(tokenizer.encode("cc")).containsExactly(9);
        assertThat(tokenizer.encode("cc1")).containsExactly(2, 2, 8);
    }

    @Test
    void aSequenceBeginsAsThePostProcessorSays() throws IOException {
        assertThat(read(WORDS).beginning()).isEmpty();
        assertThat(read(WORDS).encodeFirst("a")).containsExactly(1);
        String template = """
            {"post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
               "single": [{"SpecialToken": {"id": "<m>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                          {"SpecialToken": {"id": "!!", "type_id": 0}}],
               "pair": [], "special_tokens": {"<m>": {"id": "<m>", "ids": [7], "tokens": ["<m>"]},
                                              "!!": {"id": "!!", "ids": [3], "tokens": ["!!"]}}}]},\
            """;
        Tokenizer tokenizer = read(WORDS.replaceFirst("\\{", template));
        assertThat(tokenizer.beginning()).containsExactly(7);
        assertThat(tokenizer.encode("a b")).containsExactly(1, 2);
        assertThat(tokenizer.encodeFirst("a b")).containsExactly(7, 1, 2);
        assertThat(tokenizer.encodeFirst("<m> a b"))
                .as("as a chat template has it")
                .containsExactly(7, 1, 2);
        assertThat(tokenizer.encodeFirst("")).containsExactly(7);
        assertThatThrownBy(
                        () -> read(WORDS.replaceFirst("\\{", "{\"post_processor\": {\"type\": \"BertProcessing\"},")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("post_processor: found \"BertProcessing\", expected none, ByteLevel");
    }

    @Test
    void aPrefixSpaceIsPutBeforeTheText() throws IOException {
        assertThat(read(BYTES).encode("ab")).containsExactly(5);
        assertThat(read(BYTES).encode(" ab")).containsExactly(5);
        assertThat(read(BYTES.replace("true", "false")).encode("ab")).containsExactly(4);
    }

    @Test
    void mergesGoByRankUnlessThePieceIsAToken() throws IOException {
        String bare = BYTES.replace("true", "false");
        assertThat(read(bare).encode("abc")).containsExactly(4, 2);
        assertThat(read(bare.replace("\"dropout\"", "\"ignore_merges\": true, \"dropout\""))
                        .encode("abc"))
                .containsExactly(7);
    }

    @Test
    void aByteWithoutATokenIsNamed() {
        assertThatThrownBy(() -> read(BYTES).encode("x"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found no token for the byte 0x78");
    }

    @Test
    void theEosIsNamedByTheConfigBeside() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), WORDS);
        Path config = folder.resolve("tokenizer_config.json");
        Files.writeString(config, "{\"eos_token\": \"<m>\"}");
        assertThat(TokenizerFile.readFolder(folder).eosTokenId()).hasValue(7);
        Files.writeString(config, "{\"eos_token\": {\"content\": \"b\", \"lstrip\": false}}");
        assertThat(TokenizerFile.readFolder(folder).eosTokenId()).hasValue(2);
        Files.writeString(config, "{\"eos_token\": null}");
        assertThat(TokenizerFile.readFolder(folder).eosTokenId()).isEmpty();
        Files.writeString(config, "{\"eos_token\": \"</s>\"}");
        assertThatThrownBy(() -> TokenizerFile.readFolder(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "tokenizer_config.json: eos_token: found \"</s>\", expected a token of tokenizer.json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "\"NFC\"; \"Lowercase\"; normalizer: found \"Lowercase\", expected none, NFC",
                "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}; {\"type\": \"Metaspace\"}; pre_tokenizer:"
                        + " found \"Metaspace\" last, expected ByteLevel last",
                "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}; {\"type\": \"Sequence\", \"pretokenizers\":"
                        + " [{\"type\": \"Punctuation\"}, {\"type\": \"ByteLevel\"}]}; found \"Punctuation\", expected"
                        + " Split, Digits or ByteLevel",
                "{\"type\": \"ByteLevel\"}; {\"type\": \"Fuse\"}; decoder: found Fuse, expected ByteLevel with"
                        + " byte_fallback false",
                "\"BPE\"; \"Unigram\"; type: found \"Unigram\", expected WordLevel or byte-level BPE",
                "\"dropout\": null; \"dropout\": 0.1; dropout: found 0.1, expected none",
                "\"continuing_subword_prefix\": \"\"; \"continuing_subword_prefix\": \"##\"; found \"##\", expected"
                        + " none",
                "\"a b\"; \"a c\"; merges[0]: found \"a c\", expected tokens of the vocabulary that join to one",
                "\"a b\"; \"a b c\"; merges[0]: found \"a b c\", expected two tokens",
                "\"a\": 0; \"a\": 1; found id 1 for",
                "\"a\": 0; \"a\": -1; found token id -1, expected 0 to",
                "\"a\": 0; \"a\": 0, \"a\": 0; not valid JSON: Duplicate",
            })
    void unknownPartsAreRefusedByName(String part, String replacement, String message) {
        assertThat(BYTES).contains(part);
        assertThatThrownBy(() -> read(BYTES.replace(part, replacement)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(folder.toString())
                .hasMessageContaining(message);
    }

    private Tokenizer read(String json) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, json);
        return TokenizerFile.read(file);
    }
}
