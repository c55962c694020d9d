package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendProvider;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.train.run.Build;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `daa devices`: what daa can compute on here, and what to do about what it cannot.
@Command(name = "devices", description = "Lists what daa can compute on here, and what to do about what it cannot.")
final class DevicesCommand implements Callable<Integer> {
    private final Terminal terminal;

    DevicesCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        PrintStream out = terminal.out();
        Build build = Build.current();
        Runtime runtime = Runtime.getRuntime();
        out.println("daa      " + build.version() + " (" + build.revisionInWords() + ")");
        out.println("JDK      " + Runtime.version() + ", " + System.getProperty("java.home"));
        out.printf(
                Locale.ROOT,
                "host     %s %s, %d cores, heap up to %,d MiB%n",
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                runtime.availableProcessors(),
                runtime.maxMemory() >> 20);
        boolean tornado = false;
        for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
            tornado |= provider.name().equals("tornado");
            out.printf("%-8s %s%n", provider.name(), described(provider, runtime.availableProcessors()));
            devices(provider).forEach(device -> out.printf("%-8s --backend %s:%s%n", "", provider.name(), device));
        }
        if (!tornado) {
            out.printf(
                    "%-8s %s%n",
                    "tornado",
                    "left out of this build: set TORNADOVM_HOME to TornadoVM's SDK (docs/gpu.md), then ./daa builds it"
                            + " in");
        }
        return 0;
    }

    private static List<String> devices(BackendProvider provider) {
        try {
            return provider.devices();
        } catch (InputException _) {
            return List.of(); // said by the backend's own line
        }
    }

    /// The backend's own words, or why it does not open; a broken driver can fail with any throwable.
    private static String described(BackendProvider provider, int threads) {
        try (Backend backend = provider.open("", threads, MatmulPrecision.FP32)) {
            return backend.description();
        } catch (InputException | LinkageError | IllegalStateException failure) {
            return "does not open: " + failure.getMessage();
        }
    }
}
