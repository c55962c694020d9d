package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.speed.Pace;
import dev.daa.eval.speed.ProductPeak;
import dev.daa.eval.speed.Speed;
import dev.daa.eval.speed.Workload;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `daa bench`: how fast this machine trains and generates.
@Command(
        name = "bench",
        description = {
            "Measures training steps and generation of fixed models on this machine, in about three minutes.",
            "It prints time, tokens/s, and the share of the speed that the matrix product alone reaches.",
            "",
            "S, M, L are GPT-2-like models of 1, 14 and 162 million parameters on random tokens; tiny is the model of",
            "the quick study on DPO pairs; generate-S and generate-M sample 64 responses of 64 tokens at a time.",
            "With tiny's model, sft-tiny fine-tunes on 128 reviews; ppo-update makes one pass of PPO over 128",
            "responses, without the rollout (policy and value network, so a token counts twice); best-of-n samples",
            "64 responses to each of 4 prompts and scores them by a reward model of the same size.",
            "For GPUs there are gpt2, GPT-2 small on 16 × 1,024 tokens, generate-L, and launches: the graph of L",
            "on two tokens of a model eight values wide, so that starting its kernels is all there is."
        })
final class BenchCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "NAME",
            description = "Workloads: S, M, L, tiny, generate-S, generate-M, sft-tiny, ppo-update, best-of-n, gpt2,"
                    + " generate-L, launches. [the first nine]")
    private List<String> only = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "Threads; 0 takes one per core. [0]")
    private int threads;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How long each workload warms up, and again how long it counts. [${DEFAULT-VALUE}]")
    private double seconds = 5;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = Backend.AUTO,
            description = "Where graphs run: cpu, or what `daa devices` lists; auto takes the first GPU, else the CPU."
                    + " [${DEFAULT-VALUE}]")
    private String place = Backend.AUTO;

    @Option(
            names = "--matmul-precision",
            paramLabel = "NAME",
            defaultValue = "fp32",
            description = "Matrix products: fp32, on CUDA devices also tf32 or bf16. [${DEFAULT-VALUE}]")
    private String precision = "fp32";

    @Option(
            names = "--profile",
            paramLabel = "CSV",
            description = "Instead of speeds: the time of each kernel, what is copied, and what a launch costs beside"
                    + " its kernel, as a table; kernels also in this file.")
    private @Nullable Path profile;

    @Option(names = "--json", description = "Print one line of JSON instead of the tables.")
    private boolean json;

    BenchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Set<Workload> workloads = EnumSet.copyOf(Workload.standard());
        if (!only.isEmpty()) {
            workloads.clear();
            only.forEach(name -> workloads.add(Workload.named(name.strip())));
        }
        Pace pace = Pace.of(seconds);
        if (threads < 0) {
            throw new InputException("threads is " + threads + ", expected 0 (one per core) or more");
        }
        int workers = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        if (profile != null) {
            KernelTable.requireWritable(profile);
        }
        try (Backend backend = Backend.open(place, workers, MatmulPrecision.of(precision))) {
            if (profile != null) {
                KernelTable.profile(backend, pace, workloads, profile, terminal.out());
                return 0;
            }
            ProductPeak peak = ProductPeak.measure(backend, workers);
            BenchTable table = new BenchTable(terminal.out(), backend.description(), peak);
            measure(workloads, (workload, origin) -> workload.measure(backend, pace, origin), table, json);
        }
        return 0;
    }

    /// How a workload is measured, from `origin` on, a time of [System#nanoTime].
    @FunctionalInterface
    interface Measuring {
        Speed measure(Workload workload, long origin);
    }

    /// Measures one workload after the other and shows them. One that fails has a row that says so, and the others
    /// go on.
    ///
    /// @throws RuntimeException the first failure, at the end
    static void measure(Set<Workload> workloads, Measuring measuring, BenchTable table, boolean json) {
        if (!json) {
            table.heading();
        }
        List<Speed> speeds = new ArrayList<>();
        Map<Workload, RuntimeException> failures = new LinkedHashMap<>();
        long origin = virtualMachineStart();
        for (Workload workload : workloads) {
            try {
                Speed speed = measuring.measure(workload, origin);
                speeds.add(speed);
                if (!json) {
                    table.row(speed);
                }
            } catch (RuntimeException failure) {
                failures.put(workload, failure);
                if (!json) {
                    table.failed(workload, failure);
                }
            }
            origin = System.nanoTime();
        }
        if (json) {
            table.json(speeds, failures);
        } else {
            table.notes();
        }
        for (RuntimeException failure : failures.values()) {
            throw failure;
        }
    }

    /// When the virtual machine started, on the clock of [System#nanoTime].
    private static long virtualMachineStart() {
        long started = ManagementFactory.getRuntimeMXBean().getStartTime();
        return System.nanoTime() - (System.currentTimeMillis() - started) * 1_000_000;
    }
}
