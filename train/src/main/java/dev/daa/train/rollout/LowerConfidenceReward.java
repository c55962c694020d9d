package dev.daa.train.rollout;

import dev.daa.compute.Backend;
import dev.daa.compute.MemoryPlan;
import dev.daa.model.score.FeatureScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.PreferencePair;
import java.util.List;
import java.util.function.BooleanSupplier;

/// A reward model's lower confidence bound, `r − c·√d·‖φ − μ‖_{Σ⁻¹}`: what its comparisons said little about is worth
/// less (pessimism; Zhu et al. 2301.11270, Guo & Xiong 2024).
public final class LowerConfidenceReward implements ResponseReward {
    private static final int ROWS = 2048;
    private static final int AT_A_TIME = 1024;

    private final ResponseReward reward;
    private final FeatureScorer features;
    private final FeatureConfidence confidence;
    private final double factor;

    /// @param reward r; closed with this
    /// @param model whose features they are: the one behind `reward`
    /// @param longest tokens of the longest sequence
    /// @param factor c
    public LowerConfidenceReward(
            Backend backend,
            ResponseReward reward,
            Model model,
            int longest,
            FeatureConfidence confidence,
            double factor) {
        this.reward = reward;
        features = new FeatureScorer(backend, model, longest, ROWS);
        this.confidence = confidence;
        this.factor = factor;
    }

    /// Memory that the features take beside the model's own scores.
    ///
    /// @param longest tokens of the longest sequence, the comparisons' among them
    public static MemoryPlan plan(Backend backend, TransformerParameters parameters, int longest) {
        return FeatureScorer.plan(backend, parameters, longest, ROWS);
    }

    /// What a model's comparisons tell of its features.
    ///
    /// @param ridge λ
    public static FeatureConfidence confidence(
            Backend backend,
            Model model,
            int longest,
            List<PreferencePair> comparisons,
            double ridge,
            BooleanSupplier cancelled) {
        try (FeatureScorer scorer = new FeatureScorer(backend, model, longest, ROWS)) {
            FeatureConfidence.Collected collected = new FeatureConfidence.Collected(scorer.width(), ridge);
            for (int from = 0; from < comparisons.size(); from += AT_A_TIME) {
                List<PreferencePair> some = comparisons.subList(from, Math.min(comparisons.size(), from + AT_A_TIME));
                float[][] chosen = scorer.score(
                        some.stream().map(PreferencePair::chosenSequence).toList(), cancelled);
                float[][] rejected = scorer.score(
                        some.stream().map(PreferencePair::rejectedSequence).toList(), cancelled);
                for (int i = 0; i < chosen.length; i++) {
                    collected.add(chosen[i], rejected[i]);
                }
            }
            return collected.confidence();
        }
    }

    @Override
    public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
        double[] bound = reward.score(responses, cancelled);
        float[][] feature = features.score(responses, cancelled);
        double scale = factor * Math.sqrt(confidence.width());
        for (int i = 0; i < bound.length; i++) {
            bound[i] -= scale * confidence.distance(feature[i]);
        }
        return bound;
    }

    @Override
    public void close() {
        reward.close();
        features.close();
    }
}
