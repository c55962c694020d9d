package dev.daa.eval.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class FurthestAccurateKlTest {
    private static final double[] KL = {4, 0, 1, 2, 8};

    private static FurthestAccurateKl of(double... accuracy) {
        return FurthestAccurateKl.of(
                KL,
                Arrays.stream(accuracy)
                        .mapToObj(share -> new Concordance(share, 1000))
                        .toList());
    }

    @Test
    void itIsTheGreatestKlWithThreeQuartersInOrder() {
        assertThat(of(0.74, 0.9, 0.8, 0.75, 0.5)).isEqualTo(new FurthestAccurateKl(2, false));
        assertThat(of(0.8, 0.9, 0.8, 0.8, 0.76)).isEqualTo(new FurthestAccurateKl(8, true));
        assertThat(of(0.8, 0.9, 0.8, 0.8, 0.5)).isEqualTo(new FurthestAccurateKl(4, false));
        assertThat(of(0.5, 0.6, 0.5, 0.5, 0.5)).isEqualTo(new FurthestAccurateKl(0, false));
    }

    @Test
    void oneFallAmongAccuratePoliciesIsNoise() {
        assertThat(of(0.8, 0.9, 0.74, 0.8, 0.5)).isEqualTo(new FurthestAccurateKl(4, false));
    }

    /// Accurate at KL 0, wrong from 1 to 4, and right again where the policy collapsed.
    @Test
    void whatIsOrderedWellAgainBeyondTheFallDoesNotCount() {
        assertThat(of(0.5, 0.9, 0.7, 0.6, 0.95)).isEqualTo(new FurthestAccurateKl(0, false));
    }

    /// Two responses to each of eight prompts are eight pairs, all of which may happen to be in order.
    @Test
    void fewDistinctPairsDoNotCount() {
        double[] kl = {0, 1, 40};
        assertThat(FurthestAccurateKl.of(
                        kl, List.of(new Concordance(0.9, 900), new Concordance(0.7, 400), new Concordance(1, 8))))
                .isEqualTo(new FurthestAccurateKl(0, false));
        assertThat(FurthestAccurateKl.of(
                        kl, List.of(new Concordance(0.9, 900), new Concordance(0.8, 400), new Concordance(0, 8))))
                .isEqualTo(new FurthestAccurateKl(1, true));
    }

    @Test
    void whatWasNotMeasuredDoesNotCount() {
        assertThat(of(0.8, 0.9, 0.8, 0.8, Double.NaN)).isEqualTo(new FurthestAccurateKl(4, true));
        assertThat(of(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN))
                .isEqualTo(new FurthestAccurateKl(0, false));
    }
}
