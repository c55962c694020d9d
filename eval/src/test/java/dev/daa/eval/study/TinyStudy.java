package dev.daa.eval.study;

import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import java.util.List;

/// A study small enough for a test: one objective at two β, 32 pairs, 16 prompts.
public final class TinyStudy {
    private static final String YAML = """
        title: tiny
        objectives: [{name: dpo, betas: [0.1, 1.0]}]
        sizes: [{name: tiny, width: 16, layers: 1, heads: 2}]
        seeds: [1]
        sft: {steps: 30, batch: 16, learning_rate: 3e-3}
        preferences: {pairs: 32, held_out: 16}
        align: {epochs: 2, batch: 16, learning_rate: 1e-3}
        evaluation: {checkpoints: [0.5, 1.0], prompts: 16}
        """;

    private TinyStudy() {}

    public static StudyConfig config(Assignment... options) {
        return Configs.read(StudyConfig.class, "tiny", YAML, List.of(options));
    }
}
