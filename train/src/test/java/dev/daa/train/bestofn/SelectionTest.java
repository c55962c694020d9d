package dev.daa.train.bestofn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SelectionTest {
    private static final double[] SCORE = {1, 3, 2, 3, 0.5, 0.5};

    @Test
    void theBestAreKeptTiesByPosition() {
        SplittableRandom random = new SplittableRandom(1);
        assertThat(new Selection(1, 0).choose(SCORE, random)).containsExactly(1);
        assertThat(new Selection(4, 0).choose(SCORE, random)).containsExactly(1, 3, 2, 0);
        assertThat(Selection.worst(SCORE)).isEqualTo(4);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new Selection(7, 0).choose(SCORE, random))
                .withMessage("keep is 7, expected at most the 6 samples");
    }

    /// Scores log 1, log 2, log 5 at λ = 1 are drawn with probabilities 1/8, 2/8, 5/8; standard errors are 0.003.
    @Test
    void softBestOfNDrawsByTheExponentOfTheScore() {
        SplittableRandom random = new SplittableRandom(2);
        Selection soft = new Selection(1, 1);
        int[] drawn = new int[3];
        for (int i = 0; i < 20_000; i++) {
            drawn[soft.choose(new double[] {Math.log(1), Math.log(2), Math.log(5)}, random)[0]]++;
        }
        assertThat(drawn[0] / 20_000.0).isCloseTo(0.125, within(0.012));
        assertThat(drawn[2] / 20_000.0).isCloseTo(0.625, within(0.014));
        assertThat(new Selection(1, 1e9).choose(SCORE, random)[0]).isIn(1, 3);
    }
}
