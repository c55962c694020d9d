package dev.daa.eval.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreferenceOracleTest {
    @ParameterizedTest(name = "temperature {0}: {1} agreement with the gold order")
    @CsvSource({"0.7, 0.83", "1.0, 0.78", "1.3, 0.74", "1.6, 0.71"})
    void labelsAgreeWithTheGoldOrderAsOftenAsSpecified(double temperature, double agreement) {
        PreferenceOracle oracle = new PreferenceOracle(temperature, 0);
        RandomGenerator random = new SplittableRandom(82);
        int[] response = new int[ReviewsWorld.RESPONSE_LIMIT];
        int pairs = 0;
        int agreements = 0;
        for (int k = 0; k < 60_000; k++) {
            Item item = ReviewsWorld.item(random);
            double first = gold(item, random, response);
            double second = gold(item, random, response);
            if (first != second) {
                pairs++;
                agreements += oracle.prefersFirst(first, second, random) == first > second ? 1 : 0;
            }
        }
        // Half a printed per cent plus four standard errors.
        assertThat((double) agreements / pairs).isEqualTo(agreement, within(0.005 + 4 * 0.45 / Math.sqrt(pairs)));
    }

    @Test
    void probabilityIsTheLogisticOfTheScaledDifference() {
        assertThat(new PreferenceOracle(1.3, 0).probability(1.3, 0)).isEqualTo(1 / (1 + Math.exp(-1)), within(1e-15));
        assertThat(new PreferenceOracle(1, 0).probability(0, 0)).isEqualTo(0.5);
        assertThat(new PreferenceOracle(1, 0).probability(1000, -1000)).isEqualTo(1);
        assertThat(new PreferenceOracle(1, 0).probability(-1000, 1000)).isZero();
    }

    @Test
    void flipsMixInTheOtherLabel() {
        assertThat(new PreferenceOracle(1, 0.25).probability(1000, 0)).isEqualTo(0.75);
        assertThat(new PreferenceOracle(1, 1).probability(1000, 0)).isZero();
        assertThat(new PreferenceOracle(1, 0.5).probability(3, 0)).isEqualTo(0.5, within(1e-15));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void temperatureMustBePositive(double temperature) {
        assertThatThrownBy(() -> new PreferenceOracle(temperature, 0))
                .hasMessageContaining("temperature is " + temperature);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
    void flipProbabilityIsAProbability(double flip) {
        assertThatThrownBy(() -> new PreferenceOracle(1, flip)).hasMessageContaining("flip probability is " + flip);
    }

    private static double gold(Item item, RandomGenerator random, int[] response) {
        int length = ReferenceReviews.sample(item, random, response);
        return ReviewsWorld.goldReward(item, response, length).reward();
    }
}
