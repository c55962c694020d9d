package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.eval.speed.ProductPeak;
import dev.daa.eval.speed.Speed;
import dev.daa.eval.speed.Timing;
import dev.daa.eval.speed.Workload;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class BenchCommandTest {
    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @Test
    void measuresWhatIsAsked() {
        assertThat(terminal.run("bench", "--only", "tiny", "--threads", "1", "--seconds", "0.05", "--json"))
                .isZero();
        JsonNode report = JsonMapper.shared().readTree(terminal.out());
        assertThat(report.path("workloads")).hasSize(1);
        JsonNode tiny = report.path("workloads").get(0);
        assertThat(tiny.path("name").asString()).isEqualTo("tiny");
        assertThat(tiny.path("steps").asInt()).isGreaterThanOrEqualTo(5);
        double median = tiny.path("step_ms").asDouble();
        assertThat(median)
                .isBetween(
                        tiny.path("step_ms_fastest").asDouble(),
                        tiny.path("step_ms_slowest").asDouble());
        assertThat(tiny.path("peak_share").asDouble())
                .isCloseTo(
                        tiny.path("gflops_per_second").asDouble()
                                / report.path("gemm_peak_gflops").asDouble(),
                        within(1e-9));
    }

    @Test
    void showsALineForEachWorkload() {
        assertThat(terminal.run("bench", "--only", "tiny", "--threads", "1", "--seconds", "0.05"))
                .isZero();
        assertThat(terminal.out()).contains("GEMM").containsPattern("(?m)^tiny +DPO, 64 pairs, packed +[0-9.,]+ ");
        assertThat(terminal.err()).isEmpty();
    }

    /// Policy and value network read each token; what the rollout took does not count.
    @Test
    void timesWhatClassicalRlhfDoes() {
        assertThat(terminal.run(
                        "bench",
                        "--only",
                        "sft-tiny,ppo-update,best-of-n",
                        "--threads",
                        "1",
                        "--seconds",
                        "0.05",
                        "--json"))
                .isZero();
        JsonNode workloads = JsonMapper.shared().readTree(terminal.out()).path("workloads");
        assertThat(workloads).hasSize(3);
        JsonNode update = workloads.path(1);
        double tokens = update.path("tokens_per_second").asDouble()
                * update.path("step_ms").asDouble()
                / 1e3;
        assertThat(tokens).isBetween(2.0 * 128 * 19, 2.0 * 128 * 22 + 1e-6);
        JsonNode bestOfN = workloads.path(2);
        assertThat(bestOfN.path("tokens_per_second").asDouble()
                        * bestOfN.path("step_ms").asDouble()
                        / 1e3)
                .isCloseTo(4 * (3 + 64 * 20), within(1e-3));
    }

    @Test
    void aWorkloadThatFailsLeavesTheOthersTheirRows() {
        BenchCommand.Measuring measuring = (workload, _) -> {
            if (workload == Workload.S) {
                throw new InputException("needs 9 GiB of memory");
            }
            return new Speed(workload, 64, Double.NaN, new Timing(0.5, 0.5, 0.5, 3, 1.5, 1, 2));
        };
        BenchTable table = new BenchTable(terminal.terminal().out(), "cpu", new ProductPeak(100, "GEMM peak"));
        assertThatThrownBy(() -> BenchCommand.measure(EnumSet.of(Workload.S, Workload.M), measuring, table, false))
                .isInstanceOf(InputException.class);
        assertThat(terminal.out())
                .containsPattern("(?m)^S +training, 16 × 128 tokens +failed: needs 9 GiB of memory$")
                .containsPattern("(?m)^M +training, 8 × 256 tokens +500 ");
    }

    @Test
    void refusesAFileOfKernelsThatCannotBeWrittenBeforeItMeasures(@TempDir Path folder) {
        Path csv = folder.resolve("absent").resolve("kernels.csv");
        assertThat(terminal.run("bench", "--only", "tiny", "--profile", csv.toString()))
                .isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: --profile: found " + csv + ", expected a file in a folder that can be written\n");
        assertThat(terminal.run("bench", "--only", "tiny", "--profile", folder.toString()))
                .isEqualTo(2);
        assertThat(terminal.err()).endsWith(folder + ", a folder, expected a file to be written\n");
    }

    @Test
    void refusesAnUnknownWorkload() {
        assertThat(terminal.run("bench", "--only", "S,XL")).isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: workload is 'XL', expected one of S, M, L, tiny, generate-S, generate-M,"
                        + " sft-tiny, ppo-update, best-of-n, gpt2, generate-L, launches\n");
        assertThat(terminal.out()).isEmpty();
    }
}
