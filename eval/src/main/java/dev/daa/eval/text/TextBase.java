package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.model.StartingPolicy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What all cells of a study on text share.
///
/// @param name of the model, in tables and figures
/// @param sft the model that alignment starts from and is measured against
/// @param gold the reward model that measures, and labels what is sampled online
/// @param proxy the reward model that best of n chooses by and reinforcement optimises, trained on the same labels as
///   direct alignment
/// @param pairs to train on
/// @param heldOut pairs that nothing is trained on
/// @param prompts distinct prompts of the held-out pairs, with a response of the data each
/// @param hashes of pairs, held-out pairs and both reward models, for the manifest of every cell
record TextBase(
        String name,
        ModelFolder sft,
        ModelFolder gold,
        ModelFolder proxy,
        List<PreferencePair> pairs,
        List<PreferencePair> heldOut,
        List<Sequence> prompts,
        Map<String, String> hashes) {
    /// The SFT model on a backend.
    Model policy(Backend backend, String layoutName) {
        return StartingPolicy.load(backend, sft, layoutName);
    }

    /// Weights of the SFT model.
    long parameters() {
        return new TransformerParameters(sft.config(), Head.LANGUAGE, "size")
                .layout()
                .count();
    }

    /// The first pair of each prompt that is not empty.
    static List<PreferencePair> byPrompt(List<PreferencePair> pairs) {
        Set<String> seen = new HashSet<>();
        return pairs.stream()
                .filter(pair -> pair.prompt().length > 0 && seen.add(Arrays.toString(pair.prompt())))
                .toList();
    }

    /// Distinct prompts of the training pairs, which policies answer that learn from their own samples.
    List<int[]> trainingPrompts() {
        return byPrompt(pairs).stream().map(PreferencePair::prompt).toList();
    }

    /// Tokens of the longest held-out prompt.
    int longestPrompt() {
        return prompts.stream().mapToInt(prompt -> prompt.prompt().length).max().orElseThrow();
    }

    /// Text of ids, or the ids themselves where the model has no tokenizer; its end of sequence is left out.
    String text(int[] ids) {
        int length = ids.length > 0 && sft.stopTokens().contains(ids[ids.length - 1]) ? ids.length - 1 : ids.length;
        int[] shown = Arrays.copyOf(ids, length);
        return sft.tokenizer().map((Tokenizer words) -> words.decode(shown)).orElse(Arrays.toString(shown));
    }
}
