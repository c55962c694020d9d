package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Why something could not be written, in words.
public final class WriteFailure {
    private WriteFailure() {}

    /// The exception to throw for a failed write: one clear line for what a person can mend, the plain failure
    /// else, such as a disk that does not answer.
    ///
    /// @param file what was to be written, under the name that it was to have
    public static RuntimeException of(Path file, IOException cause) {
        return of(file, "--out folder", cause);
    }

    /// @param option names the place that the file has from the user, as `--out folder` does
    public static RuntimeException of(Path file, String option, IOException cause) {
        String reason = reason(cause);
        if (isDiskFull(reason)) {
            return new InputException(
                    file
                            + ": the disk is full; free some space or choose another " + option
                            + ", then run the same command",
                    cause);
        }
        if (reason.contains("File too large")) {
            return new InputException(
                    file
                            + ": the limit on the size of files is reached; raise it (ulimit -f), then run the same"
                            + " command",
                    cause);
        }
        if (isQuotaUsed(reason)) {
            return new InputException(
                    file + ": the disk quota is used up; free some space or choose another " + option, cause);
        }
        if (reason.contains("Not a directory") || cause instanceof FileAlreadyExistsException) {
            return new InputException(file + ": a file lies where a folder is needed; choose another " + option, cause);
        }
        if (cause instanceof FileSystemException && !reason.contains("Input/output error")) {
            String words = switch (cause) {
                case AccessDeniedException _ -> "access denied";
                case NoSuchFileException _ -> "no such folder";
                default -> reason;
            };
            return new InputException(file + ": cannot be written (" + words + "); choose another " + option, cause);
        }
        return new UncheckedIOException(file + ": cannot be written (" + reason + ")", cause);
    }

    /// Whether it came of a lack of space, so that nothing else can be written either.
    public static boolean isOfSpace(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException written && (isDiskFull(reason(written)) || isQuotaUsed(reason(written)))) {
                return true;
            }
        }
        return false;
    }

    private static String reason(IOException cause) {
        return String.valueOf(cause instanceof FileSystemException system ? system.getReason() : cause.getMessage());
    }

    private static boolean isDiskFull(String reason) {
        return reason.contains("No space left") || reason.contains("not enough space");
    }

    private static boolean isQuotaUsed(String reason) {
        return reason.contains("quota exceeded") || reason.contains("Disk quota");
    }
}
