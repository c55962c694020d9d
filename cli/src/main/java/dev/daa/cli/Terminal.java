package dev.daa.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Where a command writes.
///
/// @param out results, which people pipe into other programs
/// @param err progress, hints and errors
/// @param interactive whether `err` is a screen on which lines can be overwritten
public record Terminal(PrintStream out, PrintStream err, boolean interactive) {
    /// System property with the name of the screen behind `err`, set by the launcher.
    static final String PROPERTY = "daa.terminal";

    /// Writes out what is left of the results.
    ///
    /// @return the command's exit code, which is that of a failure where results were lost
    int flushed(int code) {
        if (!out.checkError() || code != 0) {
            return code;
        }
        err.println("daa: the output is incomplete: it could not be written, as on a full disk or where its reader has"
                + " ended");
        return CommandLineInterface.FAILED;
    }

    /// The terminal that daa was started in.
    static Terminal system() {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        boolean screen = System.getProperty(PROPERTY) != null;
        String kind = System.getenv("TERM");
        return new Terminal(out, System.err, screen && kind != null && !kind.equals("dumb"));
    }
}
