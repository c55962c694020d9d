package dev.daa.train.run;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/// SHA-256 of what a run was made from, so that a manifest and a cache know it again.
public final class ContentHash {
    private ContentHash() {}

    /// Hash of a file's bytes, or of a folder's files: names and bytes, in the order of their names.
    public static String of(Path path) {
        MessageDigest digest = sha256();
        try {
            if (Files.isDirectory(path)) {
                List<Path> files;
                try (Stream<Path> tree = Files.walk(path)) {
                    files = tree.filter(Files::isRegularFile).sorted().toList();
                }
                for (Path file : files) {
                    String name = path.relativize(file).toString().replace('\\', '/');
                    digest.update((name + "\n" + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
                    update(digest, file);
                }
            } else {
                update(digest, path);
            }
        } catch (NoSuchFileException e) {
            throw new InputException(path + ": no such file or folder", e);
        } catch (IOException e) {
            throw new InputException(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Hash of a text in UTF-8.
    public static String of(String text) {
        return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /// Hash of token rows: lengths and ids, big-endian.
    public static String of(Iterable<int[]> rows) {
        MessageDigest digest = sha256();
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

    private static void update(MessageDigest digest, Path file) throws IOException {
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
