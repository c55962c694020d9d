package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class DataFileTest {
    private static final String ROWS = "{\"prompt_ids\":[3]}\n{\"prompt_ids\":[4,5]}\n";

    /// `printf ROWS | zstd` by the zstd command, version 1.5.
    private static final byte[] ZSTD =
            Base64.getDecoder().decode("KLUv/QRY/QAAyHsicHJvbXB0X2lkcyI6WzNdfQo0LDVdfQoBAK2bYeegsQ8=");

    @TempDir
    Path folder;

    private final DataReader ids = DataReader.ofIds(100);

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private void refused(String name, byte[] content, String message) throws IOException {
        Path file = write(name, content);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ids.prompts(file))
                .withMessageStartingWith(file + ": " + message)
                .withMessageNotContaining("\n");
    }

    @Test
    void readsPlainGzipAndZstd() throws IOException {
        byte[] plain = ROWS.getBytes(StandardCharsets.UTF_8);
        for (Path file :
                new Path[] {write("a.jsonl", plain), write("a.jsonl.gz", gzip(ROWS)), write("a.jsonl.zst", ZSTD)}) {
            assertThat(ids.prompts(file)).as(file.toString()).containsExactly(new int[] {3}, new int[] {4, 5});
        }
    }

    /// What looks at the beginning of a pipe takes it away from what reads the rows.
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void refusesAPipe() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe.jsonl");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ids.prompts(pipe))
                .withMessage(pipe + ": found a pipe or device, expected a file, which is read more than once; write the"
                        + " rows to one");
    }

    /// pzstd begins each of its frames with a skippable one that holds the length of what follows.
    @Test
    void refusesZstdThatBeginsWithASkippableFrame() throws IOException {
        refused(
                "p.jsonl.zst",
                new byte[] {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 9, 0, 0, 0, 0x28, (byte) 0xb5, 0x2f, (byte) 0xfd},
                "found zstd data with skippable frames, as pzstd writes them, expected zstd data without; decompress");
    }

    @Test
    void refusesAnotherCompressionThanTheNames() throws IOException {
        refused(
                "a.jsonl",
                gzip(ROWS),
                "found gzip data, expected plain text, as its name says; rename it, with the ending .gz");
        refused(
                "a.jsonl.gz",
                ROWS.getBytes(StandardCharsets.UTF_8),
                "found plain text, expected gzip data, as its name says; rename it, without the ending .gz");
        refused("b.jsonl.gz", ZSTD, "found zstd data, expected gzip data, as its name says; rename it");
        refused("a.parquet", ZSTD, "found zstd data, expected Parquet data, as its name says; rename it");
        refused("b.jsonl", "PAR1....".getBytes(StandardCharsets.UTF_8), "found Parquet data, expected plain text");
    }

    @Test
    void refusesAGitLfsPointer() throws IOException {
        byte[] pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
                .getBytes(StandardCharsets.UTF_8);
        for (String name : new String[] {"a.jsonl", "a.jsonl.gz", "a.parquet"}) {
            refused(name, pointer, "found a git-LFS pointer, expected the file itself; fetch it with: git lfs pull");
        }
    }

    private static byte[] damaged(byte[] whole) {
        byte[] damaged = whole.clone();
        damaged[whole.length - 6] ^= 0x55;
        return damaged;
    }

    /// A corpus of text, read whole.
    @Test
    void refusesDamagedTextToo() throws IOException {
        for (byte[] whole : new byte[][] {gzip(ROWS), ZSTD}) {
            String name = whole == ZSTD ? "a.txt.zst" : "a.txt.gz";
            assertThat(DataFile.text(write(name, whole))).isEqualTo(ROWS);
            for (int at = 0; at < whole.length; at++) {
                byte[] bytes = whole.clone();
                bytes[at] ^= 0x55;
                Path file = write(name, bytes);
                try {
                    assertThat(DataFile.text(file)).as("byte %d", at).isNotNull();
                } catch (InputException told) {
                    assertThat(told).hasMessageStartingWith(file.toString()).hasMessageNotContaining("\n");
                }
            }
        }
    }

    @Test
    void refusesCompressedDataThatAreCutOffOrDamaged() throws IOException {
        byte[] whole = gzip(ROWS);
        refused(
                "cut.jsonl.gz",
                Arrays.copyOf(whole, whole.length - 9),
                "the file ends in the middle of its compressed");
        refused("cut.jsonl.zst", Arrays.copyOf(ZSTD, ZSTD.length - 9), "");
        refused("bad.jsonl.gz", damaged(whole), "the compressed data are damaged (");
        refused("bad.jsonl.zst", damaged(ZSTD), "the compressed data are damaged (");
        refused("cut.parquet", "PAR1 and nothing more".getBytes(StandardCharsets.UTF_8), "not a whole Parquet file (");
    }
}
