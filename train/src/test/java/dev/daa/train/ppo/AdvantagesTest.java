package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Advantages against torchtune's, against their definitions, and by hand.
class AdvantagesTest {
    private static JsonNode golden() throws IOException {
        try (InputStream file = AdvantagesTest.class.getResourceAsStream("gae.json")) {
            return JsonMapper.shared().readTree(Objects.requireNonNull(file));
        }
    }

    private static double[] numbers(JsonNode node) {
        return node.get(0).valueStream().mapToDouble(JsonNode::asDouble).toArray();
    }

    /// torchtune's estimate_advantages, in single precision; it adds the mean back after whitening.
    @ParameterizedTest
    @CsvSource({"1.0, 0.95, g1.0_l0.95", "0.9, 0.95, g0.9_l0.95", "1.0, 1.0, g1.0_l1.0"})
    void generalisedAdvantagesAreTorchtunes(double discount, double lambda, String key) throws IOException {
        double[] values = numbers(golden().get("values"));
        double[] rewards = numbers(golden().get("rewards"));
        JsonNode expected = golden().get(key);
        double[] advantage = Advantages.generalised(new int[] {0, 5}, rewards, values, discount, lambda);
        assertThat(advantage).containsExactly(numbers(expected.get("raw_adv")), within(1e-6));
        double[] returns = advantage.clone();
        Arrays.setAll(returns, t -> returns[t] + values[t]);
        assertThat(returns).containsExactly(numbers(expected.get("returns")), within(1e-6));
        Advantages.whiten(advantage, false);
        assertThat(advantage).containsExactly(numbers(expected.get("advantages_whitened")), within(1e-6));
    }

    /// A_t = Σ_l (γλ)^l δ_{t+l}, each response for itself.
    @Test
    void generalisedAdvantagesAreTheirDefinition() {
        SplittableRandom random = new SplittableRandom(5);
        int[] start = {0, 1, 8, 13, 46};
        double[] reward = random.doubles(46, -1, 1).toArray();
        double[] value = random.doubles(46, -1, 1).toArray();
        double discount = 0.97;
        double lambda = 0.9;
        double[] found = Advantages.generalised(start, reward, value, discount, lambda);
        for (int i = 0; i < 4; i++) {
            for (int t = start[i]; t < start[i + 1]; t++) {
                double expected = 0;
                for (int s = t; s < start[i + 1]; s++) {
                    double next = s + 1 < start[i + 1] ? value[s + 1] : 0;
                    expected += Math.pow(discount * lambda, s - t) * (reward[s] + discount * next - value[s]);
                }
                assertThat(found[t]).as("token %d", t).isCloseTo(expected, within(1e-12));
            }
        }
    }

    /// With λ = γ = 1 an advantage is what is still to be earned, minus the value.
    @Test
    void theScoreComesAtTheLastTokenAndThePenaltyAtEach() {
        int[] start = {0, 3, 4};
        double[] old = {-1, -2, -3, -0.5};
        double[] reference = {-1.5, -1, -3, -0.25};
        double[] rewards = Advantages.tokenRewards(start, old, reference, new double[] {10, 20}, 0.1);
        assertThat(rewards).containsExactly(new double[] {-0.05, 0.1, 10, 20.025}, within(1e-12));
        assertThat(Advantages.generalised(start, rewards, new double[] {1, 2, 3, 4}, 1, 1))
                .containsExactly(new double[] {9.05, 8.1, 7, 16.025}, within(1e-12));
        assertThat(Advantages.responseRewards(start, old, reference, new double[] {10, 20}, 0.1))
                .containsExactly(new double[] {10.05, 20.025}, within(1e-12));
    }

    @Test
    void aGroupIsComparedWithItself() {
        double[] reward = {1, 2, 6, -1, -1, -1};
        assertThat(Advantages.leaveOneOut(reward, 3))
                .containsExactly(new double[] {-3, -1.5, 4.5, 0, 0, 0}, within(1e-12));
        assertThat(Advantages.centred(reward, 3)).containsExactly(new double[] {-2, -1, 3, 0, 0, 0}, within(1e-12));
        assertThat(Advantages.differing(reward, 3)).containsExactly(true, true, true, false, false, false);
        assertThat(Advantages.differing(new double[] {1, 2, 1}, 3)).containsExactly(true, true, true);
        double deviation = Math.sqrt((4 + 1 + 9) / 2.0);
        double[] standardized = Advantages.standardized(reward, 3);
        assertThat(standardized)
                .containsExactly(
                        new double[] {-2 / (deviation + 1e-4), -1 / (deviation + 1e-4), 3 / (deviation + 1e-4), 0, 0, 0
                        },
                        within(1e-12));
        assertThat(Advantages.spread(new int[] {0, 2, 3}, new double[] {5, 7})).containsExactly(5, 5, 7);
    }

    @Test
    void whitenedValuesHaveUnitVarianceAndAMeanOfNone() {
        double[] values = {3, 5, 10, -2};
        Advantages.whiten(values, true);
        assertThat(Arrays.stream(values).sum()).isCloseTo(0, within(1e-12));
        assertThat(Arrays.stream(values).map(x -> x * x).sum() / 3).isCloseTo(1, within(1e-8));
        double[] one = {4};
        Advantages.whiten(one, true);
        assertThat(one).containsExactly(0);
    }
}
