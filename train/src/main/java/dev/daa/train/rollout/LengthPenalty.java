package dev.daa.train.rollout;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import dev.daa.train.config.Setting;
import java.util.List;
import java.util.function.BooleanSupplier;

/// What comes off a reward model's score for the length of a response: a price for each token beyond some number of
/// them (0.01 beyond 300 in the code of PAR, 2502.18770), or what the score owes to length by least squares over
/// responses of the reference, which leaves its residual.
public record LengthPenalty(
        @Setting(value = "taken off for each token of a response beyond free_tokens, such as 0.01", byDefault = "0")
        double perToken,

        @Setting(value = "tokens of a response that cost nothing, such as 300", byDefault = "0")
        int freeTokens,

        @Setting(
                value = "takes off instead what the score owes to length by least squares over the responses that it"
                        + " is centred on",
                byDefault = "false")
        boolean residual) {
    /// Leaves scores as they are.
    public static final LengthPenalty NONE = new LengthPenalty(0, 0, false);

    /// Two points always lie on a line.
    private static final int FEWEST_SAMPLES = 3;

    public LengthPenalty {
        if (!(perToken >= 0) || Double.isInfinite(perToken)) {
            throw new InputException(
                    "length_penalty.per_token is " + perToken + ", expected 0 (none) or a number above");
        }
        if (freeTokens < 0) {
            throw new InputException("length_penalty.free_tokens is " + freeTokens + ", expected at least 0");
        }
        if (freeTokens > 0 && perToken == 0) {
            throw new InputException("length_penalty.free_tokens is " + freeTokens
                    + " and length_penalty.per_token 0, expected a price of the tokens beyond");
        }
        if (residual && perToken > 0) {
            throw new InputException("length_penalty.residual is true and length_penalty.per_token " + perToken
                    + ", expected one of them: the one measures the price that the other gives");
        }
    }

    /// Whether it changes scores.
    public boolean isOn() {
        return residual || perToken > 0;
    }

    /// Refuses fewer samples than a line needs.
    ///
    /// @param samples of the reference to centre scores on, as the key `centring_prompts` has it
    public void requireSamples(int samples) {
        if (residual && samples < FEWEST_SAMPLES) {
            throw new InputException("centring_prompts is " + samples + " with length_penalty.residual, expected at"
                    + " least " + FEWEST_SAMPLES + ": on their responses it is measured what a score owes to length");
        }
    }

    /// What lengths cost a reward.
    ///
    /// @param samples of the reference, which decide where this is a residual
    public LengthCost of(ResponseReward reward, List<Sequence> samples, BooleanSupplier cancelled) {
        if (!residual) {
            return new LengthCost(perToken, freeTokens, true);
        }
        if (samples.size() < FEWEST_SAMPLES) {
            throw new InputException("length_penalty.residual: found " + samples.size()
                    + " responses to measure on what a score owes to length, expected at least " + FEWEST_SAMPLES);
        }
        return LengthCost.owed(LengthCost.lengths(samples), reward.score(samples, cancelled));
    }
}
