package dev.daa.train.rollout;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Whether reward models count by their lower confidence bound, see [LowerConfidenceReward].
public record LowerConfidence(
        @Setting(value = "c of the bound r − c·√d·‖φ − μ‖; 0 takes the score itself", byDefault = "0")
        double factor,

        @Setting(
                value = "the preference pairs that the reward models learned from, needed for factor above 0",
                byDefault = "null")
        @Nullable
        Path comparisons,

        @Setting(value = "λ that is added to the diagonal of Σ", byDefault = "1")
        double ridge) {

    public LowerConfidence {
        if (!(factor >= 0) || Double.isInfinite(factor)) {
            throw new InputException("lower_confidence.factor is " + factor + ", expected 0 or a number above");
        }
        if (factor > 0 != (comparisons != null)) {
            throw new InputException("lower_confidence.factor is " + factor + " and lower_confidence.comparisons is "
                    + comparisons + ", expected both or neither");
        }
        if (!(ridge > 0) || Double.isInfinite(ridge)) {
            throw new InputException("lower_confidence.ridge is " + ridge + ", expected a number above 0");
        }
    }
}
