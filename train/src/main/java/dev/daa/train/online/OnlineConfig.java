package dev.daa.train.online;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.objective.ObjectiveChoice;
import dev.daa.train.rollout.LengthPenalty;
import dev.daa.train.rollout.LowerConfidence;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `daa online`: alignment of a model folder on its own samples, labelled by reward models.
public record OnlineConfig(
        @Setting("model folder to start from") Path model,

        @Setting(value = "model folder of the reference; the model itself when absent", byDefault = "null") @Nullable
        Path reference,

        @Setting("reward-model folders that label; several are an ensemble")
        List<Path> reward,

        @Setting(value = "how several become one score: mean, worst-case, uncertainty or kl-dro", byDefault = "mean")
        RewardEnsemble.Rule combine,

        @Setting(
                value = "factor of the variance for uncertainty and, where small, for kl-dro: 0.1 for training as"
                        + " Coste et al. have it for PPO, where best-of-n, score and eval take 0.5",
                byDefault = "0.1")
        double penalty,

        @Setting("lower confidence bound of the reward models")
        LowerConfidence lowerConfidence,

        @Setting("what comes off each reward model's score for the length of a response")
        LengthPenalty lengthPenalty,

        @Setting("rows (JSONL or Parquet) with a prompt, as text or as prompt_ids")
        Path data,

        @Setting("folder of the run; an interrupted run there goes on")
        Path out,

        @Setting("how pairs are made and learned from") Online method,

        @Setting(value = "jars or folders with objective classes of yours", byDefault = "[]")
        List<Path> classpath,

        @Setting(value = "longest response in tokens", byDefault = "53")
        int maxTokens,

        @Setting(
                value = "prompts that the reference answers before training, whose mean score becomes 0; 0 for none",
                byDefault = "256")
        int centringPrompts,

        @Setting("how the model is updated; batch counts pairs")
        TrainingConfig training,

        @Setting("adapters that are trained instead of the model")
        LoraConfig lora,

        @Setting(value = "checkpoints, as fractions of the training", byDefault = "[0.25, 0.5, 0.75, 1.0]")
        List<Double> checkpoints,

        @Setting(value = "seed of prompts, samples and labels", byDefault = "1")
        long seed,

        @Setting("where to compute") Placement placement) {

    public OnlineConfig {
        RewardFolders.requireNamed(reward);
        if (maxTokens < 1) {
            throw new InputException("max_tokens is " + maxTokens + ", expected at least 1");
        }
        combine.requireCentring(reward.size(), centringPrompts);
        lengthPenalty.requireSamples(centringPrompts);
        method = method.resolved(classpath);
    }

    ObjectiveChoice choice() {
        return method.choice(classpath);
    }
}
