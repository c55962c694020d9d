package dev.daa.eval.study.config;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.TrainingConfig;

/// A reward model in the place of the gold reward, as in Gao et al. (2210.10760): trained on many comparisons that the
/// exact gold labels, then frozen; one for all bases of a study.
public record GoldModel(
        @Setting(
                value = "its size, which should exceed that of every proxy",
                byDefault = "{name: gold, width: 128, layers: 3, heads: 4}")
        StudyConfig.Size size,

        @Setting(
                value = "pairs of SFT samples that it learns from, labelled by the exact gold with the preferences'"
                        + " temperature",
                byDefault = "40000")
        int comparisons,

        @Setting(value = "seed of its SFT model, comparisons and training", byDefault = "1")
        long seed,

        @Setting(
                value = "how it is trained",
                byDefault = "{epochs: 1, batch: 64, learning_rate: 1e-3, schedule: cosine, warmup: 50}")
        TrainingConfig training) {
    /// What labels the preferences and is reported as gold.
    public enum Kind {
        /// The world's formula.
        EXACT,
        /// A reward model trained on it.
        MODEL
    }

    public GoldModel {
        if (comparisons < 2) {
            throw new InputException("gold_model.comparisons is " + comparisons + ", expected at least 2");
        }
    }

    /// The SFT model that it starts from.
    public Cell.Base base() {
        return new Cell.Base(size, seed);
    }

    public int steps() {
        return training.stepsOver(comparisons);
    }
}
