package dev.daa.train.ppo;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/// Policy-gradient algorithms: names for what their papers set. All sample, score and update in the same loop; what
/// differs is the advantage ([Advantages]) and the loss ([PolicyLoss]).
public enum Algorithm {
    /// Proximal policy optimisation with a value network (Schulman et al. 1707.06347; details of 2403.17031).
    PPO(
            1,
            4,
            0.2,
            0.05,
            Recipe.of(Advantage.GAE, Ratio.TOKEN, Weighting.CLIP, Aggregation.TOKEN_MEAN, KlPenalty.REWARD)),
    /// REINFORCE leave-one-out (Ahmadian et al. 2402.14740).
    RLOO(
            4,
            1,
            0.2,
            0.05,
            Recipe.of(
                    Advantage.LEAVE_ONE_OUT,
                    Ratio.RESPONSE,
                    Weighting.CLIP,
                    Aggregation.SEQ_MEAN_TOKEN_MEAN,
                    KlPenalty.REWARD)),
    /// Group relative policy optimisation (2402.03300).
    GRPO(8, 1, 0.2, 0.05, Recipe.grouped(Ratio.TOKEN, Weighting.CLIP, Aggregation.SEQ_MEAN_TOKEN_MEAN)),
    /// REINFORCE with the batch's other responses as baseline; no ratio, so one pass over each batch.
    REINFORCE(
            1,
            1,
            0.2,
            0.05,
            Recipe.of(
                    Advantage.BATCH_LEAVE_ONE_OUT,
                    Ratio.TOKEN,
                    Weighting.NONE,
                    Aggregation.SEQ_MEAN_TOKEN_SUM,
                    KlPenalty.REWARD)),
    /// ReMax (2310.10505): the score of the greedy response as baseline; no ratio, so one pass over each batch.
    REMAX(
            1,
            1,
            0.2,
            0.05,
            Recipe.of(Advantage.GREEDY, Ratio.TOKEN, Weighting.NONE, Aggregation.SEQ_MEAN_TOKEN_SUM, KlPenalty.REWARD)),
    /// GRPO "done right" (2503.20783): no standard deviation, no response's own length.
    @JsonProperty("dr_grpo")
    DR_GRPO(
            8,
            1,
            0.2,
            0,
            Recipe.of(
                    Advantage.CENTRED,
                    Ratio.TOKEN,
                    Weighting.CLIP,
                    Aggregation.SEQ_MEAN_TOKEN_SUM_NORM,
                    KlPenalty.LOSS)),
    /// Decoupled clip and dynamic sampling (2503.14476): clip higher, mean over tokens, no prompt without spread
    /// but others in its place (at most ten generations as in verl's recipe), a price on long responses.
    DAPO(
            16,
            1,
            0.2,
            0,
            new Recipe(
                    Advantage.STANDARDIZED,
                    Ratio.TOKEN,
                    Weighting.CLIP,
                    Aggregation.TOKEN_MEAN,
                    KlPenalty.LOSS,
                    0.28,
                    true,
                    9,
                    0.2)),
    /// Group sequence policy optimisation (2507.18071).
    GSPO(
            8,
            1,
            3e-4,
            0,
            Recipe.grouped(Ratio.RESPONSE_MEAN, Weighting.CLIP, Aggregation.SEQ_MEAN_TOKEN_MEAN)
                    .withClipHigh(4e-4)),
    /// Length-unbiased sequence policy optimisation (2602.05261): GSPO's terms times the response's length.
    LUSPO(
            8,
            1,
            2e-3,
            0,
            Recipe.grouped(Ratio.RESPONSE_MEAN, Weighting.CLIP, Aggregation.SEQ_MEAN_TOKEN_SUM)
                    .withClipHigh(2.5e-3)),
    /// Clipped importance weights (MiniMax-M1, 2506.13585), at most 5 and unbounded below (ScaleRL, TRL).
    CISPO(
            8,
            1,
            1,
            0,
            Recipe.grouped(Ratio.TOKEN, Weighting.CISPO, Aggregation.TOKEN_MEAN).withClipHigh(4)),
    /// Soft adaptive policy optimisation (2511.20347).
    SAPO(8, 1, 0.2, 0, Recipe.grouped(Ratio.TOKEN, Weighting.SAPO, Aggregation.SEQ_MEAN_TOKEN_MEAN)),
    /// Variational sequence-level soft policy optimisation, as TRL has it.
    VESPO(8, 1, 0.2, 0, Recipe.grouped(Ratio.RESPONSE, Weighting.VESPO, Aggregation.TOKEN_MEAN)),
    /// Geometric-mean policy optimisation (2507.20673).
    GMPO(8, 1, 0.4, 0, Recipe.grouped(Ratio.RESPONSE_MEAN, Weighting.GMPO, Aggregation.SEQ_MEAN_TOKEN_MEAN)),
    /// REINFORCE++ (2501.03262).
    @JsonProperty("reinforce_plus_plus")
    REINFORCE_PLUS_PLUS(
            1,
            1,
            0.2,
            0.05,
            Recipe.of(Advantage.RETURNS, Ratio.TOKEN, Weighting.CLIP, Aggregation.TOKEN_MEAN, KlPenalty.REWARD)),
    /// Its variant with the mean of the prompt's responses as baseline.
    @JsonProperty("reinforce_plus_plus_baseline")
    REINFORCE_PLUS_PLUS_BASELINE(
            8,
            1,
            0.2,
            0.05,
            Recipe.of(Advantage.CENTRED_WHITENED, Ratio.TOKEN, Weighting.CLIP, Aggregation.TOKEN_MEAN, KlPenalty.LOSS));

    private final int samples;
    private final int passes;
    private final double clipRange;
    private final double klCoefficient;
    private final Recipe recipe;

    Algorithm(int samples, int passes, double clipRange, double klCoefficient, Recipe recipe) {
        this.samples = samples;
        this.passes = passes;
        this.clipRange = clipRange;
        this.klCoefficient = klCoefficient;
        this.recipe = recipe;
    }

    /// As a config gives it.
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Customary responses per prompt.
    int samples() {
        return samples;
    }

    /// Customary passes over each batch.
    int passes() {
        return passes;
    }

    /// Customary ε_low.
    double clipRange() {
        return clipRange;
    }

    /// Customary factor of the KL penalty.
    double klCoefficient() {
        return klCoefficient;
    }

    Recipe recipe() {
        return recipe;
    }
}
