package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.DeviceProfile.Kernel;
import dev.daa.compute.DeviceProfile.Passes;
import dev.daa.eval.speed.Pace;
import dev.daa.eval.speed.Workload;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelTableTest {
    /// Of all passes only those since the earlier account, and only sizes that ran since.
    @Test
    void passesAreToldByTheRowsThatTheyComputed() {
        DeviceProfile earlier = new DeviceProfile(
                List.of(new Kernel("linear", 2, 1)), List.of(new Passes(64, 5, 300), new Passes(128, 1, 100)), 0, 0);
        DeviceProfile all = new DeviceProfile(
                List.of(new Kernel("linear", 4, 2)),
                List.of(new Passes(64, 5, 300), new Passes(128, 3, 301), new Passes(4096, 2, 6001)),
                2048,
                0);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        KernelTable.show(
                Workload.GENERATE_S,
                KernelTable.minus(all, earlier),
                2,
                1,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new ArrayList<>());
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("""
            sent to the device 1.0 KiB, fetched 0.0 KiB
            2 passes computed 128 rows each, 100.5 of them their batch's
            2 passes computed 4,096 rows each, 3,000.5 of them their batch's
            """);
    }

    /// What a step of two blocks launches, whatever came before the steps that count.
    @Test
    void aProfileIsThatOfTheStepsThatCount(@TempDir Path folder) throws IOException {
        Path csv = folder.resolve("kernels.csv");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Backend backend = Backend.open("cpu", 1)) {
            KernelTable.profile(
                    backend,
                    new Pace(0, 2, 0, 3),
                    Set.of(Workload.TINY),
                    csv,
                    new PrintStream(out, true, StandardCharsets.UTF_8));
        }
        assertThat(Files.readAllLines(csv))
                .startsWith("workload,kernel,launches,milliseconds")
                .anyMatch(line -> line.startsWith("tiny,attentionBackward,2.00,"))
                .anyMatch(line -> line.startsWith("tiny,linear 64→256,2.00,"))
                .anyMatch(line -> line.startsWith("tiny,tokenLogProb,1.00,"))
                .anyMatch(line -> line.startsWith("tiny,update,1.00,"))
                .noneMatch(line -> line.contains(",-"));
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("per step of tiny", "all kernels ", " of a step of ")
                .doesNotContain("KiB");
    }
}
