package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.DeviceProfile;
import dev.daa.compute.DeviceProfile.Kernel;
import dev.daa.compute.DeviceProfile.Passes;
import dev.daa.eval.speed.Workload;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
}
