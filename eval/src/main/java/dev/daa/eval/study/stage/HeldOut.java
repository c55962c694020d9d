package dev.daa.eval.study.stage;

import dev.daa.model.score.Sequence;
import dev.daa.train.data.PreferencePair;
import java.util.List;

/// What every checkpoint of one base is measured on; the same for all of its cells.
///
/// @param prompts held-out prompts
/// @param dataGold gold reward of a reference (data) response to each prompt
/// @param sftGold gold reward of an SFT sample to each prompt
/// @param sftExactGold mean exact gold reward of those samples
/// @param referenceSamples the SFT policy's samples, for the forward KL
/// @param pairs held-out pairs
/// @param chosenGold gold reward of their chosen responses
/// @param rejectedGold gold reward of their rejected responses
public record HeldOut(
        List<int[]> prompts,
        double[] dataGold,
        double[] sftGold,
        double sftExactGold,
        List<Sequence> referenceSamples,
        List<PreferencePair> pairs,
        double[] chosenGold,
        double[] rejectedGold) {
    /// The pairs' chosen responses.
    List<Sequence> chosen() {
        return pairs.stream().map(PreferencePair::chosenSequence).toList();
    }

    /// The pairs' rejected responses.
    List<Sequence> rejected() {
        return pairs.stream().map(PreferencePair::rejectedSequence).toList();
    }
}
