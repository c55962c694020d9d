package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// SHA-256 of files, streamed, and of whatever else is known again by it.
public final class ContentHash {
    private static final int CHUNK = 1 << 20;

    private ContentHash() {}

    /// Hash over each file's name, length and bytes, in the order given, then over `more`, in hexadecimal.
    static String of(List<Path> files, String more) {
        MessageDigest digest = sha256();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                digest.update((file.getFileName() + " " + channel.size() + "\n").getBytes(StandardCharsets.UTF_8));
                while (channel.read(chunk.clear()) >= 0) {
                    digest.update(chunk.flip());
                }
            } catch (IOException e) {
                throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
            }
        }
        digest.update(more.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest());
    }

    /// A SHA-256 that has taken nothing yet.
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
