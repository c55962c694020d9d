package dev.daa.compute.cpu.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.cpu.parallel.Workers;
import org.junit.jupiter.api.Test;

class GemmPeakTest {
    @Test
    void measuresASpeedThatAMachineCanHave() {
        try (Workers workers = new Workers(1)) {
            GemmPeak peak = GemmPeak.measure(workers);
            assertThat(peak.gflops()).isBetween(0.1, 2_000.0);
            assertThat(peak.describe()).startsWith("GEMM");
        }
    }

    @Test
    void saysBothNumbersWhenTheKernelsAreSlow() {
        assertThat(new GemmPeak(21.4, 80).describe()).startsWith("GEMM runs at 21 GFLOP/s, expected at least 80");
        assertThat(new GemmPeak(21.4, 80).isLow()).isTrue();
        assertThat(new GemmPeak(104, 80).describe()).isEqualTo("GEMM peak 104 GFLOP/s");
    }
}
