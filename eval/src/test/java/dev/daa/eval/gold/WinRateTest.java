package dev.daa.eval.gold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WinRateTest {
    @Test
    void tiesAreHalfAWin() {
        WinRate rate = WinRate.of(new double[] {1, 2, 3, 4, 0}, new double[] {0, 2, 4, 3, 0});

        assertThat(rate.wins()).isEqualTo(2);
        assertThat(rate.ties()).isEqualTo(2);
        assertThat(rate.losses()).isEqualTo(1);
        assertThat(rate.comparisons()).isEqualTo(5);
        assertThat(rate.rate()).isEqualTo(0.6, within(1e-15));
        // Scores 1, ½, 0, 1, ½: s² = .7/4.
        assertThat(rate.standardError()).isEqualTo(Math.sqrt(.7 / 4 / 5), within(1e-15));
    }

    @Test
    void wilsonIntervalOfPublishedExamples() {
        // Newcombe 1998, Statistics in Medicine 17, Table I, method 3: 81/263, 15/148, 0/20, 1/29.
        assertInterval(81, 263, 0.2553, 0.3662);
        assertInterval(15, 148, 0.0624, 0.1605);
        assertInterval(0, 20, 0, 0.1611);
        assertInterval(1, 29, 0.0061, 0.1718);
        assertInterval(29, 29, 1 - 0.1170, 1);
    }

    @Test
    void repeatedPromptsWidenTheInterval() {
        double[] policy = {1, 1, 0, 0, 1, 1, 1, 1};
        double[] opponent = {0, 0, 1, 1, 0, 0, 0, 0};
        int[] prompt = {0, 0, 1, 1, 2, 2, 3, 3};
        WinRate clustered = WinRate.of(policy, opponent, prompt);
        WinRate four = WinRate.of(new double[] {1, 0, 1, 1}, new double[] {0, 1, 0, 0});

        assertThat(clustered.rate()).isEqualTo(0.75);
        assertThat(clustered.standardError()).isEqualTo(four.standardError(), within(1e-15));
        assertThat(clustered.low()).isLessThanOrEqualTo(four.low());
        assertThat(clustered.high()).isGreaterThan(WinRate.of(policy, opponent).high());
    }

    @Test
    void certainWinsOverFewPromptsCountThePrompts() {
        double[] policy = new double[20];
        Arrays.fill(policy, 1);
        int[] prompt = new int[20];
        for (int k = 0; k < 20; k++) {
            prompt[k] = k / 4;
        }
        double squared = 1.959963984540054 * 1.959963984540054;

        assertThat(WinRate.of(policy, new double[20], prompt).low()).isEqualTo(5 / (5 + squared), within(1e-12));
        assertThat(WinRate.of(policy, new double[20]).low()).isEqualTo(20 / (20 + squared), within(1e-12));
    }

    @Test
    void badComparisonsAreRefused() {
        assertThatThrownBy(() -> WinRate.of(new double[1], new double[2]))
                .hasMessage("1 rewards of the policy, but 2 of the opponent");
        assertThatThrownBy(() -> WinRate.of(new double[] {Double.NaN}, new double[1]))
                .hasMessage("comparison 0 is of NaN with 0.0");
    }

    @Test
    void judgesOfTextScoreTokenIds() {
        GoldReward gold =
                GoldReward.ofText(Arrays::toString, (prompt, response) -> 100 * prompt.length() + response.length());

        assertThat(gold.reward(new int[] {1, 2}, new int[] {3})).isEqualTo(603);
        assertThat(gold.rewards(new int[][] {{1, 2}, {1}}, new int[][] {{3}, {}}))
                .containsExactly(603, 302);
        assertThatThrownBy(() -> gold.rewards(new int[1][], new int[2][])).hasMessage("1 prompts, but 2 responses");
    }

    private static void assertInterval(int wins, int comparisons, double low, double high) {
        double[] policy = new double[comparisons];
        double[] opponent = new double[comparisons];
        Arrays.fill(opponent, 0.5);
        Arrays.fill(policy, 0, wins, 1);
        WinRate rate = WinRate.of(policy, opponent);

        assertThat(rate.low()).isEqualTo(low, within(5e-5));
        assertThat(rate.high()).isEqualTo(high, within(5e-5));
    }
}
