package dev.daa.eval.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.HeldOutResponse;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.Thresholds;
import dev.daa.eval.report.part.Analyses;
import dev.daa.eval.report.part.AnalysisSection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Why a claim is not tested: the reason names the condition that fails, and no other.
class UntestedTest {
    private static final String NO_ALGORITHM = "The study has no direct alignment algorithm.";
    private static final String ONE_SIZE = "The study has a single model size.";
    private static final String NOT_KEPT = "The study did not keep what its policies say of held-out responses.";

    private final List<Point> points = new ArrayList<>();
    private final Map<Point, List<HeldOutResponse>> heldOut = new LinkedHashMap<>();
    private final List<ProxyRow> proxies = new ArrayList<>();

    /// Whether checkpoints have what can be left out of them.
    private boolean recorded = true;

    private Point point(
            Method method,
            String objective,
            double beta,
            String size,
            long seed,
            double fraction,
            double kl,
            double gold) {
        double known = recorded ? kl : Double.NaN;
        Evaluation evaluation = new Evaluation(
                new Evaluation.Kl(
                        new Estimate(kl, 0.01 * kl),
                        Estimate.MISSING,
                        Estimate.MISSING,
                        new Estimate(known, 0.01 * kl)),
                Evaluation.Rewards.of(
                        new Estimate(gold, 0.02),
                        recorded ? new Estimate(kl, 0.02) : Estimate.MISSING,
                        recorded ? new Concordance(0.8, 500) : Concordance.MISSING),
                new Evaluation.HeldOut(0.5 + 0.01 * known, 0.7 - 0.01 * known, -known, -2 * known),
                new Evaluation.Responses(
                        64, 64, Estimate.MISSING, Double.NaN, 1 - 0.01 * known, 0.9, Double.NaN, Double.NaN));
        boolean optimised = method == Method.REINFORCEMENT || method == Method.BEST_OF_N;
        Point.Cell cell = new Point.Cell(
                objective + beta + size + seed,
                method,
                objective,
                beta,
                size,
                size.equals("L") ? 1000 : 100,
                seed,
                optimised ? objective.replaceFirst(".*@", "") : "",
                null);
        Point point = new Point(cell, (int) Math.round(100 * fraction), fraction, evaluation);
        points.add(point);
        return point;
    }

    private void start(String size, long seed) {
        point(Method.SFT, Point.SFT, Double.NaN, size, seed, 0, 0, 0);
    }

    /// A run whose KL grows to the given one and whose gold reward is 1.
    private void direct(String objective, double beta, String size, long seed, int checkpoints, double kl) {
        for (int k = 1; k <= checkpoints; k++) {
            point(Method.DIRECT, objective, beta, size, seed, k / (double) checkpoints, k * kl / checkpoints, 1);
        }
    }

    /// Reinforcement on a reward model that its name ends in, whose gold reward and KL are the same.
    private void reinforced(String name, double coefficient, long seed, double... kl) {
        optimised(Method.REINFORCEMENT, name, coefficient, seed, kl);
    }

    private void bestOfN(String name, long seed, double... kl) {
        optimised(Method.BEST_OF_N, name, Double.NaN, seed, kl);
    }

    private void optimised(Method method, String name, double coefficient, long seed, double... kl) {
        for (int k = 0; k < kl.length; k++) {
            point(method, name, coefficient, "S", seed, (k + 1.0) / kl.length, kl[k], kl[k]);
        }
    }

    private List<Finding> findings() throws IOException {
        StudyFacts none = StudyFacts.unrecorded();
        StudyFacts facts = new StudyFacts(
                none.title(),
                none.world(),
                none.preset(),
                none.command(),
                none.machine(),
                none.version(),
                none.revision(),
                none.finished(),
                1,
                0,
                Arrays.stream(Part.values()).map(Part::key).toList(),
                none.settings());
        StudyData data = new StudyData(
                facts,
                points,
                List.of(),
                Map.of(),
                List.of(),
                heldOut,
                proxies,
                List.of(),
                Optional.empty(),
                Optional.empty());
        List<Finding> findings = new ArrayList<>(Findings.of(points, List.of(), proxies));
        for (AnalysisSection section : Analyses.of(data, SampledRewards.Source.none(), Thresholds.none(), 20)) {
            findings.addAll(section.findings());
        }
        return findings;
    }

    /// What each untested claim says, by its id.
    private Map<String, String> reasons() throws IOException {
        Map<String, String> reasons = new LinkedHashMap<>();
        for (Finding finding : findings()) {
            if (finding.cases().isEmpty()) {
                reasons.put(finding.id(), finding.summary());
            }
        }
        return reasons;
    }

    @Test
    void claimsOnDirectAlignmentSayThatThereIsNone() throws IOException {
        start("S", 1);
        reinforced("ppo@one", 0, 1, 1, 2);
        Map<String, String> reasons = reasons();
        assertThat(reasons)
                .containsEntry("ipo", "The study has no IPO.")
                .containsEntry("length-penalty", "The study has no R-DPO.")
                .containsEntry("rl-mitigations", "The study has no reinforcement called NAME-… beside NAME.")
                .containsEntry("sft-categories", "The SFT runs did not measure it.");
        for (String id : List.of(
                "hump",
                "law-turns",
                "proxy",
                "early-peak",
                "size",
                "monotone",
                "accuracy",
                "loss",
                "likelihood",
                "law",
                "length-distance",
                "length-size",
                "length-short",
                "likelihood-slope",
                "forward-law",
                "accuracy-sizes",
                "trend-alpha",
                "trend-beta",
                "mitigations",
                "alike",
                "penalty-stopping",
                "chi-robust",
                "entropy-stop",
                "inside")) {
            assertThat(reasons).containsEntry(id, NO_ALGORITHM);
        }
    }

    @Test
    void aStudyOfOneRunSaysWhatElseItTakes() throws IOException {
        start("S", 1);
        direct("dpo", 0.1, "S", 1, 2, 4);
        assertThat(reasons())
                .containsEntry("law-turns", "No objective has checkpoints that determine the law.")
                .containsEntry(
                        "proxy", "It takes three seeds of an objective, measured inside training and at its ends.")
                .containsEntry("early-peak", "It takes three checkpoints of a run.")
                .containsEntry("ipo", "The study has no IPO.")
                .containsEntry("size", ONE_SIZE)
                .containsEntry("monotone", "No objective has two values of β.")
                .containsEntry("accuracy", "It takes five measured checkpoints.")
                .containsEntry("loss", "It takes five measured checkpoints.")
                .containsEntry("length-distance", NOT_KEPT)
                .containsEntry("length-size", ONE_SIZE)
                .containsEntry("length-short", NOT_KEPT)
                .containsEntry("accuracy-sizes", ONE_SIZE)
                .containsEntry("trend-alpha", ONE_SIZE)
                .containsEntry("mitigations", "The study has no method that claims it.")
                .containsEntry("rl-mitigations", "The study has no reinforcement.")
                .containsEntry(
                        "alike",
                        "Beside DPO the study has no objective that does not claim to mitigate over-optimisation.")
                .containsEntry("penalty-stopping", "No objective has two values of β.")
                .containsEntry("chi-robust", "The study has no χPO.")
                .containsEntry("inside", "No checkpoint has its samples kept in every seed.")
                .doesNotContainKeys("hump", "likelihood", "likelihood-slope", "forward-law", "entropy-stop");
    }

    @Test
    void whatAStudyDidNotRecordIsNamed() throws IOException {
        recorded = false;
        start("S", 1);
        direct("dpo", 0.1, "S", 1, 3, 4);
        assertThat(reasons())
                .containsEntry(
                        "accuracy",
                        "The study did not record the implicit reward accuracy together with the gold reward.")
                .containsEntry(
                        "loss", "The study did not record the loss on held-out pairs together with the gold reward.")
                .containsEntry("likelihood", "The study did not record it.")
                .containsEntry("likelihood-slope", "The study did not record it.")
                .containsEntry("forward-law", "The study did not record the forward KL.")
                .containsEntry(
                        "entropy-stop",
                        "No objective has the entropy of the ten likeliest tokens of all its runs and their SFT"
                                + " policies.")
                .doesNotContainKey("early-peak");
    }

    @Test
    void whatObjectivesHaveNotInCommonIsNamed() throws IOException {
        start("S", 1);
        direct("dpo", 0.1, "S", 1, 3, 4);
        direct("ipo", 0.2, "S", 1, 3, 4);
        direct("chi_po", 0.2, "S", 1, 3, 400);
        points.removeIf(point -> point.cell().objective().equals("chi_po") && point.distance() < 5);
        assertThat(reasons())
                .containsEntry("ipo", "IPO has no β, size and seed in common with DPO or SLiC.")
                .containsEntry("chi-robust", "The two have no β in common.")
                .containsEntry("mitigations", "None of them covers a distance that DPO covers, too.");
        points.removeIf(point -> point.cell().objective().equals("dpo"));
        assertThat(reasons())
                .containsEntry("ipo", "The study has neither DPO nor SLiC.")
                .containsEntry("chi-robust", "The study has no DPO.")
                .containsEntry("mitigations", "The study has no DPO.")
                .containsEntry("alike", "The study has no DPO.");
    }

    @Test
    void sizesThatNoObjectiveHasBothOfAreNamed() throws IOException {
        start("S", 1);
        start("L", 1);
        direct("dpo", 0.1, "S", 1, 2, 4);
        direct("slic", 0.1, "L", 1, 2, 4);
        heldOut.put(points.getLast(), List.of());
        assertThat(reasons())
                .containsEntry("size", "No objective has both the smallest and the largest size.")
                .containsEntry("monotone", "No objective has two values of β at one size.")
                .containsEntry("accuracy", "It takes five measured checkpoints at one size.")
                .containsEntry(
                        "trend-beta", "No objective has a seed whose checkpoints determine the law at two sizes.")
                .containsEntry(
                        "accuracy-sizes",
                        "No objective has a seed with five checkpoints whose accuracy and gold reward are known.")
                .containsEntry("length-size", NOT_KEPT);
        for (Point point : points.stream().filter(point -> !point.isStart()).toList()) {
            List<HeldOutResponse> rows = new ArrayList<>();
            for (int k = 0; k < 9; k++) {
                rows.add(new HeldOutResponse(true, 5 + k, 1, -0.1 * k + 0.01 * (k % 2)));
            }
            heldOut.put(point, rows);
        }
        assertThat(reasons())
                .containsEntry("length-distance", "It takes five checkpoints at one size.")
                .containsEntry(
                        "length-size", "No objective has the smallest and the largest size at the same β and seed.")
                .doesNotContainKey("length-short");
    }

    @Test
    void noFallIsNoWantOfSeeds() throws IOException {
        for (int seed = 1; seed <= 3; seed++) {
            start("S", seed);
            direct("dpo", 0.1, "S", seed, 3, 4);
        }
        assertThat(reasons())
                .containsEntry(
                        "proxy",
                        "The gold reward of no objective rose and fell by that rule, so there is no fall to compare"
                                + " with.");
    }

    @Test
    void reinforcementBesideBestOfNIsNotMissed() throws IOException {
        start("S", 1);
        bestOfN("best-of-n@one", 1, 1, 2, 3);
        assertThat(reasons())
                .containsEntry("rl-hump", "The study has no reinforcement.")
                .containsEntry("penalty", "The study has no reinforcement.")
                .containsEntry("rl-kl", "The study has no reinforcement.")
                .containsEntry("rl-alike", "The study has no reinforcement.");
        reinforced("ppo@other", 0.1, 1, 0.5);
        assertThat(reasons())
                .containsEntry("penalty", "No run has KL coefficient 0.")
                .containsEntry("rl-kl", "No reward model has both best of n and reinforcement.")
                .containsEntry("rl-alike", "No reward model has both best of n and reinforcement.");
        reinforced("ppo@one", 0, 1, 0.5);
        assertThat(reasons())
                .containsEntry("penalty", "No algorithm has KL coefficient 0 and one above for the same reward model.")
                .containsEntry(
                        "rl-kl",
                        "No checkpoint of reinforcement has a gold reward between those of the smallest and the"
                                + " largest n of best of n.")
                .containsEntry(
                        "rl-alike",
                        "No checkpoint of reinforcement has a proxy score between those of two n of best of n, of the"
                                + " same seed.");
        reinforced("ppo@one", 0.1, 1, 9, 12);
        assertThat(reasons())
                .containsEntry(
                        "penalty",
                        "No run without penalty passed the distance of a checkpoint with it, of the same seed.")
                .doesNotContainKey("rl-hump");
        points.removeIf(point ->
                point.cell().method() == Method.BEST_OF_N || point.cell().beta() == 0);
        assertThat(reasons())
                .containsEntry("penalty", "No run has KL coefficient 0.")
                .containsEntry("rl-kl", "The study has no best of n.")
                .containsEntry("rl-alike", "The study has no best of n.");
    }

    private void proxy(String name, long parameters, long pairs, double flip, int members) {
        for (long seed = 1; seed <= 2; seed++) {
            proxies.add(new ProxyRow(
                    name,
                    "S",
                    seed,
                    members * parameters,
                    pairs,
                    flip,
                    members,
                    members == 1 ? "mean" : "min",
                    new Estimate(0.7, 0.01),
                    0.6,
                    0.02,
                    0.8,
                    0.3));
        }
    }

    @Test
    void rewardModelsSayInWhatTheyShouldDiffer() throws IOException {
        start("S", 1);
        bestOfN("best-of-n@one", 1, 1, 2, 3);
        proxy("one", 100, 500, 0, 1);
        assertThat(reasons())
                .containsEntry("few-comparisons", "It takes reward models that differ in their comparisons only.")
                .containsEntry(
                        "coefficients-proxy-data", "It takes reward models that differ in their comparisons only.")
                .containsEntry("furthest-size", "It takes reward models that differ in their size only.")
                .containsEntry("coefficients-proxy-size", "It takes reward models that differ in their size only.")
                .containsEntry("ensembles", "The study has neither ensembles of reward models nor bounds.")
                .containsEntry("ensembles-noise", "The study has neither ensembles of reward models nor bounds.")
                .containsEntry(
                        "length-free",
                        "The study has no reward model with a length head, a length penalty or centred batches.");
        proxy("large", 1000, 500, 0, 1);
        proxy("ensemble", 100, 900, 0, 3);
        String alone = "No ensemble or bound stands beside one model of its members' size with the same comparisons and"
                + " label noise.";
        assertThat(reasons())
                .containsEntry(
                        "furthest-size",
                        "No two of these reward models have policies by the same way that measured their agreement with"
                                + " gold.")
                .containsEntry(
                        "coefficients-proxy-size",
                        "No two of these reward models have a seed whose policies determine the law.")
                .containsEntry("ensembles", alone)
                .containsEntry("ensembles-noise", alone);
        proxy("beside", 100, 900, 0, 1);
        assertThat(reasons())
                .containsEntry(
                        "ensembles", "No such ensemble or bound has policies by a way by which the one model has some.")
                .containsEntry(
                        "ensembles-noise",
                        "No ensemble or bound beside one model was trained with flipped labels and without.")
                .doesNotContainKey("few-comparisons");
        proxy("noisy", 100, 900, 0.25, 1);
        proxy("noisy ensemble", 100, 900, 0.25, 3);
        assertThat(reasons())
                .containsEntry(
                        "ensembles-noise",
                        "It takes two seeds of policies by the same way, with flipped labels and without.");
    }
}
