package dev.daa.cli;

import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Where `daa` starts.
public final class Main {
    private Main() {}

    /// Runs one command and exits with its code: 0 done, 1 failed, 2 bad input, 130 interrupted after a checkpoint.
    public static void main(String[] arguments) {
        useLaunchersTerminal();
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            System.err.println("daa: the JVM runs without the Vector API; start ./daa, or java"
                    + " --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED -jar daa.jar");
            System.exit(2);
        }
        System.exit(new CommandLineInterface(Terminal.system()).run(arguments));
    }

    /// The launcher filters the JVM's standard error through a pipe and hands the terminal over under another name.
    private static void useLaunchersTerminal() {
        String terminal = System.getProperty(Terminal.PROPERTY);
        if (terminal != null) {
            try {
                System.setErr(new PrintStream(new FileOutputStream(terminal, true), true, StandardCharsets.UTF_8));
            } catch (FileNotFoundException e) {
                System.clearProperty(Terminal.PROPERTY);
            }
        }
    }
}
