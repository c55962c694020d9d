package dev.daa.eval.gold;

import java.util.function.Function;

/// What responses are really worth: a formula in the `reviews` world, a trained model or a judge elsewhere. Training
/// never sees it except through preference labels.
@FunctionalInterface
public interface GoldReward {
    /// Gold reward of one response.
    ///
    /// @param prompt token ids
    /// @param response token ids, end-of-sequence included where the response has it
    double reward(int[] prompt, int[] response);

    /// A gold reward that reads text instead of token ids.
    interface OfText {
        double reward(String prompt, String response);
    }

    /// Lets a judge of texts score token ids.
    ///
    /// @param decode token ids to text, as the policy's tokenizer does it
    static GoldReward ofText(Function<int[], String> decode, OfText judge) {
        return (prompt, response) -> judge.reward(decode.apply(prompt), decode.apply(response));
    }

    /// Rewards of many samples.
    ///
    /// @param prompts `[N]` prompt of each sample
    /// @param responses `[N]`
    /// @return `[N]`
    default double[] rewards(int[][] prompts, int[][] responses) {
        if (prompts.length != responses.length) {
            throw new IllegalArgumentException(prompts.length + " prompts, but " + responses.length + " responses");
        }
        double[] rewards = new double[responses.length];
        for (int k = 0; k < rewards.length; k++) {
            rewards[k] = reward(prompts[k], responses[k]);
        }
        return rewards;
    }
}
