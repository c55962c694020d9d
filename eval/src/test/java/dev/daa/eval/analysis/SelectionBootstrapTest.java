package dev.daa.eval.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SelectionBootstrapTest {
    /// Fifty candidates that are all worth 0: the best of them looks worth something on the data that picked it,
    /// not on the rest.
    @Test
    void luckIsNotCountedTwice() {
        double naive = 0;
        double honest = 0;
        int trials = 40;
        for (int trial = 0; trial < trials; trial++) {
            double[][][] reward = noise(new Random(trial), 50, 2, 60, _ -> 0);
            naive += Arrays.stream(reward)
                    .mapToDouble(SelectionBootstrapTest::mean)
                    .max()
                    .orElseThrow();
            honest += Arrays.stream(SelectionBootstrap.draw(reward, List.of(all(50)), 50, trial))
                    .mapToDouble(replica -> replica.worth()[0])
                    .average()
                    .orElseThrow();
        }
        assertThat(naive / trials).isGreaterThan(0.15);
        // √(1/120) per trial, forty trials: the mean of the honest ones has a standard error of about 0.015
        assertThat(honest / trials).isCloseTo(0, within(0.06));
    }

    @Test
    void aClearWinnerWinsAlwaysAndIsWorthItsMean() {
        double[][][] reward = noise(new Random(1), 5, 3, 200, c -> c == 3 ? 4 : 0);
        SelectionBootstrap[] drawn = SelectionBootstrap.draw(reward, List.of(all(5), new int[] {0, 1}), 200, 7);
        assertThat(drawn).allSatisfy(replica -> {
            assertThat(replica.winner()[0]).isEqualTo(3);
            assertThat(replica.winner()[1]).isIn(0, 1);
        });
        assertThat(Arrays.stream(drawn)
                        .mapToDouble(replica -> replica.worth()[0])
                        .average()
                        .orElseThrow())
                .isCloseTo(4, within(0.2));
    }

    /// With rewards that only tell the seed, a replica's worth is the mean over the drawn seeds.
    @Test
    void seedsAreDrawnToo() {
        double[][][] reward = new double[1][][];
        reward[0] = new double[][] {constant(0), constant(1)};
        double[] worth = Arrays.stream(SelectionBootstrap.draw(reward, List.of(all(1)), 4000, 2))
                .mapToDouble(replica -> replica.worth()[0])
                .toArray();
        assertThat(Arrays.stream(worth).filter(value -> value == 0.5).count() / 4000.0)
                .isCloseTo(0.5, within(0.03));
        assertThat(Arrays.stream(worth).filter(value -> value == 0).count() / 4000.0)
                .isCloseTo(0.25, within(0.03));
    }

    private static double[] constant(double value) {
        double[] values = new double[30];
        Arrays.fill(values, value);
        return values;
    }

    private static int[] all(int n) {
        return IntStream.range(0, n).toArray();
    }

    private static double mean(double[][] bySeed) {
        return Arrays.stream(bySeed).flatMapToDouble(Arrays::stream).average().orElseThrow();
    }

    private static double[][][] noise(
            Random random, int candidates, int seeds, int prompts, java.util.function.IntToDoubleFunction mean) {
        double[][][] reward = new double[candidates][seeds][prompts];
        for (int c = 0; c < candidates; c++) {
            for (double[] ofSeed : reward[c]) {
                for (int p = 0; p < prompts; p++) {
                    ofSeed[p] = mean.applyAsDouble(c) + random.nextGaussian();
                }
            }
        }
        return reward;
    }
}
