package dev.daa.eval.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FurthestAccurateKlTest {
    private static final double[] KL = {4, 0, 1, 2, 8};

    private static FurthestAccurateKl of(double... accuracy) {
        return FurthestAccurateKl.of(KL, accuracy);
    }

    @Test
    void itIsTheGreatestKlWithThreeQuartersInOrder() {
        assertThat(of(0.74, 0.9, 0.8, 0.75, 0.5)).isEqualTo(new FurthestAccurateKl(2, false));
        assertThat(of(0.8, 0.9, 0.6, 0.7, 0.5)).isEqualTo(new FurthestAccurateKl(4, false));
        assertThat(of(0.8, 0.9, 0.8, 0.8, 0.76)).isEqualTo(new FurthestAccurateKl(8, true));
        assertThat(of(0.5, 0.6, 0.5, 0.5, 0.5)).isEqualTo(new FurthestAccurateKl(0, false));
    }

    @Test
    void whatWasNotMeasuredDoesNotCount() {
        assertThat(of(0.8, 0.9, 0.8, 0.8, Double.NaN)).isEqualTo(new FurthestAccurateKl(4, true));
    }
}
