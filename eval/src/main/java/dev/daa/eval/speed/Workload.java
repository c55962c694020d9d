package dev.daa.eval.speed;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/// What `daa bench` times. A training step is forward, backward and AdamW, without clipping; a generation step is a
/// whole batch of responses, prompts included, for best of n with their scores.
public enum Workload {
    S("S"),
    M("M"),
    L("L"),
    TINY("tiny"),
    GENERATE_S("generate-S"),
    GENERATE_M("generate-M"),
    SFT_TINY("sft-tiny"),
    PPO_UPDATE("ppo-update"),
    BEST_OF_N("best-of-n"),
    /// For GPUs; takes some 30 GiB of memory.
    GPT2("gpt2"),
    /// For GPUs.
    GENERATE_L("generate-L"),
    /// What a launch costs the host.
    LAUNCHES("launches");

    private final String label;

    Workload(String label) {
        this.label = label;
    }

    /// Its name on the command line.
    public String label() {
        return label;
    }

    /// The workload of this name.
    public static Workload named(String label) {
        return Arrays.stream(values())
                .filter(workload -> workload.label.equalsIgnoreCase(label))
                .findFirst()
                .orElseThrow(() -> new InputException("workload is '" + label + "', expected one of "
                        + Arrays.stream(values()).map(Workload::label).collect(Collectors.joining(", "))));
    }

    public boolean generates() {
        return switch (this) {
            case S, M, L, TINY, GPT2, SFT_TINY, PPO_UPDATE, LAUNCHES -> false;
            case GENERATE_S, GENERATE_M, GENERATE_L, BEST_OF_N -> true;
        };
    }

    /// What is timed where nothing else is asked for: what a machine of two cores can do.
    public static Set<Workload> standard() {
        return EnumSet.complementOf(EnumSet.of(GPT2, GENERATE_L, LAUNCHES));
    }

    /// Builds the model and runs it.
    ///
    /// @param origin what [Timing#firstStep] and [Timing#steadyAfter] count from, as [System#nanoTime]
    public Speed measure(Backend backend, Pace pace, long origin) {
        return switch (this) {
            case S -> TrainingSpeed.pretraining(this, BenchmarkModel.S, backend, pace, origin);
            case M -> TrainingSpeed.pretraining(this, BenchmarkModel.M, backend, pace, origin);
            case L -> TrainingSpeed.pretraining(this, BenchmarkModel.L, backend, pace, origin);
            case TINY -> TrainingSpeed.pairs(this, backend, pace, origin);
            case GENERATE_S -> GenerationSpeed.measure(this, BenchmarkModel.S, backend, pace, origin);
            case GENERATE_M -> GenerationSpeed.measure(this, BenchmarkModel.M, backend, pace, origin);
            case SFT_TINY -> TrainingSpeed.reviews(this, backend, pace, origin);
            case PPO_UPDATE -> RolloutSpeed.update(this, backend, pace, origin);
            case BEST_OF_N -> RolloutSpeed.bestOfN(this, backend, pace, origin);
            case GPT2 -> TrainingSpeed.pretraining(this, BenchmarkModel.GPT2, backend, pace, origin);
            case GENERATE_L -> GenerationSpeed.measure(this, BenchmarkModel.L, backend, pace, origin);
            case LAUNCHES -> TrainingSpeed.pretraining(this, BenchmarkModel.LAUNCHES, backend, pace, origin);
        };
    }
}
