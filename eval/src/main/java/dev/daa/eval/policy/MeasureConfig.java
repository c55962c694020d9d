package dev.daa.eval.policy;

import dev.daa.compute.InputException;
import dev.daa.model.generate.Sampling;
import dev.daa.train.config.Setting;
import dev.daa.train.rollout.LengthPenalty;
import dev.daa.train.rollout.LowerConfidence;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;

/// `daa eval`: one policy against its reference.
public record MeasureConfig(
        @Setting("model folder of the policy") Path model,

        @Setting("model folder of the reference, often the SFT model")
        Path reference,

        @Setting("rows with a prompt, in any layout of docs/data.md")
        Path data,

        @Setting(value = "use the first prompts only; 0 uses all", byDefault = "0")
        int prompts,

        @Setting(value = "responses per prompt", byDefault = "1")
        int samples,

        @Setting(value = "divides the logits, of the reference too", byDefault = "1")
        double temperature,

        @Setting(value = "longest response in tokens", byDefault = "128")
        int maxTokens,

        @Setting(value = "reward-model folders that score the responses; several are an ensemble", byDefault = "[]")
        List<Path> reward,

        @Setting(value = "how several become one score: mean, worst-case, uncertainty or kl-dro", byDefault = "mean")
        RewardEnsemble.Rule combine,

        @Setting(
                value = "factor of the variance for uncertainty and, where small, for kl-dro: 0.5 for choosing as"
                        + " Coste et al. have it for best of n, where ppo and online take 0.1",
                byDefault = "0.5")
        double penalty,

        @Setting("lower confidence bound of the reward models")
        LowerConfidence lowerConfidence,

        @Setting("what comes off each reward model's score for the length of a response")
        LengthPenalty lengthPenalty,

        @Setting(value = "responses generated at the same time", byDefault = "64")
        int batch,

        @Setting(value = "seed of the samples", byDefault = "1")
        long seed,

        @Setting("where to compute") Placement placement) {
    public MeasureConfig {
        atLeast(0, "prompts", prompts);
        atLeast(1, "samples", samples);
        atLeast(1, "max_tokens", maxTokens);
        atLeast(1, "batch", batch);
        Sampling.requireDivisor("temperature", temperature);
        if (reward.isEmpty()) {
            absent("combine", combine != RewardEnsemble.Rule.MEAN);
            absent("lower_confidence.factor", lowerConfidence.factor() > 0);
            absent("length_penalty", lengthPenalty.isOn());
        }
    }

    private static void absent(String key, boolean set) {
        if (set) {
            throw new InputException(key + " is set and reward is empty, expected --reward or no " + key
                    + ": it says how reward models score");
        }
    }

    private static void atLeast(int least, String key, int value) {
        if (value < least) {
            throw new InputException(key + " is " + value + ", expected at least " + least);
        }
    }
}
