package dev.daa.eval.analysis;

import java.util.Locale;

/// A part of the report's analysis that a study switches on by name.
public enum Part {
    /// Where each β is best within training, and how far it ends.
    DYNAMICS,
    /// How much of the implicit reward is response length, and what happens to long and short responses.
    LENGTH,
    /// Chosen responses' likelihood against the divergence from the reference.
    LIKELIHOOD,
    /// The law over the forward KL.
    FORWARD_KL,
    /// Accuracy against gold, within one size and across sizes.
    PREDICTION,
    /// Coefficients of the law against model size.
    TRENDS,
    /// Every method against plain DPO at equal KL, and against the exact frontier.
    MITIGATIONS,
    /// What is called gold where that is a reward model, and the exact gold beside it.
    GOLD,
    /// How good the reward models are, how far they stay so, and what their size and data do to the laws.
    REWARD_MODELS,
    /// From where on best of n, soft best of n and best of Poisson lose gold.
    THRESHOLDS,
    /// Where each run stands between offline and online, on-policy and off-policy.
    REGIMES,
    /// Why over-optimisation can happen at all, on toys.
    TOYS,
    /// What stopping by a gauge that needs no gold reward would have kept.
    STOPPING,
    /// Which β to train with and where to stop.
    RECOMMENDATION;

    /// Name in YAML and in `study.json`.
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
