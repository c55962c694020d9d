package dev.daa.model.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.SmallModels;
import dev.daa.model.transformer.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Frequencies of sampled tokens against the softmax of all logits, which a plain graph computes.
class SampledDistributionTest {
    private static final int SAMPLES = 4096;

    /// Expected counts below this are pooled, as the χ² approximation asks for.
    private static final double SMALLEST_COUNT = 5;

    /// 99.9 % quantile of the standard normal distribution.
    private static final double QUANTILE = 3.0902;

    @ParameterizedTest
    @CsvSource({
        "gpt2, 1, 0, 1", "gpt_neox, 1, 0, 1", "llama, 1, 0, 1", "gpt2, 0.5, 0, 1", "llama, 2.5, 0, 1",
        "gpt2, 1, 1, 1", "gpt2, 1, 7, 1", "gpt_neox, 0.5, 13, 1", "gpt2, 1, 0, 0.3", "llama, 1.5, 0, 0.8",
        "gpt2, 2, 7, 0.5", "gpt2, 1, 33, 1", "gpt2, 1, 257, 0.999"
    })
    void firstAndSecondTokens(String family, float temperature, int topK, float topP) {
        int[] prompt = SmallModels.tokens(4, 3);
        try (Backend backend = Backend.open("cpu", 2)) {
            Model model = SmallModels.language(backend, family, "policy", 7);
            Response[] responses;
            try (Generator generator = new Generator(backend, model, 257, 4, 2)) {
                responses = generator
                        .generate(
                                List.of(prompt),
                                SAMPLES,
                                new Sampling(temperature, topK, topP, 2, StopTokens.NONE),
                                13)[0];
            }
            double[] full = SmallModels.logDistributions(backend, model, prompt, temperature)[3];
            double[] expected = kept(full, topK, topP);
            assertFrequencies(
                    expected, Arrays.stream(responses).map(r -> r.tokens()[0]).toList());
            for (Response response : responses) {
                assertThat(response.logProbs()[0])
                        .as("log-probability under the whole distribution")
                        .isCloseTo((float) full[response.tokens()[0]], within(2e-5f));
            }
            int likeliest = IntStream.range(0, expected.length)
                    .boxed()
                    .max(Comparator.comparingDouble(token -> expected[token]))
                    .orElseThrow();
            int[] longer = Arrays.copyOf(prompt, 5);
            longer[4] = likeliest;
            double[] second = SmallModels.logDistributions(backend, model, longer, temperature)[4];
            assertFrequencies(
                    kept(second, topK, topP),
                    Arrays.stream(responses)
                            .filter(r -> r.tokens()[0] == likeliest)
                            .map(r -> r.tokens()[1])
                            .toList());
        }
    }

    /// Probabilities after top-k, then top-p of what top-k leaves: the smallest set that reaches p.
    private static double[] kept(double[] logProbs, int topK, double topP) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, logProbs.length).boxed().toList());
        order.sort(Comparator.comparingDouble(token -> -logProbs[token]));
        int count = topK == 0 ? order.size() : Math.min(topK, order.size());
        double total = order.stream()
                .limit(count)
                .mapToDouble(t -> Math.exp(logProbs[t]))
                .sum();
        double[] probabilities = new double[logProbs.length];
        double reached = 0;
        for (int i = 0; i < count && reached < topP * total; i++) {
            probabilities[order.get(i)] = Math.exp(logProbs[order.get(i)]);
            reached += probabilities[order.get(i)];
        }
        for (int token = 0; token < probabilities.length; token++) {
            probabilities[token] /= reached;
        }
        return probabilities;
    }

    /// Pearson's χ² test at 0.1 %; what has probability 0 must not occur at all.
    private static void assertFrequencies(double[] probabilities, List<Integer> tokens) {
        int[] counts = new int[probabilities.length];
        tokens.forEach(token -> counts[token]++);
        double statistic = 0;
        int cells = 0;
        double pooledExpected = 0;
        double pooledCount = 0;
        for (int token = 0; token < counts.length; token++) {
            double expected = probabilities[token] * tokens.size();
            if (probabilities[token] == 0) {
                assertThat(counts[token])
                        .as("token %d outside the support", token)
                        .isZero();
            } else if (expected < SMALLEST_COUNT) {
                pooledExpected += expected;
                pooledCount += counts[token];
            } else {
                statistic += (counts[token] - expected) * (counts[token] - expected) / expected;
                cells++;
            }
        }
        if (pooledExpected >= SMALLEST_COUNT) {
            statistic += (pooledCount - pooledExpected) * (pooledCount - pooledExpected) / pooledExpected;
            cells++;
        }
        assertThat(statistic)
                .as("χ² over %d cells and %d draws", cells, tokens.size())
                .isLessThanOrEqualTo(chiSquareQuantile(cells - 1));
    }

    /// Wilson and Hilferty's approximation of the 99.9 % quantile.
    private static double chiSquareQuantile(int degrees) {
        if (degrees == 0) {
            return 1e-6;
        }
        double variance = 2.0 / (9 * degrees);
        return degrees * Math.pow(1 - variance + QUANTILE * Math.sqrt(variance), 3);
    }
}
