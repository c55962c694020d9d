package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.DivergenceScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.Feedback;
import dev.daa.train.run.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// How far a policy has gone from its reference: answers some prompts of the data at temperature 1 and
/// measures the exact KL along the answers, `Σ_t KL(π(· | prefix) ‖ π_ref(· | prefix))`, with its
/// standard error over prompts.
final class KlProbe implements AutoCloseable {
    private static final int ROWS = 2048;
    private static final int CONCURRENT = 64;

    private final List<int[]> prompts;
    private final Sampling sampling;
    private final long seed;
    private final @Nullable Generator generator;
    private final @Nullable DivergenceScorer scorer;

    private KlProbe(
            List<int[]> prompts,
            Sampling sampling,
            long seed,
            @Nullable Generator generator,
            @Nullable DivergenceScorer scorer) {
        this.prompts = prompts;
        this.sampling = sampling;
        this.seed = seed;
        this.generator = generator;
        this.scorer = scorer;
    }

    /// A probe of the first `count` prompts; one that measures nothing for 0.
    ///
    /// @param maximumTokens longest answer; cut further where the model has no position left
    /// @param stopToken ends an answer; -1 for none
    static KlProbe of(
            Backend backend,
            Model policy,
            Model reference,
            List<? extends Feedback> pairs,
            int count,
            int maximumTokens,
            int stopToken,
            long seed) {
        List<int[]> prompts = pairs.stream()
                .map(Feedback::prompt)
                .filter(prompt -> prompt.length > 0)
                .limit(count)
                .toList();
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        int tokens = Math.min(maximumTokens, policy.config().maximumPositions() - longest + 1);
        if (prompts.isEmpty() || tokens < 1) {
            return new KlProbe(prompts, Sampling.full(1, 1, stopToken), seed, null, null);
        }
        Sampling sampling = Sampling.full(1, tokens, stopToken);
        return new KlProbe(
                prompts,
                sampling,
                seed,
                new Generator(backend, policy, Math.min(CONCURRENT, prompts.size()), longest, tokens),
                new DivergenceScorer(backend, policy, reference, longest + tokens, ROWS, 1));
    }

    /// Adds `kl/exact`, `kl/exact_se` and `response/length`.
    Metrics measure(Metrics metrics, BooleanSupplier cancelled) {
        if (generator == null || scorer == null) {
            return metrics;
        }
        Response[][] responses = generator.generate(prompts, 1, sampling, seed, cancelled);
        List<Sequence> sequences = new ArrayList<>();
        double length = 0;
        for (int i = 0; i < responses.length; i++) {
            sequences.add(new Sequence(prompts.get(i), responses[i][0].tokens()));
            length += responses[i][0].length();
        }
        double sum = 0;
        double squares = 0;
        for (DivergenceScorer.Scores scores : scorer.score(sequences, cancelled)) {
            double kl = 0;
            for (float tokenKl : scores.kl()) {
                kl += tokenKl;
            }
            sum += kl;
            squares += kl * kl;
        }
        int count = sequences.size();
        double mean = sum / count;
        double variance = count > 1 ? Math.max(0, squares - count * mean * mean) / (count - 1) : Double.NaN;
        return metrics.with("kl/exact", mean)
                .with("kl/exact_se", Math.sqrt(variance / count))
                .with("response/length", length / count);
    }

    @Override
    public void close() {
        if (generator != null) {
            generator.close();
        }
        if (scorer != null) {
            scorer.close();
        }
    }
}
