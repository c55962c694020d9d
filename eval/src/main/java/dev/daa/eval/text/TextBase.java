package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.PreferencePair;
import java.util.List;

/// What all cells of a study on text share.
///
/// @param sft the model that alignment starts from and is measured against
/// @param gold the reward model that measures
/// @param proxy the reward model that best of n chooses by, trained on the same labels as direct alignment
/// @param pairs to train on
/// @param heldOut pairs that nothing is trained on
/// @param prompts distinct prompts of the held-out pairs, with a response of the data each
record TextBase(
        ModelFolder sft,
        ModelFolder gold,
        ModelFolder proxy,
        List<PreferencePair> pairs,
        List<PreferencePair> heldOut,
        List<Sequence> prompts) {
    private static final int ROWS = 2048;

    Model policy(Backend backend, String layoutName) {
        TransformerParameters parameters = new TransformerParameters(sft.config(), Head.LANGUAGE, layoutName);
        return Model.of(backend, parameters, sft.weights(parameters));
    }

    /// Scores of a reward model.
    ///
    /// @param longest tokens of the longest sequence
    static RewardScorer scorer(Backend backend, ModelFolder reward, int longest) {
        TransformerParameters parameters = new TransformerParameters(reward.config(), Head.SCALAR, "reward");
        return new RewardScorer(backend, Model.of(backend, parameters, reward.weights(parameters)), longest, ROWS);
    }

    /// Tokens of the longest held-out prompt.
    int longestPrompt() {
        return prompts.stream().mapToInt(prompt -> prompt.prompt().length).max().orElseThrow();
    }

    /// Text of ids, or the ids themselves where the model has no tokenizer; its end of sequence is left out.
    String text(int[] ids) {
        int eos = sft.eosTokenId();
        int length = ids.length > 0 && ids[ids.length - 1] == eos ? ids.length - 1 : ids.length;
        int[] shown = java.util.Arrays.copyOf(ids, length);
        return sft.tokenizer().map((Tokenizer words) -> words.decode(shown)).orElse(java.util.Arrays.toString(shown));
    }
}
