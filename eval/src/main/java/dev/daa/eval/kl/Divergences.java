package dev.daa.eval.kl;

import dev.daa.model.score.DivergenceScorer;
import dev.daa.model.score.DivergenceScorer.Scores;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.IntStream;

/// How far a policy is from its reference, by every estimate at once.
///
/// @param exact KL(π‖π_ref) on samples of π, from the next-token distributions at every position
/// @param k1 the same from log-ratios
/// @param k3 likewise
/// @param forward KL(π_ref‖π) on samples of π_ref, exact at every position
/// @param entropy of π on its samples, nats per token
/// @param topEntropy of π's [DivergenceScorer#TOP_TOKENS] likeliest tokens among themselves, likewise
/// @param topMass their share of the probability, likewise
public record Divergences(
        KlEstimate exact,
        KlEstimate k1,
        KlEstimate k3,
        KlEstimate forward,
        double entropy,
        double topEntropy,
        double topMass) {
    /// @param policySamples scores of responses sampled from π
    /// @param prompt number of each one's prompt
    /// @param referenceSamples scores of responses sampled from π_ref
    /// @param referencePrompt number of each one's prompt
    public static Divergences of(
            Scores[] policySamples, int[] prompt, Scores[] referenceSamples, int[] referencePrompt) {
        double[][] tokenKl = tokens(policySamples, Scores::kl);
        int[] start = Packing.start(tokenKl);
        SequenceLogProbs logProbs = new SequenceLogProbs(
                start,
                Packing.pack(tokens(policySamples, Scores::policy)),
                Packing.pack(tokens(policySamples, Scores::reference)),
                prompt);
        double[][] forwardKl = tokens(referenceSamples, Scores::forwardKl);
        return new Divergences(
                KlEstimators.exact(start, Packing.pack(tokenKl), prompt),
                KlEstimators.k1(logProbs),
                KlEstimators.k3(logProbs),
                KlEstimators.forwardExact(Packing.start(forwardKl), Packing.pack(forwardKl), referencePrompt),
                mean(policySamples, Scores::entropy),
                mean(policySamples, Scores::topEntropy),
                mean(policySamples, Scores::topMass));
    }

    /// Over all tokens.
    private static double mean(Scores[] scores, Function<Scores, float[]> values) {
        return Arrays.stream(Packing.pack(tokens(scores, values))).average().orElse(Double.NaN);
    }

    /// Of one sample for each of distinct prompts.
    public static Divergences of(Scores[] policySamples, Scores[] referenceSamples) {
        return of(policySamples, numbers(policySamples.length), referenceSamples, numbers(referenceSamples.length));
    }

    private static int[] numbers(int count) {
        return IntStream.range(0, count).toArray();
    }

    private static double[][] tokens(Scores[] scores, Function<Scores, float[]> values) {
        return Arrays.stream(scores)
                .map(values)
                .map(floats -> IntStream.range(0, floats.length)
                        .mapToDouble(t -> floats[t])
                        .toArray())
                .toArray(double[][]::new);
    }
}
