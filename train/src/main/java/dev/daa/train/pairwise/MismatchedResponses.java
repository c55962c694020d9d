package dev.daa.train.pairwise;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.Feedback;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Log-ratios of responses that belong to other prompts, from which KTO (2402.01306) estimates KL(π ‖ π_ref): each
/// prompt of a batch is followed by the responses of the row before it, the first by those of the last, as in TRL; rows
/// with an equal prompt are passed over. They carry no gradient.
public final class MismatchedResponses implements AutoCloseable {
    private final LogProbScorer policy;
    private final LogProbScorer reference;
    private final int longest;

    /// @param rows packed tokens of a batch
    MismatchedResponses(Backend backend, Model policy, Model reference, int rows, float temperature) {
        this.policy = new LogProbScorer(backend, policy, rows, rows, temperature);
        this.reference = new LogProbScorer(backend, reference, rows, rows, temperature);
        longest = Math.min(
                policy.config().longestRow(Head.LANGUAGE), reference.config().longestRow(Head.LANGUAGE));
    }

    /// Memory that it will take.
    static JointMemory plan(Backend backend, TransformerParameters policy, TransformerParameters reference, int rows) {
        return JointMemory.of(
                LogProbScorer.plan(backend, policy, rows, rows), LogProbScorer.plan(backend, reference, rows, rows));
    }

    /// The log-ratios beside the chosen and the rejected responses of a batch, in their order, nats.
    record LogRatios(double[] chosen, double[] rejected) {}

    LogRatios of(List<Feedback> rows) {
        Sequences sequences = Sequences.of(rows, longest);
        return new LogRatios(logRatios(sequences.chosen()), logRatios(sequences.rejected()));
    }

    /// Each prompt of a batch with the response of another, one for each chosen and one for each rejected response.
    public record Sequences(List<Sequence> chosen, List<Sequence> rejected) {
        /// @param longest tokens of a prompt and a response that the models take; longer responses are cut
        public static Sequences of(List<? extends Feedback> rows, int longest) {
            List<Sequence> chosen = new ArrayList<>();
            List<Sequence> rejected = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
                int[] prompt = rows.get(i).prompt();
                Feedback other = rows.get(other(rows, i));
                if (rows.get(i).chosen() != null) {
                    chosen.add(cut(prompt, present(other.chosen(), other.rejected()), longest));
                }
                if (rows.get(i).rejected() != null) {
                    rejected.add(cut(prompt, present(other.rejected(), other.chosen()), longest));
                }
            }
            return new Sequences(chosen, rejected);
        }

        /// The first response, or the second of a row that has no first.
        private static int[] present(int @Nullable [] first, int @Nullable [] second) {
            return first == null ? Objects.requireNonNull(second) : first;
        }

        private static Sequence cut(int[] prompt, int[] response, int longest) {
            if (prompt.length >= longest) {
                throw new InputException("a prompt of " + prompt.length + " tokens, expected at most " + (longest - 1)
                        + ", as the model has no more positions for a response");
            }
            return new Sequence(prompt, Arrays.copyOf(response, Math.min(response.length, longest - prompt.length)));
        }
    }

    private double[] logRatios(List<Sequence> sequences) {
        float[][] underPolicy = policy.score(sequences);
        float[][] underReference = reference.score(sequences);
        double[] ratios = new double[sequences.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = sum(underPolicy[i]) - sum(underReference[i]);
        }
        return ratios;
    }

    /// The nearest row before, around the end, with another prompt; itself where all prompts are equal.
    static int other(List<? extends Feedback> rows, int row) {
        int other = row;
        do {
            other = (other + rows.size() - 1) % rows.size();
        } while (other != row
                && Arrays.equals(rows.get(other).prompt(), rows.get(row).prompt()));
        return other;
    }

    private static double sum(float[] logProbs) {
        double sum = 0;
        for (float logProb : logProbs) {
            sum += logProb;
        }
        return sum;
    }

    @Override
    public void close() {
        policy.close();
        reference.close();
    }
}
