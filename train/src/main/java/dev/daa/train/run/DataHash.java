package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ContentHash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/// SHA-256 of the data a run was made from, so that a manifest and a cache know it again.
public final class DataHash {
    private DataHash() {}

    /// Hash of a file's bytes.
    public static String of(Path file) {
        MessageDigest digest = ContentHash.sha256();
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        } catch (NoSuchFileException e) {
            throw new InputException(file + ": no such file", e);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Hash of a text in UTF-8.
    public static String of(String text) {
        return HexFormat.of().formatHex(ContentHash.sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /// Hash of token rows: lengths and ids, big-endian.
    public static String of(Iterable<int[]> rows) {
        MessageDigest digest = ContentHash.sha256();
        for (int[] row : rows) {
            ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (1 + row.length));
            bytes.putInt(row.length);
            for (int id : row) {
                bytes.putInt(id);
            }
            digest.update(bytes.array());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
