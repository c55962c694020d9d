package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Tensor.Extent;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every backend's sampling must do: tokens by the inverted cumulative distribution, log-probabilities by the
/// uncut one.
public abstract class SampleContract {
    private static final int TARGETS = 257;

    private final Batch batch = new Batch(new Capacity(1, 0, TARGETS, 0, 1));

    /// Opens the backend under test.
    protected abstract Backend open(int threads);

    /// Samples all targets of the batch from these logits, one row for all; returns the log-probabilities.
    private float[] sample(float[] logits) {
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor tensor = GraphCheck.input(graph, "logits", Extent.TARGETS, logits.length);
        Tensor logProb = graph.sample("sample", tensor);
        float[] rows = new float[TARGETS * logits.length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = logits[i % logits.length];
        }
        while (batch.targets() < TARGETS) {
            batch.addTarget(0, 0);
        }
        float[] found = new float[TARGETS];
        try (Backend backend = open(2);
                Program program = backend.compile(graph, batch.capacity(), List.of(backend.allocate(layout)))) {
            program.write(tensor, batch, rows);
            program.forward(batch);
            program.read(logProb, batch, found);
        }
        return found;
    }

    /// Every uniform number once, from 0 to just below 1.
    private void spreadUniforms() {
        for (int i = 0; i < TARGETS; i++) {
            batch.uniform[i] = (i + 0.5f) / TARGETS;
        }
    }

    private static float[] logits(int vocabulary) {
        SplittableRandom random = new SplittableRandom(vocabulary);
        float[] logits = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            logits[i] = (float) (2 * random.nextGaussian());
        }
        return logits;
    }

    private static double[] probabilities(float[] logits, double temperature) {
        double[] scaled = new double[logits.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = logits[i] / temperature;
        }
        double sum = Oracle.logSumExp(scaled);
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = Math.exp(scaled[i] - sum);
        }
        return scaled;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 13, 33, 257})
    void evenlySpreadNumbersGiveEachTokenItsShare(int vocabulary) {
        float[] logits = logits(vocabulary);
        batch.temperature = 1.3f;
        spreadUniforms();
        float[] logProbs = sample(logits);
        double[] expected = probabilities(logits, 1.3f);
        int[] counts = new int[vocabulary];
        for (int t = 0; t < TARGETS; t++) {
            counts[batch.sampledToken[t]]++;
            assertThat((double) logProbs[t]).isCloseTo(Math.log(expected[batch.sampledToken[t]]), within(3e-6));
        }
        for (int token = 0; token < vocabulary; token++) {
            // The quantiles of an even grid are exact to one place at each end of the token's interval.
            assertThat(counts[token] / (double) TARGETS).isCloseTo(expected[token], within(1.01 / TARGETS));
        }
    }

    @Test
    void tokensComeInTheOrderOfTheCumulativeDistribution() {
        spreadUniforms();
        float[] unused = sample(logits(33));
        assertThat(unused).hasSize(TARGETS);
        for (int t = 1; t < TARGETS; t++) {
            assertThat(batch.sampledToken[t]).isGreaterThanOrEqualTo(batch.sampledToken[t - 1]);
        }
    }

    @Test
    void temperatureZeroTakesTheFirstLargest() {
        float[] logits = {0, 3, 1, 3, -2};
        batch.temperature = 0;
        spreadUniforms();
        float[] logProbs = sample(logits);
        double[] expected = probabilities(logits, 1);
        for (int t = 0; t < TARGETS; t++) {
            assertThat(batch.sampledToken[t]).isEqualTo(1);
            assertThat((double) logProbs[t]).isCloseTo(Math.log(expected[1]), within(2e-6));
        }
    }

    /// Scaled logits of millions keep no digit behind the point.
    @ParameterizedTest
    @ValueSource(floats = {1e-6f, 1e-9f, 1e-30f})
    void lowTemperaturesTakeTheLargestForSure(float temperature) {
        float[] logits = logits(33);
        logits[20] = 13.37f;
        batch.temperature = temperature;
        spreadUniforms();
        float[] logProbs = sample(logits);
        for (int t = 0; t < TARGETS; t++) {
            assertThat(batch.sampledToken[t]).isEqualTo(20);
            assertThat(logProbs[t]).isZero();
        }
    }

    /// As a model's that has diverged.
    @ParameterizedTest
    @ValueSource(floats = {0, 1})
    void logitsThatAreNoNumbersGiveTheFirstToken(float temperature) {
        batch.temperature = temperature;
        spreadUniforms();
        assertThat(sample(new float[] {Float.NaN, Float.NaN, Float.NaN})).containsOnly(Float.NaN);
        assertThat(batch.sampledToken).containsOnly(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 32, 33})
    void topKKeepsTheLargest(int k) {
        float[] logits = logits(33);
        batch.topK = k;
        spreadUniforms();
        assertCut(logits, sample(logits), kept(logits, k, 1));
    }

    @ParameterizedTest
    @ValueSource(floats = {0.01f, 0.3f, 0.9f, 0.999f})
    void topPKeepsTheSmallestSetThatReachesIt(float p) {
        float[] logits = logits(33);
        batch.topP = p;
        spreadUniforms();
        assertCut(logits, sample(logits), kept(logits, 33, p));
    }

    /// Enough tokens for several to each worker of a group, and for other groups than those of small models.
    @ParameterizedTest
    @CsvSource({"0,1", "400,0.9"})
    void largeVocabulariesAreCutAlike(int k, float p) {
        float[] logits = logits(2_501);
        batch.topK = k;
        batch.topP = p;
        spreadUniforms();
        assertCut(logits, sample(logits), kept(logits, k == 0 ? logits.length : k, p));
    }

    @Test
    void topPCountsTheSharesThatTopKLeaves() {
        float[] logits = logits(33);
        batch.topK = 6;
        batch.topP = 0.7f;
        spreadUniforms();
        assertCut(logits, sample(logits), kept(logits, 6, 0.7f));
    }

    /// Which tokens the cuts leave, by sorting.
    private static boolean[] kept(float[] logits, int k, double p) {
        double[] probability = probabilities(logits, 1);
        List<Integer> order = java.util.stream.IntStream.range(0, logits.length)
                .boxed()
                .sorted((a, b) -> Float.compare(logits[b], logits[a]))
                .limit(k)
                .toList();
        double total = order.stream().mapToDouble(token -> probability[token]).sum();
        boolean[] kept = new boolean[logits.length];
        double reached = 0;
        for (int token : order) {
            if (reached < p * total) {
                kept[token] = true;
                reached += probability[token];
            }
        }
        return kept;
    }

    private void assertCut(float[] logits, float[] logProbs, boolean[] kept) {
        double[] probability = probabilities(logits, 1);
        double total = 0;
        for (int token = 0; token < kept.length; token++) {
            total += kept[token] ? probability[token] : 0;
        }
        int[] counts = new int[kept.length];
        for (int t = 0; t < TARGETS; t++) {
            int token = batch.sampledToken[t];
            counts[token]++;
            assertThat(kept[token]).as("token %d is kept", token).isTrue();
            assertThat((double) logProbs[t]).isCloseTo(Math.log(probability[token]), within(3e-6));
        }
        for (int token = 0; token < kept.length; token++) {
            double expected = kept[token] ? probability[token] / total : 0;
            assertThat(counts[token] / (double) TARGETS).isCloseTo(expected, within(1.01 / TARGETS));
        }
    }
}
