package dev.daa.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.model.checkpoint.SharedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Against GPT-NeoX's tokenizer and the vectors that llama.cpp publishes for it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BytePairTokenizerTest {
    private static final Pattern GPT2 = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    private final BytePairTokenizer tokenizer =
            (BytePairTokenizer) TokenizerFile.read(SharedFiles.at("data/20B_tokenizer.json"));

    @Test
    void publishedVectorsAreMet() throws IOException {
        String[] texts = Files.readString(SharedFiles.at("data/mpt.gguf.inp")).split("\n__ggml_vocab_test__\n", -1);
        List<String> lines = Files.readAllLines(SharedFiles.at("data/mpt.gguf.out"));
        assertThat(texts).hasSize(lines.size() + 1);
        for (int i = 0; i < lines.size(); i++) {
            int[] expected = Arrays.stream(lines.get(i).trim().split(" "))
                    .filter(word -> !word.isEmpty())
                    .mapToInt(Integer::parseInt)
                    .toArray();
            assertThat(tokenizer.encode(texts[i]))
                    .as("text %d: %s", i, texts[i])
                    .containsExactly(expected);
            assertThat(tokenizer.decode(expected)).isEqualTo(texts[i]);
        }
    }

    @Test
    void specialTokensAreRecognisedInTheText() {
        assertThat(tokenizer.vocabulary()).isEqualTo(50277);
        assertThat(tokenizer.encode("Hello<|endoftext|> world")).containsExactly(12092, 0, 1533);
        assertThat(tokenizer.special(0)).isTrue();
        assertThat(tokenizer.special(50276)).isFalse();
        assertThat(tokenizer.id("<|padding|>")).hasValue(1);
        assertThat(tokenizer.token(1533)).hasValue("Ġworld");
        assertThat(tokenizer.token(50277)).isEmpty();
        assertThat(tokenizer.decode(new int[] {12092, 0, 1533, 50300})).isEqualTo("Hello<|endoftext|> world");
    }

    @Test
    void textIsComposedBeforeItIsEncoded() {
        assertThat(tokenizer.encode("Cu\u031b\u0309a")).containsExactly(tokenizer.encode("C\u1eeda"));
    }

    @Test
    void everyTextComesBack() {
        SplittableRandom random = new SplittableRandom(3);
        for (int trial = 0; trial < 2000; trial++) {
            String text = Normalizer.normalize(randomText(random, random.nextInt(40)), Normalizer.Form.NFC);
            int[] ids = tokenizer.encode(text);
            assertThat(tokenizer.decode(ids)).isEqualTo(text);
        }
    }

    @Test
    void streamsGiveTheSameTextAsAWhole() {
        SplittableRandom random = new SplittableRandom(4);
        for (int trial = 0; trial < 500; trial++) {
            // Half of the trials are ids at random, whose bytes are mostly no characters.
            int[] ids = trial % 2 == 0
                    ? tokenizer.encode(randomText(random, 20))
                    : random.ints(20, 0, 400).toArray();
            StreamingDecoder decoder = tokenizer.streamingDecoder();
            StringBuilder streamed = new StringBuilder();
            for (int id : ids) {
                streamed.append(decoder.accept(id));
            }
            streamed.append(decoder.finish());
            assertThat(streamed.toString()).isEqualTo(tokenizer.decode(ids));
        }
    }

    @Test
    void aStreamHoldsBackHalfACharacter() {
        int[] ids = tokenizer.encode("🚀");
        StreamingDecoder decoder = tokenizer.streamingDecoder();
        for (int i = 0; i + 1 < ids.length; i++) {
            assertThat(decoder.accept(ids[i])).isEmpty();
        }
        assertThat(decoder.accept(ids[ids.length - 1])).isEqualTo("🚀");
        assertThat(ids).hasSizeGreaterThan(1);
    }

    @Test
    void everyByteOfUtf8HasAToken() {
        ByteAlphabet alphabet = new ByteAlphabet();
        for (int value = 0; value < 256; value++) {
            if (value == 0xC0 || value == 0xC1 || value >= 0xF5) {
                continue; // never occurs in UTF-8, and GPT-NeoX's vocabulary has no token for it
            }
            int id = tokenizer.id(String.valueOf(alphabet.spelling(value))).orElseThrow();
            assertThat(tokenizer.bytes(new int[] {id})).containsExactly(value);
        }
        assertThat(alphabet.spelling(' ')).isEqualTo('Ġ');
        assertThat(alphabet.spelling('\n')).isEqualTo('Ċ');
    }

    @Test
    void piecesAreThoseOfGpt2sPattern() {
        SplittableRandom random = new SplittableRandom(5);
        for (int trial = 0; trial < 5000; trial++) {
            String text = randomText(random, 1 + random.nextInt(30));
            List<String> expected = new ArrayList<>();
            Matcher matcher = GPT2.matcher(text);
            while (matcher.find()) {
                expected.add(matcher.group());
            }
            List<String> pieces = new ArrayList<>();
            new PreTokenizer.Gpt2().split(text, pieces::add);
            assertThat(pieces).as(text).isEqualTo(expected);
        }
    }

    /// A piece without any boundary: joined in the same order as by the textbook's search for the best pair in each
    /// round.
    @Test
    void mergesFollowTheTextbook() throws IOException {
        Path file = SharedFiles.at("data/20B_tokenizer.json");
        TextbookBytePairs textbook = new TextbookBytePairs(file);
        SplittableRandom random = new SplittableRandom(6);
        for (int trial = 0; trial < 60; trial++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(1, 257); i > 0; i--) {
                text.append("etaoinshrdlu".charAt(random.nextInt(12)));
            }
            List<String> tokens = Arrays.stream(tokenizer.encode(text.toString()))
                    .mapToObj(id -> tokenizer.token(id).orElseThrow())
                    .toList();
            assertThat(tokens).isEqualTo(textbook.join(text.toString()));
        }
    }

    @Test
    void aLongPieceTakesNoQuadraticTime() {
        String text = "ab".repeat(100_000);
        assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }

    private static String randomText(SplittableRandom random, int length) {
        StringBuilder text = new StringBuilder();
        String common = "abzAZ 019  \n\t\r'sdtmlrve.,-!  ";
        for (int i = 0; i < length; i++) {
            switch (random.nextInt(4)) {
                case 0 -> text.appendCodePoint(randomCharacter(random, 0x110000));
                case 1 -> text.appendCodePoint(randomCharacter(random, 0x3100));
                default -> text.append(common.charAt(random.nextInt(common.length())));
            }
        }
        return text.toString();
    }

    private static int randomCharacter(SplittableRandom random, int bound) {
        int character = random.nextInt(bound);
        return Character.isBmpCodePoint(character) && Character.isSurrogate((char) character) ? '?' : character;
    }

    @Test
    void bytesAreUtf8() {
        String text = "naïve 🦙";
        assertThat(tokenizer.bytes(tokenizer.encode(text))).containsExactly(text.getBytes(StandardCharsets.UTF_8));
    }
}
