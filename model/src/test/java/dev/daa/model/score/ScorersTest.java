package dev.daa.model.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.SmallModels;
import dev.daa.model.transformer.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Scores against the full softmax of a plain graph with all logits, in double; and the same bits in any batch.
class ScorersTest {
    private final Backend backend = Backend.open("cpu", 2);

    @AfterEach
    void close() {
        backend.close();
    }

    /// Two responses to each of several prompts of 0 to 12 tokens, responses of 1 to 13.
    private static List<Sequence> sequences(boolean promptless) {
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < 13; i++) {
            int[] prompt = SmallModels.tokens(promptless ? i : i + 1, i);
            sequences.add(new Sequence(prompt, SmallModels.tokens(1 + (i * 5) % 13, 100 + i)));
            sequences.add(new Sequence(prompt, SmallModels.tokens(1 + (i * 7) % 13, 200 + i)));
        }
        if (promptless) {
            sequences.add(new Sequence(new int[0], SmallModels.tokens(33, 5)));
        }
        return sequences;
    }

    private double[][] logDistributions(Model model, Sequence sequence, double temperature) {
        int prompt = sequence.prompt().length;
        int[] whole = Arrays.copyOf(sequence.prompt(), sequence.length());
        System.arraycopy(sequence.response(), 0, whole, prompt, sequence.response().length);
        double[][] all = SmallModels.logDistributions(backend, model, whole, temperature);
        return Arrays.copyOfRange(all, Math.max(0, prompt - 1), sequence.length() - 1);
    }

    private static int scoredToken(Sequence sequence, int index) {
        return sequence.response()[index + (sequence.prompt().length == 0 ? 1 : 0)];
    }

    private static double divergence(double[] p, double[] q) {
        double sum = 0;
        for (int token = 0; token < p.length; token++) {
            sum += Math.exp(p[token]) * (p[token] - q[token]);
        }
        return sum;
    }

    private static double entropy(double[] p) {
        return -Arrays.stream(p).map(logProb -> Math.exp(logProb) * logProb).sum();
    }

    @ParameterizedTest
    @CsvSource({"gpt2, 1", "gpt_neox, 1", "llama, 1", "gpt2, 0.6", "llama, 1.7"})
    void divergencesLogProbsAndEntropyAreThoseOfTheFullSoftmax(String family, float temperature) {
        Model policy = SmallModels.language(backend, family, "policy", 7);
        Model reference = SmallModels.language(backend, family, "reference", 8);
        List<Sequence> sequences = sequences(true);
        try (DivergenceScorer scorer = new DivergenceScorer(backend, policy, reference, 40, 64, temperature)) {
            DivergenceScorer.Scores[] scores = scorer.score(sequences);
            for (int i = 0; i < scores.length; i++) {
                Sequence sequence = sequences.get(i);
                double[][] p = logDistributions(policy, sequence, temperature);
                double[][] q = logDistributions(reference, sequence, temperature);
                assertThat(scores[i].kl()).hasSize(sequence.scoredTokens()).hasSize(p.length);
                for (int t = 0; t < p.length; t++) {
                    int token = scoredToken(sequence, t);
                    String what = "sequence " + i + ", token " + t;
                    assertThat((double) scores[i].policy()[t]).as(what).isCloseTo(p[t][token], within(2e-5));
                    assertThat((double) scores[i].reference()[t]).as(what).isCloseTo(q[t][token], within(2e-5));
                    assertThat((double) scores[i].kl()[t]).as(what).isCloseTo(divergence(p[t], q[t]), within(2e-5));
                    assertThat((double) scores[i].forwardKl()[t])
                            .as(what)
                            .isCloseTo(divergence(q[t], p[t]), within(2e-5));
                    assertThat((double) scores[i].entropy()[t]).as(what).isCloseTo(entropy(p[t]), within(2e-5));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void equalModelsHaveNoDivergence(String family) {
        Model policy = SmallModels.language(backend, family, "policy", 7);
        Model reference = SmallModels.language(backend, family, "reference", 7);
        try (DivergenceScorer scorer = new DivergenceScorer(backend, policy, reference, 40, 64, 1)) {
            for (DivergenceScorer.Scores scores : scorer.score(sequences(true))) {
                assertThat(scores.reference()).containsExactly(scores.policy());
                float[] zeros = new float[scores.kl().length];
                assertThat(scores.kl()).usingComparatorWithPrecision(2e-6f).containsExactly(zeros);
                assertThat(scores.forwardKl())
                        .usingComparatorWithPrecision(2e-6f)
                        .containsExactly(zeros);
            }
        }
    }

    /// Alone, in order, shuffled, and with other numbers of rows: bit for bit.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void logProbsAreTheSameInAnyBatch(String family) {
        Model model = SmallModels.language(backend, family, "policy", 7);
        List<Sequence> sequences = sequences(true);
        float[][] alone = new float[sequences.size()][];
        try (LogProbScorer scorer = new LogProbScorer(backend, model, 40, 40, 1)) {
            for (int i = 0; i < alone.length; i++) {
                alone[i] = scorer.score(List.of(sequences.get(i)))[0];
            }
        }
        for (int rows : new int[] {40, 64, 257, 2048}) {
            try (LogProbScorer scorer = new LogProbScorer(backend, model, 40, rows, 1)) {
                for (List<Integer> order : orders(sequences.size())) {
                    float[][] found =
                            scorer.score(order.stream().map(sequences::get).toList());
                    for (int i = 0; i < found.length; i++) {
                        assertThat(found[i])
                                .as("sequence %d in %d rows", order.get(i), rows)
                                .containsExactly(alone[order.get(i)]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void rewardScoresAreTheSameInAnyBatch(String family) {
        Model model = SmallModels.reward(backend, family, 7);
        List<Sequence> sequences = sequences(true);
        float[] alone = new float[sequences.size()];
        try (RewardScorer scorer = new RewardScorer(backend, model, 40, 40)) {
            for (int i = 0; i < alone.length; i++) {
                alone[i] = scorer.score(List.of(sequences.get(i)))[0];
            }
        }
        assertThat(alone).doesNotHaveDuplicates();
        for (int rows : new int[] {40, 64, 257, 2048}) {
            try (RewardScorer scorer = new RewardScorer(backend, model, 40, rows)) {
                for (List<Integer> order : orders(sequences.size())) {
                    float[] found =
                            scorer.score(order.stream().map(sequences::get).toList());
                    for (int i = 0; i < found.length; i++) {
                        assertThat(found[i])
                                .as("sequence %d in %d rows", order.get(i), rows)
                                .isEqualTo(alone[order.get(i)]);
                    }
                }
            }
        }
    }

    private static List<List<Integer>> orders(int size) {
        List<Integer> inOrder = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            inOrder.add(i);
        }
        List<Integer> shuffled = new ArrayList<>(inOrder);
        Collections.shuffle(shuffled, new Random(3));
        return List.of(inOrder, inOrder.reversed(), shuffled);
    }

    /// Scored at the last response token: what follows a prompt decides, not what the prompt is called.
    @Test
    void theRewardReadsTheLastTokenOfPromptAndResponseTogether() {
        Model model = SmallModels.reward(backend, "gpt2", 7);
        int[] whole = SmallModels.tokens(13, 3);
        List<Sequence> cuts = new ArrayList<>();
        for (int prompt = 0; prompt < 13; prompt++) {
            cuts.add(new Sequence(Arrays.copyOf(whole, prompt), Arrays.copyOfRange(whole, prompt, 13)));
        }
        try (RewardScorer scorer = new RewardScorer(backend, model, 40, 64)) {
            float[] scores = scorer.score(cuts);
            for (float score : scores) {
                assertThat(score).isCloseTo(scores[0], within(2e-6f * Math.max(1, Math.abs(scores[0]))));
            }
            whole[12] = (whole[12] + 1) % SmallModels.VOCABULARY;
            float changed = scorer.score(List.of(new Sequence(new int[0], whole)))[0];
            assertThat(Math.abs(changed - scores[0])).isGreaterThan(1e-3f);
        }
    }

    @Test
    void stopsBetweenTwoBatchesWhenCancelled() {
        Model model = SmallModels.language(backend, "gpt2", "policy", 7);
        try (LogProbScorer scorer = new LogProbScorer(backend, model, 40, 40, 1)) {
            assertThatExceptionOfType(CancellationException.class)
                    .isThrownBy(() -> scorer.score(sequences(false), () -> true));
        }
    }
}
