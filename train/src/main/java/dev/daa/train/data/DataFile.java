package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.json.ByteOrderMark;
import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// Opens data files: JSON lines, plain or compressed with gzip (`.gz`) or zstd (`.zst`), and Parquet (`.parquet`). What
/// a file holds must be what its name says.
public final class DataFile {
    private static final int MAGIC = 64;
    private static final String LFS_POINTER = "version https://git-lfs";

    /// What a file's first bytes show it to be.
    enum Form {
        PLAIN("plain text", ".jsonl"),
        GZIP("gzip data", ".gz"),
        ZSTD("zstd data", ".zst"),
        PARQUET("Parquet data", ".parquet");

        private final String meaning;
        private final String ending;

        Form(String meaning, String ending) {
            this.meaning = meaning;
            this.ending = ending;
        }

        private static Form byName(Path file) {
            String name = file.toString().toLowerCase(Locale.ROOT);
            return name.endsWith(GZIP.ending)
                    ? GZIP
                    : name.endsWith(ZSTD.ending) ? ZSTD : name.endsWith(PARQUET.ending) ? PARQUET : PLAIN;
        }

        private static Form byContent(byte[] head) {
            if (startsWith(head, 0x1f, 0x8b)) {
                return GZIP;
            }
            if (startsWith(head, 0x28, 0xb5, 0x2f, 0xfd)) {
                return ZSTD;
            }
            return startsWith(head, 'P', 'A', 'R', '1') ? PARQUET : PLAIN;
        }

        /// Whether what begins is a frame without content (RFC 8878, section 3.1.2), which the decoder does not
        /// skip; pzstd writes one before each of its frames.
        private static boolean isSkippableFrame(byte[] head) {
            return head.length > 0 && (head[0] & 0xf0) == 0x50 && startsWith(head, head[0] & 0xff, 0x2a, 0x4d, 0x18);
        }

        private static boolean startsWith(byte[] head, int... magic) {
            for (int i = 0; i < magic.length; i++) {
                if (i >= head.length || (head[i] & 0xff) != magic[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    private DataFile() {}

    /// Reads every row.
    ///
    /// @param row takes each row in order; may throw [InputException] with the row's place
    /// @throws InputException naming the file and what is wrong with it
    static void read(Path file, Consumer<DataLine> row) {
        try {
            Form form = form(file);
            if (form == Form.PARQUET) {
                ParquetRows.read(file, row);
                return;
            }
            try (InputStream in = open(file, form)) {
                JsonLines.read(file, in, row);
            }
        } catch (IOException | MalformedInputException e) {
            throw unreadable(file, e);
        }
    }

    private static InputException unreadable(Path file, Exception failure) {
        String why = switch (failure) {
            case NoSuchFileException _ -> "no such file";
            case EOFException _ -> "the file ends in the middle of its compressed data; fetch it again";
            case ZipException _ -> damaged(failure);
            case MalformedInputException _ -> damaged(failure);
            default -> "cannot be read (" + failure.getMessage() + ")";
        };
        return new InputException(file + ": " + why, failure);
    }

    private static String damaged(Exception failure) {
        return "the compressed data are damaged (" + failure.getMessage() + "); fetch it again";
    }

    /// Whether a file is plain text and not rows: `.txt`, compressed or not.
    static boolean isText(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).matches(".*\\.txt(\\.gz|\\.zst)?");
    }

    /// The whole text of a plain file, or of a compressed one, in UTF-8, without a byte-order mark.
    public static String text(Path file) {
        try (InputStream in = open(file, form(file))) {
            return ByteOrderMark.strip(JsonLines.decode(file.toString(), in.readAllBytes()));
        } catch (IOException | MalformedInputException e) {
            throw unreadable(file, e);
        }
    }

    private static Form form(Path file) throws IOException {
        // It is opened again to be read, and later to be hashed.
        if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
            throw InputException.of(
                    file.toString(),
                    "a pipe or device",
                    "a file, which is read more than once",
                    "write the rows to one");
        }
        byte[] head = new byte[MAGIC];
        try (InputStream in = Files.newInputStream(file)) {
            head = Arrays.copyOf(head, in.readNBytes(head, 0, MAGIC));
        }
        if (new String(head, StandardCharsets.ISO_8859_1).startsWith(LFS_POINTER)) {
            throw InputException.of(
                    file.toString(), "a git-LFS pointer", "the file itself", "fetch it with: git lfs pull");
        }
        if (Form.isSkippableFrame(head)) {
            throw InputException.of(
                    file.toString(),
                    "zstd data with skippable frames, as pzstd writes them",
                    "zstd data without",
                    "decompress it with zstd -d and compress it again with zstd");
        }
        Form named = Form.byName(file);
        Form found = Form.byContent(head);
        if (head.length > 0 && found != named) {
            throw InputException.of(
                    file.toString(),
                    found.meaning,
                    named.meaning + ", as its name says",
                    found == Form.PLAIN
                            ? "rename it, without the ending " + named.ending
                            : "rename it, with the ending " + found.ending);
        }
        return named;
    }

    private static InputStream open(Path file, Form form) throws IOException {
        InputStream in = Files.newInputStream(file);
        try {
            return new BufferedInputStream(
                    switch (form) {
                        case GZIP -> new GZIPInputStream(in, 1 << 16);
                        case ZSTD -> new ZstdInputStream(in);
                        case PLAIN, PARQUET -> in;
                    },
                    1 << 16);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }
}
