package dev.daa.train.ppo;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.daa.compute.InputException;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.train.config.Setting;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardScale;
import dev.daa.train.rollout.RewardShaping;
import dev.daa.train.rollout.RolloutSampler;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What a policy-gradient run does with its samples. Defaults are those of the N implementation details (2403.17031).
public record PolicyGradient(
        @Setting(
                value = "ppo, rloo, grpo, reinforce, remax, dr_grpo, dapo, gspo, luspo, cispo, sapo, vespo, gmpo,"
                        + " reinforce_plus_plus or reinforce_plus_plus_baseline; decides what is not set"
                        + " otherwise",
                byDefault = "ppo")
        Algorithm algorithm,

        @Setting(
                value = "gae, returns, greedy, batch-leave-one-out, leave-one-out, centred, standardized or"
                        + " centred-whitened; the algorithm's when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Advantage advantage,

        @Setting(
                value = "ratio π/π_old of a token, a response or, by its mean over tokens, response-mean; the"
                        + " algorithm's when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Ratio ratio,

        @Setting(
                value = "what becomes of the ratio: clip, none, cispo, sapo, vespo or gmpo; the algorithm's when"
                        + " absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Weighting weighting,

        @Setting(
                value = "token-mean, seq-mean-token-mean, seq-mean-token-sum or seq-mean-token-sum-norm (by"
                        + " max_tokens); the algorithm's when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Aggregation aggregation,

        @Setting(
                value = "where the KL penalty stands: reward, or loss (k3); the algorithm's when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        KlPenalty klPenalty,

        @Setting(
                value = "what the policy pays for leaving the reference: kl, or chi2, which is √χ²(π‖π_ref) over whole"
                        + " responses, in the reward (2403.03185); kl when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        PolicyDivergence divergence,

        @Setting(
                value = "whether prompts are left out of an update whose responses all score the same; the"
                        + " algorithm's when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Boolean dropEqual,

        @Setting(
                value = "how often further prompts are sampled in place of those that drop_equal leaves out (dynamic"
                        + " sampling), until the batch is full; after that an update has fewer; the algorithm's when"
                        + " absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Integer refillRounds,

        @Setting(
                value = "share of max_tokens over which the score of a long response falls by up to 1; the"
                        + " algorithm's when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Double overlongShare,

        @Setting(
                value = "responses per prompt; 0 takes 1 for ppo, reinforce, remax and reinforce_plus_plus, 4 for"
                        + " rloo, 16 for dapo, 8 for the others",
                byDefault = "0")
        int samples,

        @Setting(value = "passes over each batch of responses; 0 takes 4 for ppo, 1 for the others", byDefault = "0")
        int passes,

        @Setting(value = "updates per pass, each on its share of the batch", byDefault = "1")
        int miniBatches,

        @Setting(
                value = "factor of KL(π‖π_ref) per response in nats, or of what divergence names; when absent 0.05 for"
                        + " ppo, rloo, grpo, remax and the reinforce ones, and with divergence chi2 or a constraint, 0"
                        + " for the others",
                byDefault = "null")
        @Nullable
        Double klCoefficient,

        @Setting(value = "KL in nats per response that the factor is adapted to; 0 keeps it fixed", byDefault = "0")
        double klTarget,

        @Setting(value = "responses over which the factor adapts", byDefault = "10000")
        double klHorizon,

        @Setting(
                value = "ratio π/π_old is clipped to 1 ± this, for gmpo its logarithm to ± this; when absent the"
                        + " algorithm's, which is 0.2 for most",
                byDefault = "null")
        @Nullable
        Double clipRange,

        @Setting(
                value = "the same upwards, clip_range being downwards; when absent the algorithm's, for most"
                        + " clip_range",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Double clipHigh,

        @Setting(
                value = "bound on the ratio for negative advantages (dual clip, δ of two-sided clipping), such as 3; 0"
                        + " for none",
                byDefault = "0")
        double dualClip,

        @Setting(
                value = "ends the passes over a batch once the approximate KL to the old policy exceeds 1.5 times"
                        + " this; 0 for never",
                byDefault = "0")
        double targetApproxKl,

        @Setting(value = "λ of generalised advantage estimation (gae)", byDefault = "0.95")
        double gaeLambda,

        @Setting(value = "discount γ per token (gae, returns, greedy)", byDefault = "1")
        double discount,

        @Setting(
                value = "divides the token rewards by their standard deviation (gae, returns, greedy)",
                byDefault = "false")
        boolean whitenRewards,

        @Setting(value = "values are clipped to the old ones ± this (gae); 0 for no clipping", byDefault = "0.2")
        double valueClip,

        @Setting(value = "the value network's learning rate, as a multiple of the policy's (gae)", byDefault = "1")
        double valueRate,

        @Setting(
                value = "first steps of a value network in which it learns alone (gae); with rounds, of each round",
                byDefault = "0")
        int valueWarmup,

        @Setting(value = "score of a response without end of sequence; null leaves the reward's own", byDefault = "-1")
        @Nullable
        Double missingEosScore,

        @Setting(value = "scores are clipped to ± this; 0 for no clipping", byDefault = "0")
        double scoreClip,

        @Setting(
                value = "divides scores by their standard deviation on the reference's samples, beside their mean that"
                        + " is subtracted anyway",
                byDefault = "false")
        boolean unitVariance,

        @Setting(
                value = "what becomes of scores beside those of the reference's responses to the same prompt: PAR, LSC,"
                        + " vBoN; none when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        RewardShaping shaping,

        @Setting(
                value = "share of the policy's weights that the reference takes after every step, so that the KL is to"
                        + " a moving average of them (the anchor of WARP, 0.01, and of J-BOND, 0.02); it stays"
                        + " when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Double referenceMix,

        @Setting(
                value = "scores that the policy is to reach, not to exceed, as near to the reference as it can (ξ-PPO,"
                        + " 2310.04373); none when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Constraint constraint,

        @Setting(value = "factor of the entropy bonus: the mean over tokens, in nats", byDefault = "0")
        double entropyCoefficient,

        @Setting(
                value = "γ of PPO-ptx: factor of the mean negative log-likelihood per token of demonstrations, as many"
                        + " as responses in an update",
                byDefault = "0")
        double ptxCoefficient,

        @Setting(
                value = "divides the logits of policy and reference, in sampling and in every log-probability",
                byDefault = "1")
        double temperature) {

    public PolicyGradient {
        if (divergence == PolicyDivergence.CHI2 && klPenalty == KlPenalty.LOSS) {
            throw new InputException("kl_penalty is loss with divergence chi2, expected reward or null: responses pay"
                    + " for χ² in their reward");
        }
        Recipe recipe = algorithm
                .recipe()
                .with(
                        advantage,
                        ratio,
                        weighting,
                        aggregation,
                        place(klPenalty, divergence),
                        clipHigh,
                        dropEqual,
                        refillRounds,
                        overlongShare);
        recipe.requireUse(algorithm, clipRange, clipHigh, dualClip);
        if (klCoefficient == null) {
            // These are about the penalty, so an algorithm that customarily has none has that of PPO.
            boolean needed = divergence == PolicyDivergence.CHI2 || constraint != null;
            klCoefficient = (needed ? Algorithm.PPO : algorithm).klCoefficient();
        }
        clipRange = clipRange == null ? Double.valueOf(algorithm.clipRange()) : clipRange;
        boolean compares = recipe.advantage().comparesSamples();
        if (samples < 0 || ((samples == 0 ? algorithm.samples() : samples) == 1 && compares)) {
            throw new InputException("samples is " + samples + ", expected 0 (the algorithm's) or "
                    + (compares ? "at least 2, as " + algorithm.key() + " compares them" : "more"));
        }
        boolean rationed = recipe.weighting() != Weighting.NONE;
        if (passes < 0 || (passes > 1 && !rationed)) {
            throw new InputException("passes is " + passes + ", expected "
                    + (rationed ? "0 (the algorithm's) or more" : "0 or 1, as " + algorithm.key() + " has no ratio"));
        }
        if (miniBatches < 1) {
            throw new InputException("mini_batches is " + miniBatches + ", expected at least 1");
        }
        if (valueWarmup < 0) {
            throw new InputException("value_warmup is " + valueWarmup + ", expected at least 0 steps");
        }
        notNegative("kl_coefficient", klCoefficient);
        notNegative("kl_target", klTarget);
        positive("kl_horizon", klHorizon);
        positive("clip_range", clipRange);
        notNegative("dual_clip", dualClip);
        if (dualClip > 0 && dualClip <= 1) {
            throw new InputException("dual_clip is " + dualClip + ", expected 0 (none) or more than 1");
        }
        notNegative("target_approx_kl", targetApproxKl);
        notNegative("value_clip", valueClip);
        positive("value_rate", valueRate);
        notNegative("score_clip", scoreClip);
        if (referenceMix != null && !(referenceMix > 0 && referenceMix <= 1)) {
            throw new InputException("reference_mix is " + referenceMix + ", expected more than 0, at most 1, or null");
        }
        if (constraint != null) {
            constraint.requireUse(klCoefficient, klTarget, divergence, unitVariance, shaping);
        }
        notNegative("entropy_coefficient", entropyCoefficient);
        notNegative("ptx_coefficient", ptxCoefficient);
        Sampling.requireDivisor("temperature", temperature);
        if (!(gaeLambda >= 0 && gaeLambda <= 1)) {
            throw new InputException("gae_lambda is " + gaeLambda + ", expected 0 to 1");
        }
        if (!(discount > 0 && discount <= 1)) {
            throw new InputException("discount is " + discount + ", expected more than 0, at most 1");
        }
    }

    /// Factor of the KL penalty.
    @Override
    public Double klCoefficient() {
        return Objects.requireNonNull(klCoefficient);
    }

    /// How far the ratio may fall below 1.
    @Override
    public Double clipRange() {
        return Objects.requireNonNull(clipRange);
    }

    /// What it does, by its algorithm and its own settings.
    Recipe recipe() {
        return algorithm
                .recipe()
                .with(
                        advantage,
                        ratio,
                        weighting,
                        aggregation,
                        place(klPenalty, divergence),
                        clipHigh,
                        dropEqual,
                        refillRounds,
                        overlongShare);
    }

    private static @Nullable KlPenalty place(@Nullable KlPenalty klPenalty, @Nullable PolicyDivergence divergence) {
        return divergence == PolicyDivergence.CHI2 ? KlPenalty.REWARD : klPenalty;
    }

    /// Whether √χ² is what the policy pays for.
    boolean paysForChiSquare() {
        return divergence == PolicyDivergence.CHI2;
    }

    /// The same with another factor of the KL penalty.
    public PolicyGradient withKlCoefficient(double other) {
        return new PolicyGradient(
                algorithm,
                advantage,
                ratio,
                weighting,
                aggregation,
                klPenalty,
                divergence,
                dropEqual,
                refillRounds,
                overlongShare,
                samples,
                passes,
                miniBatches,
                other,
                klTarget,
                klHorizon,
                clipRange,
                clipHigh,
                dualClip,
                targetApproxKl,
                gaeLambda,
                discount,
                whitenRewards,
                valueClip,
                valueRate,
                valueWarmup,
                missingEosScore,
                scoreClip,
                unitVariance,
                shaping,
                referenceMix,
                constraint,
                entropyCoefficient,
                ptxCoefficient,
                temperature);
    }

    /// The reward in the unit that `unit_variance` asks for; closing it closes `reward`.
    ///
    /// @param reward centred on the reference
    /// @param samples of the reference, which the unit is measured on; may be empty without one
    public ResponseReward scaled(ResponseReward reward, List<Sequence> samples, BooleanSupplier cancelled) {
        return unitVariance
                ? RewardScale.of(reward.score(samples, cancelled), 0, 1).applied(reward)
                : reward;
    }

    /// Name of the algorithm, as a config gives it.
    public String name() {
        return algorithm.key();
    }

    /// What tables and figures call it where nobody gave a name: the algorithm, what shapes its scores, and what is
    /// not the customary penalty.
    public String label() {
        return name()
                + (shaping == null ? "" : "-" + Recipe.key(shaping.transform()))
                + (paysForChiSquare() ? "-chi2" : "")
                + (constraint == null ? "" : "-constrained");
    }

    /// Whether its reference follows the policy, and so has weights of its own.
    public boolean movesReference() {
        return referenceMix != null;
    }

    /// Whether it mixes in the likelihood of demonstrations.
    public boolean usesDemonstrations() {
        return ptxCoefficient > 0;
    }

    /// Whether it needs a value network.
    public boolean usesValues() {
        return recipe().advantage() == Advantage.GAE;
    }

    /// Responses per prompt.
    public int samplesPerPrompt() {
        return samples == 0 ? algorithm.samples() : samples;
    }

    /// Shape of its rollouts.
    ///
    /// @param longestPrompt tokens
    /// @param maxTokens of a response
    /// @param stop tokens that end a response
    public RolloutSampler.Shape shape(int longestPrompt, int maxTokens, StopTokens stop) {
        return new RolloutSampler.Shape(longestPrompt, Sampling.full(temperature, maxTokens, stop), samplesPerPrompt());
    }

    int passesPerBatch() {
        return passes == 0 ? algorithm.passes() : passes;
    }

    /// Updates of a step whose passes do not end early.
    int updatesPerStep() {
        return passesPerBatch() * miniBatches;
    }

    /// Refuses a batch that cannot be cut into mini-batches of whole prompts.
    ///
    /// @param batch responses per step
    public void requireDivides(int batch) {
        int unit = samplesPerPrompt() * miniBatches;
        if (batch % unit != 0) {
            throw new InputException("batch is " + batch + ", expected a multiple of " + unit + ": "
                    + samplesPerPrompt() + " responses per prompt in " + miniBatches + " mini-batches");
        }
        if (recipe().advantage() == Advantage.BATCH_LEAVE_ONE_OUT && batch < 2) {
            throw new InputException(
                    "batch is " + batch + ", expected at least 2, as each response is compared with" + " the others");
        }
    }

    /// The policy's loss.
    ///
    /// @param coefficient factor of the KL penalty, where that is part of the loss
    PolicyLoss loss(double coefficient) {
        Recipe recipe = recipe();
        Double high = recipe.clipHigh();
        return new PolicyLoss(
                recipe,
                new Weighting.Bounds(clipRange(), high == null ? clipRange() : high, dualClip),
                recipe.klPenalty() == KlPenalty.LOSS ? coefficient : 0);
    }

    /// The factor of the KL penalty after a batch: fixed, or adapted to a target by Ziegler et al. (1909.08593):
    /// `β·(1 + clip(KL/target − 1, ±0.2)·responses/horizon)`.
    ///
    /// @param coefficient β of the batch
    /// @param kl mean KL of the batch's responses, nats
    double nextKlCoefficient(double coefficient, double kl, int responses) {
        if (klTarget == 0) {
            return coefficient;
        }
        double error = Math.clamp(kl / klTarget - 1, -0.2, 0.2);
        return coefficient * (1 + error * responses / klHorizon);
    }

    private static void notNegative(String key, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new InputException(key + " is " + value + ", expected a finite number of at least 0");
        }
    }

    private static void positive(String key, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new InputException(key + " is " + value + ", expected a finite number above 0");
        }
    }
}
