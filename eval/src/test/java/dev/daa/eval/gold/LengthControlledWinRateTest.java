package dev.daa.eval.gold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LengthControlledWinRateTest {
    /// Two lengths, as often longer as shorter: the logits of the two groups' win rates are a ± b·tanh(1).
    @Test
    void twoGroupsHaveAClosedForm() {
        int half = 100_000;
        double[] score = new double[2 * half];
        double[] difference = new double[2 * half];
        Arrays.fill(difference, 0, half, 7);
        Arrays.fill(difference, half, 2 * half, -7);
        Arrays.fill(score, 0, 80_000, 1);
        Arrays.fill(score, half, half + 40_000, 1);
        double longer = Math.log(.8 / .2);
        double shorter = Math.log(.4 / .6);
        double rate = 1 / (1 + Math.exp(-(longer + shorter) / 2));
        double logitError = Math.sqrt(1 / (half * .8 * .2) + 1 / (half * .4 * .6)) / 2;

        LengthControlledWinRate controlled = LengthControlledWinRate.of(score, difference);

        assertThat(controlled.rate()).isEqualTo(rate, within(1e-6));
        assertThat(controlled.lengthCoefficient()).isEqualTo((longer - shorter) / 2 / Math.tanh(1), within(1e-5));
        assertThat(controlled.standardError()).isEqualTo(rate * (1 - rate) * logitError, within(1e-7));
    }

    /// √(c/(c − 1)·Σ r²) over the information n·p(1 − p) and the prior's 0.01, at p = ½.
    @Test
    void fewPromptsAreCorrectedFor() {
        LengthControlledWinRate controlled =
                LengthControlledWinRate.of(new double[] {1, 0, 1, 0}, new double[4], new int[] {0, 1, 2, 3});

        assertThat(controlled.rate()).isEqualTo(0.5, within(1e-9));
        assertThat(controlled.standardError())
                .isEqualTo(0.25 * Math.sqrt(4.0 / 3 * 4 * 0.25) / (4 * 0.25 + 0.01), within(1e-9));
    }

    @Test
    void withoutLengthDifferencesItIsTheWinRate() {
        double[] policy = new double[1001];
        double[] score = new double[1001];
        for (int k = 0; k < 1001; k++) {
            policy[k] = k % 7 < 4 ? 1 : k % 7 == 4 ? 0 : -1;
            score[k] = (1 + policy[k]) / 2;
        }
        WinRate plain = WinRate.of(policy, new double[1001]);
        LengthControlledWinRate controlled = LengthControlledWinRate.of(score, new double[1001]);

        assertThat(controlled.rate()).isEqualTo(plain.rate(), within(1e-5));
        assertThat(controlled.standardError()).isEqualTo(plain.standardError(), within(1e-5));
        assertThat(controlled.lengthCoefficient()).isZero();
    }

    @Test
    void aPolicyThatWinsOnlyByLengthIsEvenAtEqualLength() {
        double[] score = new double[33];
        double[] difference = new double[33];
        for (int k = 0; k < 33; k++) {
            difference[k] = k - 16;
            score[k] = k > 16 ? 1 : k == 16 ? 0.5 : 0;
        }
        LengthControlledWinRate controlled = LengthControlledWinRate.of(score, difference);

        assertThat(controlled.rate()).isEqualTo(0.5, within(1e-9));
        assertThat(controlled.lengthCoefficient()).isBetween(5.0, 40.0);
    }

    @Test
    void copiesOfAPromptAddNothing() {
        double[] score = {1, 0, 1, 1, 0.5, 0, 1};
        double[] difference = {3, -1, 0, 5, 2, -4, 1};
        double[] scores = new double[14];
        double[] differences = new double[14];
        int[] prompt = new int[14];
        for (int k = 0; k < 14; k++) {
            scores[k] = score[k / 2];
            differences[k] = difference[k / 2];
            prompt[k] = k / 2;
        }
        LengthControlledWinRate once = LengthControlledWinRate.of(score, difference);
        LengthControlledWinRate twice = LengthControlledWinRate.of(scores, differences, prompt);

        // Up to the prior, which weighs half as much against twice the data; without clusters the error is 0.155.
        assertThat(twice.rate()).isEqualTo(once.rate(), within(2e-3));
        assertThat(twice.standardError()).isEqualTo(once.standardError(), within(0.01));
    }

    @Test
    void certainWinsStayFinite() {
        double[] score = new double[13];
        Arrays.fill(score, 1);

        LengthControlledWinRate controlled = LengthControlledWinRate.of(score, new double[13]);

        assertThat(controlled.rate()).isBetween(0.97, 1.0);
        assertThat(controlled.standardError()).isBetween(0.0, 0.02);
    }

    @Test
    void badComparisonsAreRefused() {
        assertThatThrownBy(() -> LengthControlledWinRate.of(new double[] {2}, new double[1]))
                .hasMessage("comparison 0 has score 2.0 and length difference 0.0");
        assertThatThrownBy(() -> LengthControlledWinRate.of(new double[2], new double[1]))
                .hasMessage("2 scores, 1 length differences and 2 prompt numbers");
    }
}
