package dev.daa.eval.report.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Finding.Verdict;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Significance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Each verdict on data made to deserve it. Standard errors are 0.05 unless a test says otherwise.
class FindingsTest {
    private static final double ERROR = 0.05;

    private final List<Point> points = new ArrayList<>();

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
    void aRiseAndFallIsAHump() {
        run("dpo", 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.2, 0.5));
        run("ipo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        Finding hump = finding("hump");
        assertThat(outcomes(hump)).containsExactly(Outcome.SHOWN, Outcome.UNDECIDED);
        assertThat(hump.verdict()).isEqualTo(Verdict.PARTLY);
        assertThat(plain(hump))
                .contains("−0.20 → 1.50 ± 0.05 at 50 % of training (√KL 1.73) → 0.50 ± 0.05 at the end (√KL 4.47)");
    }

    @Test
    void aFallWithinTheErrorsIsNoHump() {
        run("dpo", 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.45, 1.40));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void stayingOnTopFarOutContradictsTheHump() {
        run("dpo", 0.1, kl(1, 3, 9, 20), gold(2.0, 2.01, 1.99, 2.0));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
        points.clear();
        run("dpo", 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.8, 2.0));
        assertThat(finding("hump").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void neverRisingIsNotAHump() {
        run("dpo", 0.1, kl(1, 3, 9, 20), gold(-0.5, -1, -2, -3));
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
        run("dpo", 0.1, kl(1, 3, 9, 20), gold(0.8, 1.5, 1.2, 0.5));
        run("ipo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        Finding proxy = finding("proxy");
        // The implicit reward of `run` is β·KL: from 0.3 to 2.0.
        assertThat(proxy.cases()).singleElement().satisfies(member -> {
            assertThat(member.outcome()).isEqualTo(Outcome.SHOWN);
            assertThat(member.numbers()).contains("+1.700");
        });
        points.clear();
        run("ipo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        assertThat(finding("proxy").verdict()).isEqualTo(Verdict.NOT_TESTED);
    }

    @Test
    void aShrinkingProxyContradicts() {
        run("dpo", 0.1, kl(1, 20, 9, 3), gold(0.8, 1.5, 1.2, 0.5));
        assertThat(finding("proxy").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
    }

    @Test
    void theSmallestBetaDecidesAboutTheEarlyPeak() {
        run("dpo", 0.1, kl(1, 2, 3, 4), gold(0.8, 1.2, 1.4, 1.5));
        run("dpo", 0.01, kl(5, 9, 20, 40), gold(1.2, 0.8, 0, -1));
        assertThat(finding("early-peak").verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(plain(finding("early-peak"))).contains("β 0.01: best at 25 % of training");
        points.clear();
        run("dpo", 0.01, kl(1, 2, 3, 4), gold(0.4, 0.8, 1.2, 1.6));
        assertThat(finding("early-peak").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
        points.clear();
        run("dpo", 0.01, kl(1, 2, 3, 4), gold(1.2, 1.21, 1.18, 1.19));
        assertThat(finding("early-peak").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void aBetaThatNeverImprovesSaysNothingAboutTheEarlyPeak() {
        run("dpo", 0.01, kl(50, 90, 200, 400), gold(-5, -8, -20, -26));
        assertThat(finding("early-peak").verdict()).isEqualTo(Verdict.UNCLEAR);
        run("dpo", 0.1, kl(5, 9, 20, 40), gold(1.2, 0.8, 0, -1));
        assertThat(finding("early-peak").verdict()).isEqualTo(Verdict.REPLICATED);
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

    @Test
    void rankCorrelationIgnoresDifferencesBetweenGroups() {
        // Within each group the ranks are opposite; pooled without groups they would agree.
        List<double[]> x = List.of(new double[] {1, 2, 3, 4, 5}, new double[] {11, 12, 13, 14, 15});
        List<double[]> y = List.of(new double[] {5, 4, 3, 2, 1}, new double[] {15, 14, 13, 12, 10});
        Significance.Correlation r = Significance.rankCorrelation(x, y, 10);
        assertThat(r.value()).isCloseTo(-1, within(1e-12));
        // Ranks 1 2 3 4 5 and 2 1 4 3 5 differ by squares of sum 4: r = 1 − 6·4/(5·24) = 0.8.
        // Fisher's interval, counted as 28 runs: tanh(1.0986123 ± 1.959964/5) = 0.6085, 0.9034.
        double[] a = {1, 2, 3, 4, 5};
        double[] b = {20, 10, 40, 30, 50};
        Significance.Correlation fisher = Significance.rankCorrelation(List.of(a), List.of(b), 28);
        assertThat(fisher.value()).isCloseTo(0.8, within(1e-12));
        assertThat(fisher.low()).isCloseTo(0.6085, within(1e-4));
        assertThat(fisher.high()).isCloseTo(0.9034, within(1e-4));
        assertThat(Significance.rankCorrelation(List.of(a), List.of(b), 3).low())
                .isEqualTo(-1);
    }

    @Test
    void accuracyThatOrdersGoldPredictsIt() {
        // Accuracy of `run` grows with the gold reward in these runs, and falls with it in the next.
        for (int k = 0; k < 20; k++) {
            predicted(0.1 + k, 0.5 + 0.01 * k, k);
        }
        assertThat(finding("accuracy").verdict()).isEqualTo(Verdict.NOT_REPLICATED);
        points.clear();
        for (int k = 0; k < 20; k++) {
            predicted(0.1 + k, 0.9 - 0.01 * k, k);
        }
        // the rule lets a correlation below 0.7 pass, so the claim must not say that there is none
        assertThat(finding("accuracy").verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(List.of(finding("accuracy").claim(), finding("loss").claim()))
                .allSatisfy(claim -> assertThat(claim).contains("too little").doesNotContain("not predict"));
        points.clear();
        for (int k = 0; k < 4; k++) {
            predicted(0.1 + k, 0.5 + 0.01 * k, k);
        }
        assertThat(finding("accuracy").verdict()).isEqualTo(Verdict.UNCLEAR);
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

    /// The first case's numbers with plain spaces.
    private static String plain(Finding finding) {
        return finding.cases().getFirst().numbers().replace('\u00a0', ' ');
    }

    private static List<Outcome> outcomes(Finding finding) {
        return finding.cases().stream().map(Case::outcome).toList();
    }

    private Finding finding(String id) {
        return finding(id, List.of());
    }

    /// The same with a second seed of every run that came out alike; without it, runs are not told apart.
    private Finding repeated(String id) {
        assertThat(finding(id).verdict()).isIn(Verdict.UNCLEAR, Verdict.NOT_TESTED);
        List<Point> once = List.copyOf(points);
        once.forEach(point -> points.add(again(point)));
        Finding found = finding(id);
        points.retainAll(once);
        return found;
    }

    private static Point again(Point point) {
        Point.Cell cell = point.cell();
        return new Point(
                new Point.Cell(cell.run() + "again", cell.objective(), cell.beta(), cell.size(), cell.parameters(), 2),
                point.step(),
                point.fraction(),
                point.evaluation());
    }

    private Finding finding(String id, List<FittedLaw> fits) {
        return Findings.of(points, fits, List.of()).stream()
                .filter(finding -> finding.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static double[] kl(double... values) {
        return values;
    }

    private static double[] gold(double... values) {
        return values;
    }

    private void run(String objective, double beta, double[] kl, double[] gold) {
        run("S", 100, objective, beta, kl, gold);
    }

    /// A run of DPO on one of several seeds.
    private void seeded(long seed, double beta, double[] kl, double[] gold) {
        seeded("dpo", seed, beta, kl, gold);
    }

    private void seeded(String objective, long seed, double beta, double[] kl, double[] gold) {
        Point.Cell start = new Point.Cell("sft-S-" + seed, Point.SFT, Double.NaN, "S", 100, seed);
        Point sft = new Point(start, 0, 0, evaluation(0, -0.2, Double.NaN, 0));
        if (!points.contains(sft)) {
            points.add(sft);
        }
        Point.Cell cell = new Point.Cell(objective + beta + "S" + seed, objective, beta, "S", 100, seed);
        for (int k = 0; k < kl.length; k++) {
            points.add(new Point(cell, k + 1, (k + 1.0) / kl.length, evaluation(kl[k], gold[k], 0.7, beta)));
        }
    }

    /// A run of one seed whose checkpoints are evenly spaced, with its SFT point at gold −0.2.
    private void run(String size, long parameters, String objective, double beta, double[] kl, double[] gold) {
        Point.Cell start = new Point.Cell("sft-" + size, Point.SFT, Double.NaN, size, parameters, 1);
        Point sft = new Point(start, 0, 0, evaluation(0, -0.2, Double.NaN, 0));
        if (!points.contains(sft)) {
            points.add(sft);
        }
        Point.Cell cell = new Point.Cell(objective + beta + size, objective, beta, size, parameters, 1);
        for (int k = 0; k < kl.length; k++) {
            double fraction = (k + 1.0) / kl.length;
            points.add(new Point(cell, k + 1, fraction, evaluation(kl[k], gold[k], 0.7, beta)));
        }
    }

    /// A run of one checkpoint.
    private void predicted(double beta, double accuracy, double gold) {
        Point.Cell cell = new Point.Cell("dpo" + beta, "dpo", beta, "S", 100, 1);
        points.add(new Point(cell, 1, 1, evaluation(1, gold, accuracy, beta)));
    }

    /// Runs of one checkpoint, one a seed, with a mean log-ratio of chosen responses.
    private void chosen(double beta, double... logRatio) {
        for (int seed = 0; seed < logRatio.length; seed++) {
            Point.Cell cell = new Point.Cell("dpo" + beta + "S" + seed, "dpo", beta, "S", 100, seed);
            points.add(new Point(cell, 1, 1, evaluation(1, 1, 0.7, beta, logRatio[seed])));
        }
    }

    private static Evaluation evaluation(double kl, double gold, double accuracy, double beta) {
        return evaluation(kl, gold, accuracy, beta, Double.NaN);
    }

    private static Evaluation evaluation(double kl, double gold, double accuracy, double beta, double chosenLogRatio) {
        return new Evaluation(
                Evaluation.Kl.of(new Estimate(kl, kl == 0 ? 0 : ERROR)),
                new Evaluation.Rewards(
                        new Estimate(gold, ERROR),
                        Estimate.MISSING,
                        Estimate.MISSING,
                        Estimate.MISSING,
                        new Estimate(beta * kl, beta * ERROR),
                        Estimate.MISSING,
                        Concordance.MISSING,
                        Double.NaN),
                new Evaluation.HeldOut(accuracy, Double.NaN, chosenLogRatio, Double.NaN),
                Evaluation.Responses.of(256));
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
