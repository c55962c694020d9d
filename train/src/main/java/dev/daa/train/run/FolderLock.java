package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/// The right to write into a folder, held by one process at a time and gone with it, however it ends: a lock of the
/// operating system on the folder's `.lock`. Whoever only reads the folder needs none.
public final class FolderLock implements AutoCloseable {
    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /// Locks a folder, which is created where there is none.
    ///
    /// @throws InputException when it cannot be written or is locked already
    public static FolderLock take(Path folder) {
        DurableFile.createFolder(folder);
        return takeIfFree(folder)
                .orElseThrow(() -> new InputException(
                        folder + ": another daa process is writing here; wait for it, or choose another --out"));
    }

    /// Locks a folder that exists, unless it is locked already.
    ///
    /// @throws InputException when it cannot be written
    public static Optional<FolderLock> takeIfFree(Path folder) {
        try {
            FileChannel channel =
                    FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException _) {
                // Held by this JVM: the same answer as for another process.
            } finally {
                if (lock == null) {
                    channel.close();
                }
            }
            return lock == null ? Optional.empty() : Optional.of(new FolderLock(folder, channel));
        } catch (IOException e) {
            throw WriteFailure.of(folder, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw WriteFailure.of(folder, e);
        }
    }
}
