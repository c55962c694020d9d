package dev.daa.cli;

import dev.daa.eval.speed.ProductPeak;
import dev.daa.eval.speed.Speed;
import dev.daa.eval.speed.Timing;
import dev.daa.eval.speed.Workload;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// Shows measured speeds: a line each, or one line of JSON.
final class BenchTable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String ROW = "%-11s %-29s %8s %15s %9s %8s %5s %7s %7s  %-10s  %s%n";

    private final PrintStream out;
    private final String backend;
    private final ProductPeak peak;

    /// @param backend what ran, in its own words
    /// @param peak of the matrix product, on the same backend
    BenchTable(PrintStream out, String backend, ProductPeak peak) {
        this.out = out;
        this.backend = backend;
        this.peak = peak;
    }

    void heading() {
        out.println("machine    " + Machine.description());
        out.println("backend    " + backend);
        out.println("matrices   " + peak.description());
        out.println();
        out.printf(
                ROW,
                "workload",
                "step",
                "ms",
                "fastest–slowest",
                "tokens/s",
                "GFLOP/s",
                "peak",
                "first s",
                "steady",
                "target",
                PeerFigures.HEADING);
        out.flush();
    }

    void row(Speed speed) {
        Timing timing = speed.timing();
        PeerFigures others = PeerFigures.of(speed.workload());
        boolean counted = !Double.isNaN(speed.operations());
        out.printf(
                ROW,
                speed.workload().label(),
                step(speed.workload()),
                milliseconds(timing.median()),
                milliseconds(timing.fastest()) + "–" + milliseconds(timing.slowest()),
                String.format(Locale.ROOT, "%,.0f", speed.tokensPerSecond()),
                counted ? String.format(Locale.ROOT, "%.0f", speed.gigaflops()) : "–",
                counted ? String.format(Locale.ROOT, "%.0f %%", 100 * share(speed)) : "–",
                String.format(Locale.ROOT, "%.1f", timing.firstStep()),
                Double.isNaN(timing.steadyAfter()) ? "never" : String.format(Locale.ROOT, "%.1f", timing.steadyAfter()),
                others.target(),
                others.elsewhere());
        out.flush();
    }

    void failed(Workload workload, RuntimeException failure) {
        out.printf("%-11s %-29s failed: %s%n", workload.label(), step(workload), failure.getMessage());
        out.flush();
    }

    void notes() {
        out.println();
        out.printf(
                Locale.ROOT,
                "ms: median over the steps after warm-up. peak: share of %.0f GFLOP/s. first s, steady: seconds until"
                        + " the first step was done and until %d steps%nin a row took at most %.1f medians; since the"
                        + " program's start in the first line, since the line before in the others.%ntarget, elsewhere:"
                        + " for two cores of an AMD EPYC with AVX-512, ms a training step or generated tokens/s. What"
                        + " others reached was measured there%nin another session, not here: an indication.%n",
                peak.gflops(),
                Timing.STEADY_STEPS,
                Timing.STEADY);
    }

    void json(List<Speed> speeds, Map<Workload, RuntimeException> failures) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("machine", Machine.description());
        report.put("backend", backend);
        report.put("gemm_peak_gflops", peak.gflops());
        report.put("workloads", speeds.stream().map(this::fields).toList());
        if (!failures.isEmpty()) {
            Map<String, String> messages = new LinkedHashMap<>();
            failures.forEach(
                    (workload, failure) -> messages.put(workload.label(), String.valueOf(failure.getMessage())));
            report.put("failed", messages);
        }
        out.println(JSON.writeValueAsString(report));
    }

    private Map<String, Object> fields(Speed speed) {
        Timing timing = speed.timing();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", speed.workload().label());
        fields.put("step_ms", 1e3 * timing.median());
        fields.put("step_ms_fastest", 1e3 * timing.fastest());
        fields.put("step_ms_slowest", 1e3 * timing.slowest());
        fields.put("steps", timing.steps());
        fields.put("tokens_per_second", speed.tokensPerSecond());
        if (!Double.isNaN(speed.operations())) {
            fields.put("gflops_per_second", speed.gigaflops());
            fields.put("peak_share", share(speed));
        }
        fields.put("first_step_seconds", timing.firstStep());
        if (!Double.isNaN(timing.steadyAfter())) {
            fields.put("steady_after_seconds", timing.steadyAfter());
        }
        return fields;
    }

    private double share(Speed speed) {
        return speed.gigaflops() / peak.gflops();
    }

    private static String step(Workload workload) {
        return switch (workload) {
            case S -> "training, 16 × 128 tokens";
            case M -> "training, 8 × 256 tokens";
            case L -> "training, 4 × 128 tokens";
            case TINY -> "DPO, 64 pairs, packed";
            case GPT2 -> "training, 16 × 1,024 tokens";
            case LAUNCHES -> "training, 1 × 2 tokens";
            case GENERATE_S, GENERATE_M, GENERATE_L -> "64 responses, 16 + 64 tokens";
            case SFT_TINY -> "SFT, 128 reviews, packed";
            case PPO_UPDATE -> "PPO's update, 128 responses";
            case BEST_OF_N -> "4 × 64 responses and scores";
        };
    }

    private static String milliseconds(double seconds) {
        double value = 1e3 * seconds;
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
