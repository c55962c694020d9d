package dev.daa.eval.report.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.report.finding.Finding.Verdict;
import dev.daa.eval.report.measure.Outcome;
import org.junit.jupiter.api.Test;

/// Rise and fall within runs, on data made to deserve each verdict.
class OveroptimizationFindingsTest extends MadeStudy {
    /// The same run on three seeds, at the end of which gold is 0.01 apart.
    private void three(String objective, double beta, double[] kl, double[] gold) {
        for (int seed = 1; seed <= 3; seed++) {
            double[] own = gold.clone();
            own[own.length - 1] += 0.01 * seed;
            seeded(objective, seed, beta, kl, own);
        }
    }

    @Test
    void aRiseAndFallIsAHump() {
        three("dpo", 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.2, 0.5));
        three("ipo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        Finding hump = finding("hump");
        assertThat(outcomes(hump)).containsExactly(Outcome.SHOWN, Outcome.UNDECIDED);
        assertThat(hump.verdict()).isEqualTo(Verdict.PARTLY);
    }

    /// A run's gold reward moves between checkpoints by more than its prompts' errors: where that is as much again
    /// as a standard error of 0.06, 20 checkpoints of four β that level off rise and fall in 12 % of runs, beyond
    /// the errors and the correction for 20 of them. Nor do two seeds tell.
    @Test
    void fewerThanThreeSeedsShowNoHump() {
        seeded(1, 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.2, 0.5));
        seeded(1, 0.3, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
        assertThat(plain(finding("hump")))
                .contains("−0.20 → 1.50 ± 0.05 at 50 % of training (√KL 1.73) → 0.50 ± 0.05 at the end (√KL 4.47)");
        assertThat(finding("proxy").verdict()).isEqualTo(Verdict.NOT_TESTED);
        seeded(2, 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.2, 0.5));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
        seeded(3, 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.2, 0.5));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.REPLICATED);
    }

    @Test
    void aFallWithinTheErrorsIsNoHump() {
        seeded(1, 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.45, 1.40));
        seeded(2, 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.45, 1.50));
        seeded(3, 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.45, 1.30));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void risingToTheEndSaysNothingOfTheHump() {
        three("dpo", 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.8, 2.0));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void neverRisingIsNotAHump() {
        three("dpo", 0.1, kl(1, 3, 9, 20), gold(-0.5, -1, -2, -3));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    /// With three seeds each one is judged where the two others have their hump: at half of training.
    @Test
    void threeSeedsChooseForEachOther() {
        for (long seed = 1; seed <= 3; seed++) {
            double own = 0.02 * seed;
            seeded(seed, 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5 + own, 1.2, 0.5));
            seeded(seed, 0.3, kl(0.5, 1, 2, 3), gold(0.4, 0.8, 1.2, 1.4));
        }
        Finding hump = finding("hump");
        assertThat(hump.verdict()).isEqualTo(Verdict.REPLICATED);
        // 1.54 ± 4.303·0.02/√3 over the SFT policy's −0.2, and over 0.5 at the end.
        assertThat(plain(hump))
                .contains("rises by +1.74 [+1.69, +1.79] and falls by +1.04 [+0.99, +1.09]")
                .contains("β 0.1 at 50 % of training (3 of 3 choices)")
                .contains("3 seeds, 256 prompts each");
        Finding proxy = finding("proxy");
        assertThat(proxy.verdict()).isEqualTo(Verdict.REPLICATED);
        // β·KL grows from 0.3 to 2.0 in every seed.
        assertThat(plain(proxy)).contains("+1.70 [+1.70, +1.70]");
    }

    /// Each seed has a peak where the others have none: what the others choose is no peak of its own.
    @Test
    void peaksOfNoiseAreNotFoundAgain() {
        seeded(1, 0.1, kl(1, 3, 9, 20), gold(2.5, 1.0, 1.0, 1.0));
        seeded(2, 0.1, kl(1, 3, 9, 20), gold(1.0, 2.5, 1.0, 1.0));
        seeded(3, 0.1, kl(1, 3, 9, 20), gold(1.0, 1.0, 2.5, 1.0));
        Finding hump = finding("hump");
        assertThat(hump.verdict()).isNotEqualTo(Verdict.REPLICATED);
        assertThat(plain(hump)).contains("falls by 0.00 [0.00, 0.00]");
        assertThat(finding("proxy").verdict()).isEqualTo(Verdict.NOT_TESTED);
    }

    @Test
    void threeSeedsThatStayOnTopContradictTheHump() {
        for (long seed = 1; seed <= 3; seed++) {
            seeded(seed, 0.1, kl(1, 3, 9, 20), gold(2.0, 2.01, 1.99, 2.0 + 0.01 * seed));
        }
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
    }

    /// β 0.1 stays on top, but β 0.01 fell from the start: it had no gain to keep.
    @Test
    void aSmallestBetaThatNeverRisesContradictsNothing() {
        for (long seed = 1; seed <= 3; seed++) {
            seeded(seed, 0.01, kl(5, 9, 20, 40), gold(-1, -2, -3, -4));
            seeded(seed, 0.1, kl(1, 3, 9, 20), gold(2.0, 2.01, 1.99, 2.0 + 0.01 * seed));
        }
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void theProxyIsNotJudgedWhereGoldOnlyFalls() {
        for (long seed = 1; seed <= 3; seed++) {
            seeded(seed, 0.01, kl(5, 9, 20, 40), gold(-1, -2, -3, -4 - 0.01 * seed));
            seeded(seed, 0.1, kl(1, 3, 9, 20), gold(-0.5, -1, -2, -3 + 0.01 * seed));
        }
        assertThat(finding("proxy").verdict()).isEqualTo(Verdict.NOT_TESTED);
    }

    @Test
    void theProxyIsJudgedOnlyWhereGoldFalls() {
        three("dpo", 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.2, 0.5));
        three("ipo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        Finding proxy = finding("proxy");
        // The implicit reward is β·KL: from 0.3 to 2.0.
        assertThat(proxy.cases()).singleElement().satisfies(member -> {
            assertThat(member.outcome()).isEqualTo(Outcome.SHOWN);
            assertThat(member.numbers()).contains("+1.70");
        });
        points.clear();
        three("ipo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        assertThat(finding("proxy").verdict()).isEqualTo(Verdict.NOT_TESTED);
    }

    @Test
    void aShrinkingProxyContradicts() {
        three("dpo", 0.1, kl(1, 20, 9, 3), gold(0.8, 1.5, 1.2, 0.5));
        assertThat(finding("proxy").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
    }

    @Test
    void theSmallestBetaDecidesAboutTheEarlyPeak() {
        run("dpo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        run("dpo", 0.01, kl(5, 9, 20, 40), gold(1.2, 0.8, 0, -1));
        Finding early = repeated("early-peak");
        assertThat(early.verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(plain(early)).contains("β 0.01: best at 25 % of training");
        points.clear();
        run("dpo", 0.01, kl(1, 2, 3, 4), gold(0.4, 0.8, 1.2, 1.6));
        assertThat(repeated("early-peak").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
        points.clear();
        run("dpo", 0.01, kl(1, 2, 3, 4), gold(1.2, 1.21, 1.18, 1.19));
        assertThat(repeated("early-peak").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void aBetaThatNeverImprovesSaysNothingAboutTheEarlyPeak() {
        run("dpo", 0.01, kl(50, 90, 200, 400), gold(-5, -8, -20, -26));
        assertThat(repeated("early-peak").verdict()).isEqualTo(Verdict.UNCLEAR);
        run("dpo", 0.1, kl(5, 9, 20, 40), gold(1.2, 0.8, 0, -1));
        assertThat(repeated("early-peak").verdict()).isEqualTo(Verdict.REPLICATED);
    }
}
