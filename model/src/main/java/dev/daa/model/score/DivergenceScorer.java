package dev.daa.model.score;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.model.transformer.TransformerParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/// Scores responses under a policy and its reference in one pass: both log-probabilities of every token, the exact
/// next-token divergences in both directions on the response's prefixes, and the policy's entropy.
public final class DivergenceScorer implements AutoCloseable {
    /// How many of the policy's likeliest tokens are looked at (Shi et al. 2410.11677).
    public static final int TOP_TOKENS = 10;

    private final Program program;
    private final Batch batch;
    private final Packing packing;
    private final Outputs outputs;
    private final float[] buffer;
    private final float temperature;

    /// What is known of one response, one value per scored token, in nats.
    ///
    /// @param policy log π(y_t | x, y_<t)
    /// @param reference log π_ref(y_t | x, y_<t)
    /// @param kl KL(π ‖ π_ref) of the next-token distributions at the same prefixes
    /// @param forwardKl KL(π_ref ‖ π) likewise
    /// @param entropy of π likewise
    /// @param logCollision log Σ_v π(v)² likewise
    /// @param topEntropy of π's likeliest tokens among themselves
    /// @param topMass their share of the probability
    public record Scores(
            float[] policy,
            float[] reference,
            float[] kl,
            float[] forwardKl,
            float[] entropy,
            float[] logCollision,
            float[] topEntropy,
            float[] topMass) {
        /// log π/π_ref of the response.
        public double logRatio() {
            return total(policy) - total(reference);
        }

        /// Sum over a response's tokens.
        public static double total(float[] values) {
            double total = 0;
            for (float value : values) {
                total += value;
            }
            return total;
        }

        private static Scores ofTokens(int count) {
            return new Scores(
                    new float[count],
                    new float[count],
                    new float[count],
                    new float[count],
                    new float[count],
                    new float[count],
                    new float[count],
                    new float[count]);
        }
    }

    /// @param policy model that is named differently from the reference; they may share weights
    /// @param longest tokens of the longest sequence, prompt included
    /// @param rows packed tokens per forward pass, at least `longest`
    /// @param temperature divides the logits of both models, unless [#score] is told another
    public DivergenceScorer(Backend backend, Model policy, Model reference, int longest, int rows, float temperature) {
        Graph graph = new Graph();
        outputs = Outputs.record(graph, policy.parameters(), reference.parameters());
        Capacity capacity = capacity(longest, rows);
        List<Parameters> values = new ArrayList<>(policy.values());
        values.addAll(reference.values());
        program = backend.compile(graph, capacity, values);
        batch = new Batch(capacity);
        this.temperature = temperature;
        packing = new Packing(batch);
        buffer = new float[capacity.rows()];
    }

    private record Outputs(
            Op.TokenLogProb policy,
            Op.TokenLogProb reference,
            Tensor kl,
            Tensor forwardKl,
            Op.TokenConcentration concentration) {
        static Outputs record(Graph graph, TransformerParameters policy, TransformerParameters reference) {
            Tensor hidden = Transformer.record(graph, policy);
            Tensor referenceHidden = Transformer.record(graph, reference);
            return new Outputs(
                    graph.tokenLogProb("logProb", hidden, policy.headWeight()),
                    graph.tokenLogProb("referenceLogProb", referenceHidden, reference.headWeight()),
                    graph.tokenKl("kl", hidden, policy.headWeight(), referenceHidden, reference.headWeight()),
                    graph.tokenKl("forwardKl", referenceHidden, reference.headWeight(), hidden, policy.headWeight()),
                    graph.tokenConcentration("concentration", hidden, policy.headWeight(), TOP_TOKENS));
        }
    }

    private static Capacity capacity(int longest, int rows) {
        int capacityRows = Math.max(longest, rows);
        return Capacity.training(capacityRows, capacityRows + 1, capacityRows, 0);
    }

    /// Memory that a scorer will take.
    public static MemoryPlan plan(
            Backend backend, TransformerParameters policy, TransformerParameters reference, int longest, int rows) {
        Graph graph = new Graph();
        Outputs.record(graph, policy, reference);
        return backend.plan(graph, capacity(longest, rows));
    }

    /// Scores in the order of the sequences.
    public Scores[] score(List<Sequence> sequences) {
        return score(sequences, () -> false);
    }

    /// As above; stops with a [CancellationException] between two batches once `cancelled` says so.
    public Scores[] score(List<Sequence> sequences, BooleanSupplier cancelled) {
        return score(sequences, temperature, cancelled);
    }

    /// As above, at another temperature.
    public Scores[] score(List<Sequence> sequences, float temperature, BooleanSupplier cancelled) {
        batch.temperature = temperature;
        Scores[] scores = new Scores[sequences.size()];
        int next = 0;
        while (next < sequences.size()) {
            int first = next;
            next = packing.fill(sequences, first, cancelled, packing::addScored);
            for (int i = first; i < next; i++) {
                scores[i] = Scores.ofTokens(sequences.get(i).scoredTokens());
            }
            program.forward(batch);
            List<Scores> scored = Arrays.asList(scores).subList(first, next);
            spread(
                    outputs.policy().logProb(),
                    scored.stream().map(Scores::policy).toList());
            spread(
                    outputs.reference().logProb(),
                    scored.stream().map(Scores::reference).toList());
            spread(outputs.kl(), scored.stream().map(Scores::kl).toList());
            spread(outputs.forwardKl(), scored.stream().map(Scores::forwardKl).toList());
            spread(
                    outputs.policy().entropy(),
                    scored.stream().map(Scores::entropy).toList());
            spread(
                    outputs.concentration().logCollision(),
                    scored.stream().map(Scores::logCollision).toList());
            spread(
                    Objects.requireNonNull(outputs.concentration().topEntropy()),
                    scored.stream().map(Scores::topEntropy).toList());
            spread(
                    Objects.requireNonNull(outputs.concentration().topMass()),
                    scored.stream().map(Scores::topMass).toList());
        }
        return scores;
    }

    private void spread(Tensor output, List<float[]> rows) {
        program.read(output, batch, buffer);
        int target = 0;
        for (float[] row : rows) {
            System.arraycopy(buffer, target, row, 0, row.length);
            target += row.length;
        }
    }

    @Override
    public void close() {
        program.close();
    }
}
