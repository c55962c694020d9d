package dev.daa.eval.report.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.record.HeldOutResponse;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Verdict;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Recommendation;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Verdicts of the analysis on data made to deserve them.
class AnalysisPartsTest extends MadePoints {
    /// Entropy falls and turns at the second of four checkpoints, where the gold reward is best.
    @Test
    void stoppingAtTheTurnOfTheEntropyGainsWhereGoldPeaksThere() {
        gainsAtTheTurn(1);
        Finding once = finding(StoppingPart.of(StudyGroups.of(points)), "entropy-stop");
        assertThat(once.verdict()).as("one seed").isEqualTo(Verdict.UNCLEAR);
        gainsAtTheTurn(2);
        Finding finding = finding(StoppingPart.of(StudyGroups.of(points)), "entropy-stop");
        assertThat(finding.verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(finding.cases().getFirst().numbers()).contains("gain over the end +2.50");
        AnalysisSection.Table table =
                StoppingPart.of(StudyGroups.of(points)).table().orElseThrow();
        assertThat(table.rows().getFirst().get(2).words()).startsWith("0.00");
    }

    private void gainsAtTheTurn(int seed) {
        start("S", seed);
        double[] entropy = {0.8, 0.6, 0.9, 1.2};
        double[] gold = {1, 1.5, 0.5, -1};
        for (int run = 0; run < 4; run++) {
            for (int k = 0; k < 4; k++) {
                point(
                        "dpo",
                        0.1 * (run + 1),
                        "S",
                        seed,
                        (k + 1) / 4.0,
                        k + 1,
                        gold[k] + 0.01 * run,
                        new Gauges(Double.NaN, 0, 0, entropy[k]));
            }
        }
    }

    /// Four β of three seeds that disagree: twelve runs would be enough, three seeds are not.
    @Test
    void seedsCountOnceInTheGainOfStopping() {
        double[] entropy = {0.8, 0.6, 0.9, 1.2};
        double[] end = {0.9, 0.4, -0.4};
        for (int seed = 1; seed <= 3; seed++) {
            start("S", seed);
            for (double beta : new double[] {0.1, 0.2, 0.3, 0.4}) {
                for (int k = 0; k < 4; k++) {
                    point(
                            "dpo",
                            beta,
                            "S",
                            seed,
                            (k + 1) / 4.0,
                            k + 1,
                            k == 3 ? end[seed - 1] : 1,
                            new Gauges(Double.NaN, 0, 0, entropy[k]));
                }
            }
        }
        assertThat(finding(StoppingPart.of(StudyGroups.of(points)), "entropy-stop")
                        .verdict())
                .isEqualTo(Verdict.UNCLEAR);
    }

    /// The untrained policy that a run's first checkpoint is compared with is the run's own: with that of another
    /// size the entropy would seem to rise first.
    @Test
    void entropyTurnsAgainstTheRunsOwnStart() {
        start("S", 1);
        point(Point.SFT, Double.NaN, "L", 1, 0, 0, 0, new Gauges(0, 0, 0, 3));
        double[] gold = {0.5, 1, 2, -1};
        for (String size : new String[] {"S", "L"}) {
            double level = size.equals("S") ? 0 : 2;
            for (int k = 0; k < 4; k++) {
                double entropy = level + new double[] {0.8, 0.6, 0.4, 0.9}[k];
                Gauges gauges = new Gauges(Double.NaN, 0, 0, entropy);
                point("dpo", 0.1, size, 1, (k + 1) / 4.0, k + 1, gold[k], gauges);
            }
        }
        assertThat(finding(StoppingPart.of(StudyGroups.of(points)), "entropy-stop")
                        .cases())
                .extracting(Finding.Case::numbers)
                .as("both turn at the third checkpoint")
                .hasSize(2)
                .allSatisfy(
                        numbers -> assertThat(numbers).contains("gold at the turn 2.00", "gain over the end +3.00"));
    }

    /// A run whose chosen log-ratios are some times and rejected ones 1.5 times −KL(SFT‖π).
    private void fallen(String objective, double beta, long seed, double slope) {
        for (int k = 1; k <= 4; k++) {
            double forward = 10 * beta * k;
            Gauges gauges = new Gauges(forward, -slope * forward, -1.5 * forward, 1);
            point(objective, beta, "S", seed, k / 4.0, forward, 1, gauges);
        }
    }

    /// Six runs of SLiC would do to tell 0.9 from 0.8, were two of its three seeds not so far from the other.
    @Test
    void slopesOfLogRatiosAreFound() {
        double[] apart = {0.81, 0.84, 1.05};
        for (int seed = 1; seed <= 3; seed++) {
            start("S", seed);
            for (double beta : new double[] {0.1, 0.2, 0.3, 0.4}) {
                fallen("dpo", beta, seed, 0.94 + 0.01 * seed);
                fallen("ipo", beta, seed, 0.5 + 0.01 * seed);
                fallen("slic", beta, seed, apart[seed - 1]);
            }
        }
        AnalysisSection section = LikelihoodPart.of(data(), StudyGroups.of(points));
        assertThat(finding(section, "likelihood-slope").cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED, Outcome.UNDECIDED);
        assertThat(section.table().orElseThrow().rows().getFirst().get(2).words())
                .isEqualTo("1.50");
        assertThat(section.table().orElseThrow().rows().getFirst().get(1).detail())
                .as("0.96 ± 4.303·0.01/√3")
                .isEqualTo("0.94 to 0.98");
    }

    /// Three seeds of four runs at the same forward KLs, α 1, 1.2 and 1.7: Student's interval of three numbers, 1.3
    /// ± 4.303·s/√3, s² = 0.13; that of twelve runs is narrower.
    @Test
    void theLawOverTheForwardKlHasIntervalsOverSeeds() throws IOException {
        double[] alpha = {1, 1.2, 1.7};
        for (int seed = 1; seed <= 3; seed++) {
            start("S", seed);
            for (int run = 0; run < 4; run++) {
                followed("dpo", "S", seed, run, alpha[seed - 1], 0.5);
            }
        }
        List<Html.Cell> row = ForwardKlPart.of(data(), StudyGroups.of(points), REPLICAS)
                .table()
                .orElseThrow()
                .rows()
                .getFirst();
        assertThat(row.get(1).words()).isEqualTo("1.300");
        assertThat(row.get(1).detail()).isEqualTo("0.404 to 2.196");
    }

    /// α grows by 0.5 from S to XL (of ten times the weights) in every seed of DPO, by +1, +0.9 and −0.5 in those
    /// of IPO, whose β of the law grows by 0.3.
    @Test
    void coefficientsAreComparedAmongSizesSeedBySeed() throws IOException {
        double[] apart = {1, 0.9, -0.5};
        for (int seed = 1; seed <= 3; seed++) {
            start("S", seed);
            start("XL", seed);
            for (int run = 0; run < 4; run++) {
                followed("dpo", "S", seed, run, 1, 0.8);
                followed("dpo", "XL", seed, run, 1.5 + 0.01 * seed, 0.8);
                followed("ipo", "S", seed, run, 1, 0.5);
                followed("ipo", "XL", seed, run, 1 + apart[seed - 1], 0.8 + 0.01 * seed);
            }
        }
        AnalysisSection section = TrendsPart.of(data(), style());
        assertThat(finding(section, "trend-alpha").cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.SHOWN, Outcome.UNDECIDED);
        assertThat(finding(section, "trend-alpha").cases().getFirst().numbers())
                .contains("changes by +0.52 [+0.50, +0.54] per factor of ten in weights, over 2 sizes; 3 seeds");
        assertThat(finding(section, "trend-beta").cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.UNDECIDED, Outcome.CONTRADICTED);
    }

    private void followed(String objective, String size, long seed, int run, double alpha, double beta) {
        for (int k = 1; k <= 4; k++) {
            double d = k * (0.4 + 0.1 * run);
            double gold = d * (alpha - beta * Math.log(d));
            point(objective, 0.1 * (run + 1), size, seed, k / 4.0, d * d, gold, new Gauges(d * d, 0, 0, 1));
        }
    }

    /// Responses whose log-ratio is their length and more or less noise; R² falls with the noise.
    private void regressed(String size, double beta, long seed, double noise) {
        Point point = point("dpo", beta, size, seed, 1, 1, 1);
        List<HeldOutResponse> rows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int length = 6 + i % 20;
            rows.add(new HeldOutResponse(i % 2 == 0, length, 0, length + noise * (i / 20 % 2 == 0 ? 1 : -1)));
        }
        heldOut.put(point, rows);
    }

    /// Length explains more of the small models in two seeds of three, at each of six β: eighteen runs would be
    /// enough, three seeds are not.
    @Test
    void seedsCountOnceInWhatLengthExplainsOfSizes() {
        double[] large = {9, 6, 2.5};
        for (int seed = 1; seed <= 3; seed++) {
            for (int k = 1; k <= 6; k++) {
                regressed("S", 0.1 * k, seed, 3 + 0.1 * k);
                regressed("XL", 0.1 * k, seed, large[seed - 1] + 0.1 * k);
            }
        }
        assertThat(finding(LengthPart.of(data(), style()), "length-size").verdict())
                .isEqualTo(Verdict.UNCLEAR);
        points.removeIf(point -> point.cell().seed() == 3);
        heldOut.keySet().removeIf(point -> point.cell().seed() == 3);
        points.removeIf(point -> point.cell().seed() == 2);
        assertThat(finding(LengthPart.of(data(), style()), "length-size").verdict())
                .as("one seed")
                .isEqualTo(Verdict.UNCLEAR);
    }

    /// log π/π_ref falls by 0.1 nats per token; its noise grows with the distance, so that length explains less and
    /// less.
    @Test
    void lengthExplainsLessFarOut() {
        for (int run = 1; run <= 18; run++) {
            long seed = run > 9 ? 2 : 1;
            int step = run > 9 ? run - 9 : run;
            for (int k = 1; k <= 3; k++) {
                double d = 0.3 * k * step;
                Point point = point("dpo", 0.1 * step, "S", seed, k / 3.0, d * d, 1);
                List<HeldOutResponse> rows = new ArrayList<>();
                for (int i = 0; i < 200; i++) {
                    int length = 6 + i % 20;
                    rows.add(new HeldOutResponse(
                            i % 2 == 0, length, 0, -0.1 * length + 0.3 * d * random.nextGaussian()));
                }
                heldOut.put(point, rows);
            }
        }
        AnalysisSection section = LengthPart.of(data(), style());
        assertThat(finding(section, "length-distance").verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(finding(section, "length-short").verdict())
                .as("long responses lose the most here")
                .isEqualTo(Verdict.NOT_REPLICATED);
        assertThat(finding(section, "length-size").verdict()).isEqualTo(Verdict.NOT_TESTED);
    }

    /// The law in the forward KL, exactly, while the reverse KL is something else.
    @Test
    void theLawIsSoughtOverTheForwardKl() throws IOException {
        start("S", 1);
        for (int seed = 1; seed <= 8; seed++) {
            for (int k = 1; k <= 4; k++) {
                double d = (0.6 + 0.01 * seed) * k;
                double gold = d * (1.4 - 0.9 * Math.log(d));
                point("dpo", 0.1, "S", seed, k / 4.0, 20 * random.nextDouble(), gold, new Gauges(d * d, 0, 0, 1));
            }
        }
        AnalysisSection section = ForwardKlPart.of(data(), StudyGroups.of(points), REPLICAS);
        assertThat(finding(section, "forward-law").verdict()).isEqualTo(Verdict.REPLICATED);
        List<Html.Cell> row = section.table().orElseThrow().rows().getFirst();
        assertThat(row.get(1).words()).isEqualTo("1.400");
        assertThat(row.get(2).words()).isEqualTo("0.900");
        assertThat(row.get(3).words()).isEqualTo("0.000");
    }

    /// β 0.2 stopped half-way is best by far, on every seed and prompt.
    @Test
    void theBestBetaAndItsStoppingPointAreRecommended() throws IOException {
        Map<Point, SampledRewards> samples = new LinkedHashMap<>();
        bestInside(1, samples);
        bestInside(2, samples);
        SampledRewards.Source source = point -> Optional.ofNullable(samples.get(point));
        List<Recommendation> all = RecommendationPart.recommendations(data(), source, REPLICAS);
        assertThat(all).singleElement().satisfies(one -> {
            assertThat(one.beta()).isEqualTo(0.2);
            assertThat(one.fraction()).isEqualTo(0.5);
            assertThat(one.agreement()).isEqualTo(1);
            assertThat(one.betaRange().low()).isEqualTo(0.2);
            assertThat(one.betaRange().high()).isEqualTo(0.2);
            assertThat(one.worth().value()).isCloseTo(2, within(0.1));
            assertThat(one.overall()).isTrue();
            assertThat(one.inWords())
                    .startsWith("DPO, β\u00a00.2, stop after 50\u00a0% of training (50 steps, KL 3.00 nats)");
        });
        assertThat(finding(RecommendationPart.of(data(), source, REPLICAS), "inside")
                        .verdict())
                .as("two seeds, on whose prompts alone it is sure")
                .isEqualTo(Verdict.UNCLEAR);
        bestInside(3, samples);
        assertThat(finding(RecommendationPart.of(data(), source, REPLICAS), "inside")
                        .verdict())
                .isEqualTo(Verdict.REPLICATED);
        assertThat(RecommendationPart.recommendations(data(), SampledRewards.Source.none(), REPLICAS))
                .isEmpty();
    }

    private void bestInside(long seed, Map<Point, SampledRewards> samples) {
        start("S", seed);
        for (double beta : new double[] {0.1, 0.2, 0.3}) {
            for (double fraction : new double[] {0.5, 1}) {
                double gold = beta == 0.2 && fraction == 0.5 ? 2 : 1 - beta;
                Point point = point("dpo", beta, "S", seed, fraction, 3, gold);
                double[] golds = random.doubles(64, gold - 0.5, gold + 0.5).toArray();
                samples.put(point, new SampledRewards(new double[64], golds, new double[64]));
            }
        }
    }

    /// Eight checkpoints that are all worth 0 for sure, but for the seeds' luck, which all prompts share: the best
    /// looks worth something over the seeds that picked it, and nothing on those that did not.
    @Test
    void aPickDoesNotProfitFromTheLuckOfItsSeeds() throws IOException {
        double flattered = 0;
        double worth = 0;
        int trials = 60;
        for (int trial = 0; trial < trials; trial++) {
            points.clear();
            Map<Point, SampledRewards> samples = new LinkedHashMap<>();
            for (long seed = 1; seed <= 3; seed++) {
                start("S", seed);
                for (double beta : new double[] {0.1, 0.2, 0.3, 0.4}) {
                    for (double fraction : new double[] {0.5, 1}) {
                        double luck = 0.5 * random.nextGaussian();
                        Point point = point("dpo", beta, "S", seed, fraction, 3, luck);
                        double[] golds =
                                random.doubles(64, luck - 0.01, luck + 0.01).toArray();
                        samples.put(point, new SampledRewards(new double[64], golds, new double[64]));
                    }
                }
            }
            Recommendation one = RecommendationPart.recommendations(
                            data(), point -> Optional.ofNullable(samples.get(point)), 20)
                    .getFirst();
            flattered += one.gold() / trials;
            worth += one.worth().value() / trials;
            assertThat(one.worth().low()).isLessThan(one.worth().value());
        }
        assertThat(flattered).isGreaterThan(0.3);
        // A trial's worth is a mean of three: 0.5/√3, so 0.037 over sixty trials.
        assertThat(worth).isCloseTo(0, within(0.15));
    }
}
