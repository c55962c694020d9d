package dev.daa.train.ppo;

import dev.daa.compute.InputException;
import java.util.Locale;
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
/// @param refillRounds how often others are sampled in place of those left out
/// @param overlongShare the share of the longest length over which a response loses up to 1
record Recipe(
        Advantage advantage,
        Ratio ratio,
        Weighting weighting,
        Aggregation aggregation,
        KlPenalty klPenalty,
        @Nullable Double clipHigh,
        boolean dropEqual,
        int refillRounds,
        double overlongShare) {
    Recipe {
        if (advantage.ofTokens() && ratio != Ratio.TOKEN) {
            throw new InputException("ratio is " + key(ratio) + " with advantage " + key(advantage)
                    + ", expected token: the tokens of a response have advantages of their own");
        }
        if (weighting == Weighting.GMPO && ratio != Ratio.RESPONSE_MEAN) {
            throw new InputException("ratio is " + key(ratio) + " with weighting gmpo, expected response-mean");
        }
        if (weighting == Weighting.NONE && ratio != Ratio.TOKEN) {
            throw new InputException("ratio is " + key(ratio) + " with weighting none, which has no ratio");
        }
        if (dropEqual && !advantage.comparesSamples()) {
            throw new InputException("drop_equal is true with advantage " + key(advantage)
                    + ", which compares no responses to one prompt");
        }
        if (refillRounds < 0 || (refillRounds > 0 && !dropEqual)) {
            throw new InputException("refill_rounds is " + refillRounds + ", expected "
                    + (dropEqual ? "at least 0" : "0, as drop_equal is false and leaves no prompt out"));
        }
        if (clipHigh != null && !(clipHigh > 0 && Double.isFinite(clipHigh))) {
            throw new InputException("clip_high is " + clipHigh + ", expected a finite number above 0");
        }
        if (!(overlongShare >= 0 && overlongShare <= 1)) {
            throw new InputException("overlong_share is " + overlongShare + ", expected 0 to 1");
        }
    }

    static Recipe of(
            Advantage advantage, Ratio ratio, Weighting weighting, Aggregation aggregation, KlPenalty klPenalty) {
        return new Recipe(advantage, ratio, weighting, aggregation, klPenalty, null, false, 0, 0);
    }

    /// The policy's loss on standardised rewards of a prompt's responses, with a KL penalty inside.
    static Recipe grouped(Ratio ratio, Weighting weighting, Aggregation aggregation) {
        return of(Advantage.STANDARDIZED, ratio, weighting, aggregation, KlPenalty.LOSS);
    }

    Recipe withClipHigh(double other) {
        return with(null, null, null, null, null, other, null, null, null);
    }

    /// The same with others in place of those that are not null; where none is left out, none is sampled in its
    /// place.
    Recipe with(
            @Nullable Advantage otherAdvantage,
            @Nullable Ratio otherRatio,
            @Nullable Weighting otherWeighting,
            @Nullable Aggregation otherAggregation,
            @Nullable KlPenalty otherPenalty,
            @Nullable Double otherClipHigh,
            @Nullable Boolean otherDropEqual,
            @Nullable Integer otherRefillRounds,
            @Nullable Double otherOverlongShare) {
        boolean drop = otherDropEqual == null ? dropEqual : otherDropEqual;
        int customary = drop ? refillRounds : 0;
        return new Recipe(
                otherAdvantage == null ? advantage : otherAdvantage,
                otherRatio == null ? ratio : otherRatio,
                otherWeighting == null ? weighting : otherWeighting,
                otherAggregation == null ? aggregation : otherAggregation,
                otherPenalty == null ? klPenalty : otherPenalty,
                otherClipHigh == null ? clipHigh : otherClipHigh,
                drop,
                otherRefillRounds == null ? customary : otherRefillRounds,
                otherOverlongShare == null ? overlongShare : otherOverlongShare);
    }

    /// Refuses settings that the weighting has no use for.
    void requireUse(Algorithm algorithm, @Nullable Double clipRange, @Nullable Double clipHigh, double dualClip) {
        // A saved config has it written out, one of reinforce whatever it was.
        if (clipRange != null
                && clipRange != algorithm.clipRange()
                && !weighting.isBounded()
                && algorithm != Algorithm.REINFORCE) {
            throw new InputException("clip_range is " + clipRange + " with weighting " + key(weighting)
                    + ", which has no bounds; expected it absent");
        }
        if (clipHigh != null && !weighting.isBounded()) {
            throw new InputException("clip_high is " + clipHigh + " with weighting " + key(weighting)
                    + ", which has no bounds; expected it absent");
        }
        // A saved config of reinforce may have it, without an effect.
        if (dualClip > 0 && weighting != Weighting.CLIP && algorithm != Algorithm.REINFORCE) {
            throw new InputException("dual_clip is " + dualClip + " with weighting " + key(weighting)
                    + ", expected 0 or weighting clip");
        }
    }

    /// What a response loses for its length: nothing up to `longest·(1 − share)`, 1 at `longest`, linear between
    /// (soft overlong punishment, 2503.14476).
    double overlong(int length, int longest) {
        double buffer = overlongShare * longest;
        return buffer == 0 ? 0 : Math.clamp((length - longest + buffer) / buffer, 0, 1);
    }

    /// As a config gives it.
    static String key(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
