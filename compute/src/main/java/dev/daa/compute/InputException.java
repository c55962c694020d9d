package dev.daa.compute;

import org.jspecify.annotations.Nullable;

/// Input that a person can correct: a file, a config key, a data row, a model folder or a machine too small.
///
/// The message is one line that names the place, what was found, what was expected and the remedy. The command
/// line prints it without a stack trace and exits with 2; everything else that is thrown is a defect and exits
/// with 1.
public final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InputException(String message) {
        super(message);
    }

    public InputException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /// "place: found F, expected E; remedy", the house's order of words.
    ///
    /// @param place file (with line and column where known), config key or option
    /// @param found what is there
    /// @param expected what should be there
    /// @param remedy what to do about it; empty when the expectation says it
    public static InputException of(String place, String found, String expected, String remedy) {
        String message = place + ": found " + found + ", expected " + expected;
        return new InputException(remedy.isEmpty() ? message : message + "; " + remedy);
    }
}
