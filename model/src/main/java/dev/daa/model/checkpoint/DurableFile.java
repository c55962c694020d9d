package dev.daa.model.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Writes files that survive a kill or a power cut either whole or not at all: aside, fsynced, renamed.
public final class DurableFile {
    private DurableFile() {}

    /// What goes into a file.
    @FunctionalInterface
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    /// Replaces or creates `file`, in a folder that exists. A full disk or a missing permission leaves what was
    /// there.
    public static void write(Path file, Content content) {
        Path target = file.toAbsolutePath();
        Path aside = target.resolveSibling("." + target.getFileName() + ".incomplete-"
                + ProcessHandle.current().pid() + "-" + Thread.currentThread().threadId());
        try {
            try (FileChannel channel = FileChannel.open(
                    aside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncFolder(target.resolveSibling("."));
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        } finally {
            deleteQuietly(aside);
        }
    }

    /// Makes a folder, with those that it lies in, unless it exists.
    public static Path createFolder(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw WriteFailure.of(folder, e);
        }
    }

    /// Replaces or creates a UTF-8 text file.
    public static void write(Path file, String text) {
        write(file, channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /// Lines of a UTF-8 file to which lines are added. A last line that a kill cut off is taken away, so that the
    /// next one does not continue it.
    public static List<String> wholeLines(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int whole = bytes.length;
        while (whole > 0 && bytes[whole - 1] != '\n') {
            whole--;
        }
        String text = new String(bytes, 0, whole, StandardCharsets.UTF_8);
        if (whole < bytes.length) {
            write(file, text);
        }
        return text.lines().toList();
    }

    /// Deletes what kills left of files that were being written in a folder, where nobody writes now.
    public static void deleteIncomplete(Path folder) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, ".*.incomplete-*")) {
            for (Path file : left) {
                Files.delete(file);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /// Makes the names in a folder durable. Windows cannot open folders and needs nothing.
    public static void syncFolder(Path folder) throws IOException {
        if (System.getProperty("os.name").startsWith("Windows")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void deleteQuietly(Path aside) {
        try {
            Files.deleteIfExists(aside);
        } catch (IOException e) {
            // The failure that left the file behind is already on its way to the caller.
        }
    }
}
