package dev.daa.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// BPE over characters with bytes to fall back to, against what Hugging Face's library says of the same file.
class ByteFallbackTest {
    @TempDir
    Path folder;

    @Test
    void idsAndTextsAreThoseOfHuggingFace() throws Exception {
        Tokenizer tokenizer = TokenizerFile.read(resource("characters.json"));
        JsonNode cases = JsonMapper.builder().build().readTree(Files.readString(resource("characters.expected.json")));
        assertThat(cases.size()).isEqualTo(11);
        for (JsonNode expected : cases) {
            String text = expected.path("text").stringValue();
            int[] ids = expected.path("ids")
                    .valueStream()
                    .mapToInt(JsonNode::intValue)
                    .toArray();
            assertThat(tokenizer.encode(text)).as(text).containsExactly(ids);
            assertThat(tokenizer.decode(ids))
                    .as(text)
                    .isEqualTo(expected.path("decoded").stringValue());
            StreamingDecoder decoder = tokenizer.streamingDecoder();
            StringBuilder streamed = new StringBuilder();
            for (int id : ids) {
                streamed.append(decoder.accept(id));
            }
            assertThat(streamed.append(decoder.finish()).toString()).isEqualTo(tokenizer.decode(ids));
        }
    }

    /// Hugging Face's decoder keeps the text of a token that looks like a byte and has no hexadecimal digits.
    @Test
    void aTokenThatOnlyLooksLikeAByteIsText() throws Exception {
        String json = Files.readString(resource("characters.json"));
        Path file = Files.writeString(
                folder.resolve("tokenizer.json"), json.replaceFirst("\"▁de\": 449", "$0, \"<0xZZ>\": 450"));
        Tokenizer tokenizer = TokenizerFile.read(file);
        int byteA = tokenizer.encode("\u0001")[1];
        assertThat(tokenizer.decode(new int[] {450})).isEqualTo("<0xZZ>");
        assertThat(tokenizer.decode(new int[] {450, byteA, 450})).isEqualTo("<0xZZ>\u0001<0xZZ>");
    }

    @Test
    void everyByteNeedsItsToken() throws Exception {
        String json = Files.readString(resource("characters.json"));
        assertRefused(json.replace("\"<0x41>\"", "\"<x>\""), "found no token <0x41>, expected one for each byte");
        assertRefused(
                json.replace("\"ByteFallback\"", "\"ByteLevel\""), "decoder: found Replace, ByteLevel, Fuse, Strip");
        assertRefused(
                json.replace("\"pre_tokenizer\": null", "\"pre_tokenizer\": {\"type\": \"Metaspace\"}"),
                "pre_tokenizer: found \"Metaspace\", expected none with byte_fallback");
        assertRefused(
                json.replace("\"byte_fallback\": true", "\"byte_fallback\": false"),
                "expected ByteLevel with byte_fallback false");
    }

    private void assertRefused(String json, String message) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, json);
        assertThatThrownBy(() -> TokenizerFile.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(ByteFallbackTest.class.getResource("/tokenizers/" + name))
                .toURI());
    }
}
