package dev.daa.train.ppo;

import org.jspecify.annotations.Nullable;

/// What sets one algorithm apart from another.
///
/// @param advantage of responses or tokens
/// @param ratio of what
/// @param weighting what becomes of the ratio
/// @param aggregation over what terms are averaged
/// @param klPenalty where it stands
/// @param clipHigh ε_high; null for ε_low
/// @param dropEqual whether a prompt is left out whose responses all score the same
/// @param overlongShare the share of the longest length over which a response loses up to 1
record Recipe(
        Advantage advantage,
        Ratio ratio,
        Weighting weighting,
        Aggregation aggregation,
        KlPenalty klPenalty,
        @Nullable Double clipHigh,
        boolean dropEqual,
        double overlongShare) {
    static Recipe of(
            Advantage advantage, Ratio ratio, Weighting weighting, Aggregation aggregation, KlPenalty klPenalty) {
        return new Recipe(advantage, ratio, weighting, aggregation, klPenalty, null, false, 0);
    }

    /// The policy's loss on standardised rewards of a prompt's responses, with a KL penalty inside.
    static Recipe grouped(Ratio ratio, Weighting weighting, Aggregation aggregation) {
        return of(Advantage.STANDARDIZED, ratio, weighting, aggregation, KlPenalty.LOSS);
    }

    Recipe withClipHigh(double other) {
        return new Recipe(advantage, ratio, weighting, aggregation, klPenalty, other, dropEqual, overlongShare);
    }

    /// What a response loses for its length: nothing up to `longest·(1 − share)`, 1 at `longest`, linear between
    /// (soft overlong punishment, 2503.14476).
    double overlong(int length, int longest) {
        double buffer = overlongShare * longest;
        return buffer == 0 ? 0 : Math.clamp((length - longest + buffer) / buffer, 0, 1);
    }
}
