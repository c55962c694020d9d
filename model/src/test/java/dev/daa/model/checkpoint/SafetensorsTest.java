package dev.daa.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsReadBitForBit() {
        float[] bias = {-0.0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY, 1e30f, 3, 4, 5};
        float[] weight = new float[13 * 33];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) random.nextGaussian();
        }
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(
                file,
                List.of(
                        new Safetensors.Content("bias", List.of(7), () -> bias),
                        new Safetensors.Content("empty", List.of(0, 5), () -> new float[0]),
                        new Safetensors.Content("one", List.of(), () -> new float[] {42}),
                        new Safetensors.Content("weight \"é", List.of(13, 33), () -> weight)));

        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.names()).containsExactly("bias", "empty", "one", "weight \"é");
            assertThat(read.info("weight \"é").shape()).containsExactly(13, 33);
            assertThat(read.read("bias")).containsExactly(bias);
            assertThat(read.read("empty")).isEmpty();
            assertThat(read.read("one")).containsExactly(42);
            assertThat(read.read("weight \"é")).containsExactly(weight);
        }
    }

    @Test
    void dataBeginAtAMultipleOf8AndSayTheirFramework() throws IOException {
        for (int length = 1; length <= 9; length++) {
            Path file = folder.resolve("x");
            Safetensors.write(
                    file, List.of(new Safetensors.Content("x".repeat(length), List.of(), () -> new float[1])));
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(bytes.getLong(0) % 8).isZero();
            assertThat(bytes.capacity()).isEqualTo(8 + (int) bytes.getLong(0) + 4);
            assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                    .contains("\"__metadata__\":{\"format\":\"pt\"}");
        }
    }

    @Test
    void aFailureWhileWritingLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("model.safetensors");
        Files.writeString(file, "old");
        assertThatThrownBy(() -> Safetensors.write(
                        file,
                        List.of(
                                new Safetensors.Content("a", List.of(2), () -> new float[2]),
                                new Safetensors.Content("b", List.of(2), () -> new float[3]))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(file).hasContent("old");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aFolderThatIsMissingIsOneClearLine() {
        Path file = folder.resolve("none").resolve("model.safetensors");
        assertThatThrownBy(() -> Safetensors.write(file, List.of()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(file + ": cannot be written");
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": no such file");
    }

    /// `|` stands for the end of a header, then how many bytes of data follow.
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}|8; tensor a: found data_offsets [0,4] (4"
                        + " bytes), expected 8 bytes for F32 [2]",
                "{'a':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}}|8; tensor a: found dtype \"F31\", expected one"
                        + " of BOOL",
                "{'a':{'shape':[2],'data_offsets':[0,8]}}|8; tensor a: found dtype none",
                "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}|8; tensor a: found shape [-2], expected"
                        + " integers from 0 to 2147483647",
                "{'a':{'dtype':'F32','shape':[1.5],'data_offsets':[0,8]}}|8; tensor a: found shape [1.5]",
                "{'a':{'dtype':'F32','shape':2,'data_offsets':[0,8]}}|8; tensor a: found shape 2, expected a list",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8]}}|8; tensor a: found data_offsets [8], expected"
                        + " two integers",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}|8; tensor a: found data_offsets [8,0] (-8"
                        + " bytes)",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}}|8; tensor a: found data_offsets [-8,0],"
                        + " expected two integers of at least 0",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F16','shape':[2],'data_offsets':[4,8]}}|8;"
                    + " tensor b: found a start at byte 4, expected 8, where the tensor before it ends; tensors"
                    + " overlap",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}|12; tensor a: found a start at byte 4,"
                        + " expected 0, where the tensor before it ends; there is a hole",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|7; tensor a: found an end at byte 8, expected"
                        + " at most 7",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|9; found 9 bytes after the header, expected 8",
                "{'a':{'dtype':'F32','shape':[2147483647,2147483647,4],'data_offsets':[0,8]}}|8; tensor a: shape"
                        + " [2147483647, 2147483647, 4] has more than 2^63 bytes",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,99999999999999999999]}}|8; tensor a: found"
                        + " data_offsets",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}|8;"
                    + " the header is not valid JSON: Duplicate",
                "{'a':|8; the header is not valid JSON",
                "{'a':[}|8; the header is not valid JSON: Unexpected close marker '}': expected ']'",
                "{'a':{'dtype':'F32','shape':[3000000000],'data_offsets':[0,8]}}|8; tensor a: found shape [3000000000],"
                        + " expected integers from 0 to 2147483647",
                "{'a':7}|8; tensor a: found dtype none",
                "[]|8; found a header that is no JSON object",
                "{}{}|8; the header is not valid JSON",
            })
    void aLyingHeaderIsOneClearLine(String content, String message) throws IOException {
        int bar = content.indexOf('|');
        byte[] json = content.substring(0, bar).replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        Path file = write(json.length, json, Integer.parseInt(content.substring(bar + 1)));
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").doesNotContain("Source"));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, 11, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE})
    void anAbsurdHeaderLengthIsRefused(long length) throws IOException {
        Path file = write(length, "{}        ".getBytes(StandardCharsets.UTF_8), 0);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("found a header of " + Long.toUnsignedString(length)
                        + " bytes, expected 2 to 10 in a file of 18");
    }

    @Test
    void aGitLfsPointerSaysSo() throws IOException {
        Path file = folder.resolve("model.safetensors");
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("git lfs pull");
    }

    @Test
    void otherTypesAreListedButNotReadAsNumbers() throws IOException {
        byte[] json =
                "{\"mask\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]}}".getBytes(StandardCharsets.UTF_8);
        try (Safetensors read = Safetensors.open(write(json.length, json, 3))) {
            assertThat(read.info("mask").type()).isEqualTo(ElementType.BOOL);
            assertThatThrownBy(() -> read.read("mask"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("tensor mask: found dtype BOOL, expected F32, F16 or BF16");
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = small();
        Path file = folder.resolve("cut");
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Safetensors.open(file))
                    .as("cut to %d of %d bytes", length, whole.length)
                    .isInstanceOf(InputException.class);
        }
    }

    /// A damaged header is refused or describes tensors that lie in the file; nothing else is thrown.
    @Test
    void damagedHeadersNeverEscape() throws IOException {
        byte[] whole = small();
        int header =
                8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        SplittableRandom random = new SplittableRandom(7);
        Path file = folder.resolve("damaged");
        int refused = 0;
        for (int trial = 0; trial < 3000; trial++) {
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                int at = random.nextInt(header);
                damaged[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : '0' + random.nextInt(10));
            }
            Files.write(file, damaged);
            Throwable thrown = catchThrowable(() -> readAll(file));
            if (thrown != null) {
                assertThat(thrown).as("trial %d", trial).isInstanceOf(InputException.class);
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    private static void readAll(Path file) {
        try (Safetensors read = Safetensors.open(file)) {
            for (String name : read.names()) {
                if (read.info(name).type().readable()) {
                    assertThat(read.read(name)).hasSize((int) read.info(name).elements());
                }
            }
        }
    }

    private byte[] small() throws IOException {
        Path file = folder.resolve("small");
        Safetensors.write(
                file,
                List.of(
                        new Safetensors.Content("a.weight", List.of(3, 7), () -> new float[21]),
                        new Safetensors.Content("b.bias", List.of(13), () -> new float[13])));
        return Files.readAllBytes(file);
    }

    private Path write(long length, byte[] json, int dataBytes) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(length).put(json);
        Path file = folder.resolve("made");
        Files.write(file, bytes.array());
        return file;
    }
}
