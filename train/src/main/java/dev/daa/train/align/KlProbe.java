package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.DivergenceScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.Feedback;
import dev.daa.train.estimate.ClusteredMean;
import dev.daa.train.run.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How far a policy has gone from its reference: answers some prompts of the data at temperature 1 and
/// measures the exact KL along the answers, `Σ_t KL(π(· | prefix) ‖ π_ref(· | prefix))`, with its
/// standard error over prompts. Prompts that differ come first; only where there are too few of them is one answered
/// again, and its answers then count together in the standard error.
public final class KlProbe implements AutoCloseable {
    private static final int ROWS = 2048;
    private static final int CONCURRENT = 64;

    private final List<int[]> prompts;
    private final int[] cluster;
    private final String note;
    private final Sampling sampling;
    private final long seed;
    private final @Nullable Generator generator;
    private final @Nullable DivergenceScorer scorer;

    /// Answers that are sampled.
    ///
    /// @param count of prompts
    /// @param longestPrompt tokens
    /// @param maximumTokens of the longest answer; less than 1 where the models have no position left
    public record Shape(int count, int longestPrompt, int maximumTokens) {
        /// Of answers to these prompts.
        ///
        /// @param maximumTokens cut where a model has no position left
        static Shape of(List<int[]> prompts, int maximumTokens, TransformerConfig policy, TransformerConfig reference) {
            int longest =
                    prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
            int longestRow = Math.min(policy.longestRow(Head.LANGUAGE), reference.longestRow(Head.LANGUAGE));
            return new Shape(prompts.size(), longest, Math.min(maximumTokens, longestRow - longest));
        }

        boolean measuresNothing() {
            return count == 0 || maximumTokens < 1;
        }

        private int longest() {
            return longestPrompt + maximumTokens;
        }
    }

    private KlProbe(
            List<int[]> prompts,
            String note,
            Sampling sampling,
            long seed,
            @Nullable Generator generator,
            @Nullable DivergenceScorer scorer) {
        this.prompts = prompts;
        cluster = clusters(prompts);
        this.note = note;
        this.sampling = sampling;
        this.seed = seed;
        this.generator = generator;
        this.scorer = scorer;
    }

    /// A probe of `count` prompts of the data, the first that differ before repeated ones; one that measures
    /// nothing for 0.
    ///
    /// @param maximumTokens longest answer; cut further where a model has no position left
    /// @param stop tokens that end an answer
    public static KlProbe of(
            Backend backend,
            Model policy,
            Model reference,
            List<? extends Feedback> pairs,
            int count,
            int maximumTokens,
            StopTokens stop,
            long seed) {
        List<int[]> prompts = prompts(pairs, count);
        Shape shape = Shape.of(prompts, maximumTokens, policy.config(), reference.config());
        if (shape.measuresNothing()) {
            return new KlProbe(prompts, note(count, shape), Sampling.full(1, 1, stop), seed, null, null);
        }
        return new KlProbe(
                prompts,
                "",
                Sampling.full(1, shape.maximumTokens(), stop),
                seed,
                new Generator(
                        backend,
                        policy,
                        Math.min(CONCURRENT, shape.count()),
                        shape.longestPrompt(),
                        shape.maximumTokens()),
                new DivergenceScorer(backend, policy, reference, shape.longest(), ROWS, 1));
    }

    private static String note(int asked, Shape shape) {
        if (asked == 0) {
            return "";
        }
        return "KL is not measured: "
                + (shape.count() == 0
                        ? "every prompt is empty"
                        : "a prompt of " + shape.longestPrompt() + " tokens leaves no position for an answer");
    }

    /// Why nothing is measured though prompts were asked for; empty otherwise.
    public String note() {
        return note;
    }

    private static List<int[]> prompts(List<? extends Feedback> pairs, int count) {
        Set<String> seen = new HashSet<>();
        List<int[]> distinct = new ArrayList<>();
        List<int[]> repeated = new ArrayList<>();
        for (Feedback pair : pairs) {
            int[] prompt = pair.prompt();
            if (prompt.length > 0) {
                (seen.add(Arrays.toString(prompt)) ? distinct : repeated).add(prompt);
            }
        }
        return Stream.concat(distinct.stream(), repeated.stream()).limit(count).toList();
    }

    /// Which prompts are the same.
    private static int[] clusters(List<int[]> prompts) {
        Map<String, Integer> clusters = new HashMap<>();
        return prompts.stream()
                .mapToInt(prompt -> clusters.computeIfAbsent(Arrays.toString(prompt), _ -> clusters.size()))
                .toArray();
    }

    /// Memory that a probe of these prompts will take, the weights of both models included.
    static JointMemory plan(
            Backend backend,
            TransformerParameters policy,
            TransformerParameters reference,
            List<? extends Feedback> pairs,
            int count,
            int maximumTokens) {
        return plan(
                backend,
                policy,
                reference,
                Shape.of(prompts(pairs, count), maximumTokens, policy.config(), reference.config()));
    }

    /// Memory that a probe will take, the weights of both models included.
    public static JointMemory plan(
            Backend backend, TransformerParameters policy, TransformerParameters reference, Shape shape) {
        if (shape.measuresNothing()) {
            return JointMemory.of();
        }
        return JointMemory.of(
                Generator.plan(
                        backend,
                        policy,
                        Math.min(CONCURRENT, shape.count()),
                        shape.longestPrompt(),
                        shape.maximumTokens()),
                DivergenceScorer.plan(backend, policy, reference, shape.longest(), ROWS));
    }

    /// Adds `kl/exact`, `kl/exact_se` and `response/length`.
    public Metrics measure(Metrics metrics, BooleanSupplier cancelled) {
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
        double[] kl = Arrays.stream(scorer.score(sequences, cancelled))
                .mapToDouble(scores -> DivergenceScorer.Scores.total(scores.kl()))
                .toArray();
        double mean = Arrays.stream(kl).average().orElseThrow();
        return metrics.with("kl/exact", mean)
                .with(
                        "kl/exact_se",
                        Double.isFinite(mean) ? ClusteredMean.of(kl, cluster).standardError() : Double.NaN)
                .with("response/length", length / kl.length);
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
