package dev.daa.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/// The machine that a command runs on, for reports.
final class Machine {
    private Machine() {}

    /// Processor, cores, memory, system and JDK in one line.
    static String description() {
        long memory = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? system.getTotalMemorySize() >> 30
                : 0;
        return String.format(
                Locale.ROOT,
                "%s, %d cores, %d GiB, %s %s, JDK %s",
                processor(),
                Runtime.getRuntime().availableProcessors(),
                memory,
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.version().feature());
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown processor");
        } catch (IOException | java.io.UncheckedIOException e) {
            return "unknown processor";
        }
    }
}
