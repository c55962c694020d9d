package dev.daa.eval.study;

import dev.daa.model.score.Sequence;
import java.util.List;

/// What every checkpoint of one base is measured on; the same for all of its cells.
///
/// @param prompts held-out prompts
/// @param dataGold gold reward of a reference (data) response to each prompt
/// @param sftGold gold reward of an SFT sample to each prompt
/// @param sftExactGold mean exact gold reward of those samples
/// @param referenceSamples the SFT policy's samples, for the forward KL
/// @param chosen held-out pairs' chosen responses
/// @param rejected held-out pairs' rejected responses
/// @param chosenGold gold reward of `chosen`
/// @param rejectedGold gold reward of `rejected`
record HeldOut(
        List<int[]> prompts,
        double[] dataGold,
        double[] sftGold,
        double sftExactGold,
        List<Sequence> referenceSamples,
        List<Sequence> chosen,
        List<Sequence> rejected,
        double[] chosenGold,
        double[] rejectedGold) {}
