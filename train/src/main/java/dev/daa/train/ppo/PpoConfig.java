package dev.daa.train.ppo;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.rollout.LengthPenalty;
import dev.daa.train.rollout.LowerConfidence;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `daa ppo`: reinforcement of a model folder on the scores of reward models.
public record PpoConfig(
        @Setting("model folder to start from") Path model,

        @Setting(value = "model folder of the reference; the model itself when absent", byDefault = "null") @Nullable
        Path reference,

        @Setting("reward-model folders, as `daa reward` leaves them; several are an ensemble")
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

        @Setting(
                value = "model folder that the value network starts from; the first reward model when absent (gae)",
                byDefault = "null")
        @Nullable
        Path value,

        @Setting("rows (JSONL or Parquet) with a prompt, as text or as prompt_ids")
        Path data,

        @Setting(
                value = "demonstrations or texts whose likelihood ptx_coefficient mixes in, rows as for `daa sft`",
                byDefault = "null")
        @Nullable
        Path demonstrations,

        @Setting("folder of the run; an interrupted run there goes on")
        Path out,

        @Setting("what is done with the samples") PolicyGradient method,

        @Setting(value = "longest response in tokens", byDefault = "53")
        int maxTokens,

        @Setting(
                value = "prompts that the reference answers before training, whose mean score becomes 0; 0 for none",
                byDefault = "256")
        int centringPrompts,

        @Setting(
                value = "how the models are updated; batch counts responses",
                byDefault = "{schedule: linear, epsilon: 1e-5, learning_rate: 3e-6}")
        TrainingConfig training,

        @Setting("adapters that are trained instead of the model")
        LoraConfig lora,

        @Setting(value = "checkpoints, as fractions of the training", byDefault = "[0.25, 0.5, 0.75, 1.0]")
        List<Double> checkpoints,

        @Setting(value = "seed of prompts, samples and mini-batches", byDefault = "1")
        long seed,

        @Setting("where to compute") Placement placement) {

    public PpoConfig {
        RewardFolders.requireNamed(reward);
        if (maxTokens < 1) {
            throw new InputException("max_tokens is " + maxTokens + ", expected at least 1");
        }
        Constraint constraint = method.constraint();
        if (constraint != null && constraint.count() > 1) {
            if (constraint.count() != reward.size()) {
                throw new InputException("proxy_points is " + constraint.proxyPoints() + " with reward " + reward
                        + ", expected one for each reward model, or one for all of them as one reward");
            }
            if (combine != RewardEnsemble.Rule.MEAN) {
                throw new InputException("combine is set with a proxy point for each reward model, expected it absent:"
                        + " multipliers combine them");
            }
        }
        combine.requireCentring(reward.size(), centringPrompts);
        lengthPenalty.requireSamples(centringPrompts);
        if (method.usesDemonstrations() != (demonstrations != null)) {
            throw new InputException("ptx_coefficient is " + method.ptxCoefficient() + " and demonstrations is "
                    + demonstrations + ", expected both or neither");
        }
        if (method.movesReference() && reference != null) {
            throw new InputException("reference is " + reference + " with reference_mix " + method.referenceMix()
                    + ", expected none: what moves starts as the model itself");
        }
        if (method.unitVariance() && centringPrompts < 2) {
            throw new InputException("unit_variance is true with centring_prompts " + centringPrompts
                    + ", expected at least 2 prompts to measure the variance on");
        }
        method.requireDivides(training.batch());
    }
}
