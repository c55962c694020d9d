package dev.daa.eval.report.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Finding.Verdict;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Significance;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Each verdict on data made to deserve it.
class FindingsTest extends MadeStudy {
    @Test
    void verdictsFollowFromTheCases() {
        assertThat(verdict()).isEqualTo(Verdict.NOT_TESTED);
        assertThat(verdict(Outcome.SHOWN, Outcome.SHOWN)).isEqualTo(Verdict.REPLICATED);
        assertThat(verdict(Outcome.SHOWN, Outcome.CONTRADICTED)).isEqualTo(Verdict.PARTLY);
        assertThat(verdict(Outcome.SHOWN, Outcome.UNDECIDED)).isEqualTo(Verdict.PARTLY);
        assertThat(verdict(Outcome.UNDECIDED, Outcome.CONTRADICTED)).isEqualTo(Verdict.NOT_REPLICATED);
        assertThat(verdict(Outcome.UNDECIDED, Outcome.UNDECIDED)).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void thresholdsAreNormalQuantilesSharedAmongComparisons() {
        assertThat(Significance.threshold(1)).isCloseTo(1.959964, within(1e-6));
        assertThat(Significance.threshold(5)).isCloseTo(2.575829, within(1e-6));
        assertThat(Significance.threshold(50)).isCloseTo(3.290527, within(1e-6));
        assertThat(Significance.student(3)).isCloseTo(4.302653, within(1e-6));
        assertThat(Significance.student(9)).isCloseTo(2.306004, within(1e-6));
    }

    @Test
    void chosenResponsesAreJudgedAtEveryBeta() {
        chosen(0.1, -3, -3.2, -2.9);
        assertThat(finding("likelihood").verdict()).isEqualTo(Verdict.REPLICATED);
        chosen(0.5, 0.2, 0.21, 0.22);
        assertThat(finding("likelihood").verdict()).isEqualTo(Verdict.UNCLEAR);
        points.clear();
        chosen(0.5, 0.2, 0.21, 0.22);
        assertThat(finding("likelihood").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
    }

    /// Seeds that disagree, and a single one, whose sign alone is known.
    @Test
    void aSignWithinTheSpreadOfSeedsSaysNothingOfChosenResponses() {
        chosen(0.1, -3, 0.5, -0.4);
        assertThat(finding("likelihood").verdict()).isEqualTo(Verdict.UNCLEAR);
        points.clear();
        chosen(0.1, -3);
        assertThat(finding("likelihood").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void ipoIsComparedAtSharedBetas() {
        run("dpo", 0.1, kl(3, 20), gold(1.5, 0.5));
        run("ipo", 0.1, kl(2, 5), gold(1.4, 1.4));
        run("ipo", 0.5, kl(50, 60), gold(1.4, -4));
        run("rpo", 0.1, kl(1, 1), gold(1.4, 1.4)); // the claim does not speak of it
        Finding ipo = repeated("ipo");
        assertThat(ipo.verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(plain(ipo)).contains("final KL of IPO is 0.25 times that of DPO", "β 0.1");
        points.clear();
        run("dpo", 0.1, kl(2, 5), gold(1.4, 1.4));
        run("ipo", 0.1, kl(3, 20), gold(1.5, 0.5));
        assertThat(repeated("ipo").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
        points.clear();
        run("dpo", 0.1, kl(2, 5), gold(1.4, 1.4));
        run("ipo", 0.2, kl(3, 20), gold(1.5, 0.5));
        assertThat(repeated("ipo").verdict()).isEqualTo(Verdict.NOT_TESTED);
    }

    /// At every β seed 1 differs by three times as much as seed 2: 2 standard errors with 1 degree of freedom, not
    /// 4 with four.
    @Test
    void seedsCountOnceHoweverManyBetasShareThem() {
        for (double beta : new double[] {0.1, 0.2, 0.3, 0.4}) {
            seeded("ipo", 1, beta, kl(2, 5), gold(1.4, 1.4));
            seeded("dpo", 1, beta, kl(2, 40), gold(1.4, -1.6));
            seeded("ipo", 2, beta, kl(2, 5), gold(1.4, 1.4));
            seeded("dpo", 2, beta, kl(2, 10), gold(1.4, 0.4));
        }
        assertThat(finding("ipo").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void sizesAreComparedByTheirBestCheckpointAndTheirKl() {
        run("S", 100, "dpo", 0.1, kl(3, 30), gold(1.0, 0.5));
        run("L", 900, "dpo", 0.1, kl(2, 5), gold(1.9, 1.9));
        assertThat(repeated("size").verdict()).isEqualTo(Verdict.REPLICATED);
        points.clear();
        run("S", 900, "dpo", 0.1, kl(3, 30), gold(1.0, 0.5));
        run("L", 100, "dpo", 0.1, kl(2, 5), gold(1.9, 1.9));
        assertThat(repeated("size").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
    }

    @Test
    void finalKlMustFallWithBeta() {
        run("dpo", 0.01, kl(9, 40), gold(1, 0));
        run("dpo", 0.1, kl(2, 5), gold(1, 1));
        run("dpo", 1, kl(0.5, 5.01), gold(1, 1));
        assertThat(repeated("monotone").verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(repeated("monotone").cases().getFirst().numbers()).contains("1 inversion in 2 neighbouring pairs");
        run("dpo", 2, kl(0.5, 9), gold(1, 1));
        assertThat(repeated("monotone").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
    }

    /// Accuracy of `run` grows with the gold reward in these runs, and falls with it in the next; then one seed of
    /// three has the opposite order, twenty runs or not.
    @Test
    void accuracyThatOrdersGoldPredictsIt() {
        predicted(0.01, 1, 2, 3);
        assertThat(finding("accuracy").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
        points.clear();
        predicted(-0.01, 1, 2, 3);
        // the rule lets a correlation below 0.7 pass, so the claim must not say that there is none
        assertThat(finding("accuracy").verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(List.of(finding("accuracy").claim(), finding("loss").claim()))
                .allSatisfy(claim -> assertThat(claim).contains("too little").doesNotContain("not predict"));
        points.clear();
        predicted(0.01, 1, 2);
        predicted(-0.01, 3);
        assertThat(finding("accuracy").verdict()).as("seeds disagree").isEqualTo(Verdict.UNCLEAR);
        points.clear();
        predicted(0.01, 1);
        assertThat(finding("accuracy").verdict()).as("one seed").isEqualTo(Verdict.UNCLEAR);
    }

    /// Twenty runs a seed whose accuracy changes by `step` with the gold reward.
    private void predicted(double step, long... seeds) {
        for (long seed : seeds) {
            for (int k = 0; k < 20; k++) {
                predicted(seed, 0.1 + k, 0.7 + step * k, k);
            }
        }
    }

    @Test
    void theLawIsComparedByLeftOutError() {
        seeded(1, 0.1, kl(3, 20), gold(1.5, 0.5));
        seeded(2, 0.1, kl(3, 20), gold(1.5, 0.5));
        assertThat(finding("law").verdict()).isEqualTo(Verdict.NOT_TESTED);
        List<Double> less = List.of(0.10, 0.11, 0.12, 0.13);
        List<Double> more = List.of(0.40, 0.43, 0.39, 0.44);
        assertThat(lawVerdict(less, more)).isEqualTo(Verdict.REPLICATED);
        assertThat(lawVerdict(more, less)).isEqualTo(Verdict.NOT_REPLICATED);
        assertThat(lawVerdict(less, List.of(0.11, 0.12, 0.13, 0.14)))
                .as("surely better, by too little")
                .isEqualTo(Verdict.UNCLEAR);
        points.clear();
        seeded(1, 0.1, kl(3, 20), gold(1.5, 0.5));
        assertThat(lawVerdict(less, more)).as("a single seed").isEqualTo(Verdict.UNCLEAR);
    }

    /// One run in four makes all of the difference: half of the error by chance.
    @Test
    void aSingleRunDoesNotDecideAboutTheLaw() {
        seeded(1, 0.1, kl(3, 20), gold(1.5, 0.5));
        seeded(2, 0.1, kl(3, 20), gold(1.5, 0.5));
        assertThat(lawVerdict(List.of(0.1, 0.1, 0.1, 0.1), List.of(0.09, 0.11, 0.1, 1.3)))
                .isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void theLawTurnsDownWhereItsIntervalsSeparate() {
        for (long seed = 1; seed <= 5; seed++) {
            seeded(seed, 0.1, kl(1, 4, 9, 16), gold(0.8, 1.3, 0.9, 0.5));
        }
        assertThat(finding("law-turns").verdict()).isEqualTo(Verdict.NOT_TESTED);
        assertThat(turning(2, 0.3, 0.9)).isEqualTo(Verdict.REPLICATED);
        assertThat(turning(2, 0.3, 1.1)).isEqualTo(Verdict.UNCLEAR);
        assertThat(turning(5, 1.4, 2.0)).as("too short a way to tell").isEqualTo(Verdict.UNCLEAR);
        assertThat(turning(1.1, 2, 0.3, 0.9)).as("falls from the start").isEqualTo(Verdict.UNCLEAR);
    }

    /// d(α − β log d) fitted to rewards that level off turns down, with an interval that excludes a plateau.
    @Test
    void aLawThatTurnsDownOnLevelRewardsShowsNothing() {
        for (long seed = 1; seed <= 5; seed++) {
            double luck = 0.02 * (seed - 3);
            seeded(seed, 0.1, kl(1, 4, 9, 16), gold(0.8, 1.2 + luck, 1.18 - luck, 1.2));
        }
        assertThat(turning(2, 0.3, 0.9)).isEqualTo(Verdict.UNCLEAR);
        points.removeIf(point -> point.cell().seed() > 4);
        assertThat(turning(2, 0.3, 0.9)).as("four runs").isEqualTo(Verdict.UNCLEAR);
    }

    private Verdict turning(double leastPeakDistance, double low, double high) {
        return turning(0, leastPeakDistance, low, high);
    }

    /// A law that is 1.2, between 1 and 1.4, at its peak at distance 2, and is measured up to distance 4.
    private Verdict turning(double start, double leastPeakDistance, double low, double high) {
        FittedLaw law = new FittedLaw(
                "dpo",
                "S",
                "gold",
                "rl",
                0,
                List.of(),
                new FittedLaw.Range(Math.max(2, leastPeakDistance), leastPeakDistance, 6),
                new FittedLaw.Range(1.2, 1, 1.4),
                0.1,
                0.1,
                List.of(),
                0,
                1,
                0.1,
                20,
                5,
                List.of(
                        new FittedLaw.CurvePoint(0, start, start, start),
                        new FittedLaw.CurvePoint(2, 1.2, 1, 1.4),
                        new FittedLaw.CurvePoint(4, (low + high) / 2, low, high)));
        return finding("law-turns", List.of(law)).verdict();
    }

    @Test
    void seedsAreAveragedWithTheGreaterError() {
        Estimate average = Estimate.average(List.of(new Estimate(1, 0.1), new Estimate(2, 0.1)));
        assertThat(average.mean()).isEqualTo(1.5);
        assertThat(average.standardError()).isCloseTo(0.5, within(1e-12));
        Estimate noisy = Estimate.average(List.of(new Estimate(1, 3), new Estimate(1.1, 4), Estimate.MISSING));
        assertThat(noisy.mean()).isCloseTo(1.05, within(1e-12));
        assertThat(noisy.standardError()).isCloseTo(2.5, within(1e-12));
    }

    private static org.assertj.core.data.Offset<Double> within(double offset) {
        return org.assertj.core.data.Offset.offset(offset);
    }

    private static Verdict verdict(Outcome... outcomes) {
        List<Case> cases = Arrays.stream(outcomes)
                .map(outcome -> new Case("a", outcome, ""))
                .toList();
        return new Finding("id", "claim", "source", "rule", cases, "").verdict();
    }

    /// What is said of the law with these squared errors of left-out runs, and of the quadratic with those.
    private Verdict lawVerdict(List<Double> law, List<Double> quadratic) {
        return finding("law", List.of(law("rl", law), law("quadratic_kl", quadratic)))
                .verdict();
    }

    private static FittedLaw law(String law, List<Double> looSquares) {
        FittedLaw.Range none = new FittedLaw.Range(1, 1, 1);
        return new FittedLaw(
                "dpo", "S", "gold", law, 0, List.of(), none, none, 0.1, 0.1, looSquares, 0, 1, 0.1, 2, 1, List.of());
    }
}
