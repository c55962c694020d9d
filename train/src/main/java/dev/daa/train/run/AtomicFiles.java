package dev.daa.train.run;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/// Files that are either whole or absent, whatever kills the process: written aside, forced to the disk, renamed.
public final class AtomicFiles {
    private AtomicFiles() {}

    /// Replaces `file` by `text` in UTF-8.
    public static void write(Path file, String text) {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /// Replaces `file` by `content`; after a kill at any moment it holds the old bytes or the new ones.
    ///
    /// @throws InputException when the disk is full or the folder cannot be written
    public static void write(Path file, byte[] content) {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file lies in a folder");
        Path aside = folder.resolve("." + file.getFileName() + ".partial");
        try {
            Files.createDirectories(folder);
            try {
                try (FileChannel channel = FileChannel.open(
                        aside,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
                    writeFully(channel, content);
                    channel.force(true);
                }
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                Files.deleteIfExists(aside);
                throw e;
            }
            forceFolder(folder);
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /// Writes all of `content` at the channel's position.
    static void writeFully(FileChannel channel, byte[] content) throws IOException {
        ByteBuffer remaining = ByteBuffer.wrap(content);
        while (remaining.hasRemaining()) {
            channel.write(remaining);
        }
    }

    /// Forces every file of a folder tree, and the folders themselves, to the disk.
    static void forceTree(Path root) throws IOException {
        List<Path> paths;
        try (Stream<Path> tree = Files.walk(root)) {
            paths = tree.toList();
        }
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                forceFolder(path);
            } else {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
        }
    }

    /// Forces the names in a folder to the disk; systems that cannot open a folder as a file do this by themselves.
    static void forceFolder(Path folder) throws IOException {
        if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Deletes a folder with all that is in it, or nothing when it is absent.
    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        List<Path> deepestFirst;
        try (Stream<Path> tree = Files.walk(root)) {
            deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) {
            Files.delete(path);
        }
    }

    /// The exception to throw for a failed write: one clear line for what a person can mend, the plain failure
    /// else.
    public static RuntimeException failure(Path file, IOException cause) {
        String reason =
                String.valueOf(cause instanceof FileSystemException system ? system.getReason() : cause.getMessage());
        if (reason.contains("No space left") || reason.contains("not enough space")) {
            return new InputException(
                    file
                            + ": the disk is full; free some space or choose another --out folder, then run the same"
                            + " command",
                    cause);
        }
        if (reason.contains("quota exceeded") || reason.contains("Disk quota")) {
            return new InputException(
                    file + ": the disk quota is used up; free some space or choose another --out folder", cause);
        }
        if (cause instanceof AccessDeniedException || reason.contains("Read-only file system")) {
            return new InputException(
                    file + ": cannot be written (" + (reason.equals("null") ? "access denied" : reason)
                            + "); choose another --out folder",
                    cause);
        }
        if (reason.contains("Not a directory") || cause instanceof FileAlreadyExistsException) {
            return new InputException(
                    file + ": a file lies where a folder is needed; choose another --out folder", cause);
        }
        return new UncheckedIOException(file + ": " + cause.getMessage(), cause);
    }
}
