package dev.daa.eval.speed;

import dev.daa.compute.Backend;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// Times sampling at temperature 1 with a key-value cache: 64 responses at a time, each to a prompt of its own.
final class GenerationSpeed {
    static final int RESPONSES = 64;
    static final int PROMPT_TOKENS = 16;
    static final int NEW_TOKENS = 64;

    private GenerationSpeed() {}

    static Speed measure(Workload workload, BenchmarkModel size, Backend backend, Pace pace, long origin) {
        TransformerConfig config = size.config();
        RandomGenerator random = new Seeds(1).stream("prompts");
        List<int[]> prompts = Stream.generate(
                        () -> random.ints(PROMPT_TOKENS, 0, config.vocabulary()).toArray())
                .limit(RESPONSES)
                .toList();
        Sampling sampling = Sampling.full(1, NEW_TOKENS, StopTokens.NONE);
        try (Generator generator =
                new Generator(backend, TrainingSpeed.model(backend, config), RESPONSES, PROMPT_TOKENS, NEW_TOKENS)) {
            Timing timing = Timing.measure(() -> generator.generate(prompts, 1, sampling, 1), pace, origin);
            return new Speed(workload, RESPONSES * NEW_TOKENS, Double.NaN, timing);
        }
    }
}
