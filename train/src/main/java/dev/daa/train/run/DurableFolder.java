package dev.daa.train.run;

import dev.daa.model.checkpoint.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Folder trees on the disk: forced and deleted.
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
}
