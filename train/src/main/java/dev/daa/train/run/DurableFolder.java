package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Folder trees on the disk: forced, deleted, and their failures explained.
final class DurableFolder {
    private DurableFolder() {}

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
                DurableFile.syncFolder(path);
            } else {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
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
    static RuntimeException failure(Path file, IOException cause) {
        String reason =
                String.valueOf(cause instanceof FileSystemException system ? system.getReason() : cause.getMessage());
        if (reason.contains("No space left") || reason.contains("not enough space")) {
            return new InputException(
                    file
                            + ": the disk is full; free some space or choose another --out folder, then run the same"
                            + " command",
                    cause);
        }
        if (reason.contains("File too large")) {
            return new InputException(
                    file
                            + ": the limit on the size of files is reached; raise it (ulimit -f), then run the same"
                            + " command",
                    cause);
        }
        if (reason.contains("quota exceeded") || reason.contains("Disk quota")) {
            return new InputException(
                    file + ": the disk quota is used up; free some space or choose another --out folder", cause);
        }
        if (reason.contains("Not a directory") || cause instanceof FileAlreadyExistsException) {
            return new InputException(
                    file + ": a file lies where a folder is needed; choose another --out folder", cause);
        }
        if (cause instanceof FileSystemException) {
            String words = switch (cause) {
                case AccessDeniedException _ -> "access denied";
                case NoSuchFileException _ -> "no such folder";
                default -> reason;
            };
            return new InputException(file + ": cannot be written (" + words + "); choose another --out folder", cause);
        }
        return new UncheckedIOException(file + ": " + cause.getMessage(), cause);
    }
}
