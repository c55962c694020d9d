package dev.daa.eval.report.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Verdicts on curves whose answer is plain.
class ProxyFindingsTest {
    private static final double ERROR = 0.02;

    private final List<Point> points =
            new ArrayList<>(List.of(point(Method.SFT, "sft", Double.NaN, 0, 0, -0.2, 0, 0.8)));

    private static Point point(
            Method method,
            String objective,
            double beta,
            double fraction,
            double kl,
            double gold,
            double proxy,
            double agreement) {
        return point(1, method, objective, beta, fraction, kl, gold, proxy, agreement);
    }

    private static Point point(
            long seed,
            Method method,
            String objective,
            double beta,
            double fraction,
            double kl,
            double gold,
            double proxy,
            double agreement) {
        Point.Cell cell =
                new Point.Cell(objective + beta + seed, method, objective, beta, "S", 100, seed, "proxy", null);
        return new Point(
                cell,
                (int) Math.round(100 * fraction),
                fraction,
                new Evaluation(
                        Evaluation.Kl.of(new Estimate(kl, kl == 0 ? 0 : ERROR)),
                        Evaluation.Rewards.of(
                                new Estimate(gold, ERROR),
                                new Estimate(proxy, ERROR),
                                new Concordance(agreement, 1000)),
                        Evaluation.HeldOut.MISSING,
                        Evaluation.Responses.of(256)));
    }

    private void ppo(double beta, double fraction, double kl, double gold, double proxy, double agreement) {
        points.add(point(Method.REINFORCEMENT, "ppo", beta, fraction, kl, gold, proxy, agreement));
    }

    /// A second seed of everything that came out alike.
    private void repeat() {
        points.addAll(points.stream().map(MadeStudy::again).toList());
    }

    private Finding finding(String id) {
        return ProxyFindings.of(StudyGroups.of(points), List.of()).stream()
                .filter(finding -> finding.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private List<Outcome> outcomes(String id) {
        return finding(id).cases().stream().map(Finding.Case::outcome).toList();
    }

    @Test
    void studiesOfDirectAlignmentAreNotAsked() {
        points.add(point(Method.DIRECT, "dpo", 0.1, 1, 4, 1, 1, 0.7));
        assertThat(ProxyFindings.of(StudyGroups.of(points), List.of())).isEmpty();
    }

    /// Without penalty gold rises to 1 and falls while the proxy rises; with it, gold rises to the end, so that
    /// nobody knows what comes next; with more of it, gold stays where it was over twice the distance.
    @Test
    void aHumpUnderARisingProxyIsOveroptimisation() {
        ppo(0, 0.5, 4, 1, 2, 0.7);
        ppo(0, 1, 100, -3, 4, 0.5);
        ppo(0.1, 0.5, 1, 0.5, 1, 0.79);
        ppo(0.1, 1, 4, 1.5, 2, 0.79);
        ppo(0.2, 0.5, 1, 1, 1, 0.79);
        ppo(0.2, 1, 4, 1, 2, 0.79);
        assertThat(outcomes("rl-hump")).as("one run").containsOnly(Outcome.UNDECIDED);
        repeat();
        assertThat(outcomes("rl-hump")).containsExactly(Outcome.SHOWN, Outcome.UNDECIDED, Outcome.CONTRADICTED);
        assertThat(outcomes("agreement")).containsExactly(Outcome.SHOWN, Outcome.UNDECIDED, Outcome.UNDECIDED);
        assertThat(finding("agreement").cases().get(1).numbers()).contains(" 4.00 nats");
    }

    /// Gold seems to lose nothing, but three seeds that spread so widely cannot tell 0 from a loss of 0.3.
    @Test
    void aFallThatMayBeLargeDoesNotContradictTheHump() {
        double[] lost = {-0.35, 0.05, 0.4};
        for (int seed = 1; seed <= 3; seed++) {
            points.add(point(seed, Method.SFT, "sft", Double.NaN, 0, 0, -0.2, 0, 0.8));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0, 0.5, 1, 1, 1, 0.79));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0, 1, 9, 1 - lost[seed - 1], 2, 0.79));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.1, 0.5, 1, 1, 1, 0.79));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.1, 1, 9, 1 - 0.1 * lost[seed - 1], 2, 0.79));
        }
        assertThat(outcomes("rl-hump")).containsExactly(Outcome.UNDECIDED, Outcome.CONTRADICTED);
    }

    /// Gold that is 0.01 up by luck and then falls never rose; gold that does not move has not been pushed.
    @Test
    void whatNeverRoseIsNeitherAHumpNorItsContrary() {
        ppo(0, 0.5, 4, -0.19, 2, 0.7);
        ppo(0, 1, 100, -3, 4, 0.5);
        ppo(0.1, 0.5, 0.01, -0.21, 0.1, 0.79);
        ppo(0.1, 1, 0.02, -0.2, 0.2, 0.79);
        ppo(0.2, 0.5, 0.01, -0.19, 0.1, 0.79);
        ppo(0.2, 1, 0.09, -0.2, 0.2, 0.79);
        repeat();
        assertThat(outcomes("rl-hump")).containsOnly(Outcome.UNDECIDED);
    }

    /// On the free path gold is 1 at √KL 2 and 2 at √KL 3, so 1.5 at 2.5: for three seeds, each 1 above the one
    /// before.
    @Test
    void aPenaltyIsComparedAtItsOwnDistanceSeedBySeed() {
        for (long seed = 1; seed <= 3; seed++) {
            double above = seed - 1;
            double luck = 0.01 * seed;
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0, 0.5, 4, 1 + above, 2, 0.7));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0, 1, 9, 2 + above, 4, 0.5));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.1, 1, 6.25, 1.5 + above + luck, 2, 0.7));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.2, 1, 6.25, 2.2 + above + luck, 2, 0.7));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.25, 1, 6.25, 1.2 + 2 * above, 2, 0.7));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.3, 1, 25, 9, 9, 0.7));
        }
        Finding found = finding("penalty");
        assertThat(outcomes("penalty")).containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED, Outcome.UNDECIDED);
        // 0.01, 0.02, 0.03: ± 4.303 · 0.01/√3
        assertThat(found.cases().getFirst().numbers()).contains("without, difference +0.02 [0.00, +0.04]", "3 seeds");
        points.removeIf(point -> point.cell().seed() > 1);
        assertThat(outcomes("penalty")).containsOnly(Outcome.UNDECIDED);
    }

    /// 256 responses of a seed weigh as 128 pairs. Over two seeds that agree, 66 % to 61 % is 1.2 standard errors
    /// of 0.060/√2, 66 % to 50 % 3.7, 66 % to 58 % 1.9; over three the last is 2.3, but their spread can be what
    /// counts.
    @Test
    void anAgreementFallsByMoreThanItsError() {
        points.replaceAll(_ -> point(Method.SFT, "sft", Double.NaN, 0, 0, -0.2, 0, 0.66));
        ppo(0, 1, 9, 1.5, 2, 0.61);
        ppo(0.1, 1, 9, 1.5, 2, 0.5);
        ppo(0.2, 1, 9, 1.5, 2, 0.81);
        ppo(0.3, 1, 9, 1.5, 2, 0.58);
        assertThat(outcomes("agreement")).as("one seed").containsOnly(Outcome.UNDECIDED);
        assertThat(finding("agreement").cases().getFirst().numbers())
                .startsWith("from 66\u00a0% of pairs to 61\u00a0% at KL 9.0, change in points −5 [−17, +7]");
        repeat();
        assertThat(outcomes("agreement"))
                .containsExactly(Outcome.UNDECIDED, Outcome.SHOWN, Outcome.CONTRADICTED, Outcome.UNDECIDED);
        points.add(point(3, Method.SFT, "sft", Double.NaN, 0, 0, -0.2, 0, 0.66));
        points.add(point(3, Method.REINFORCEMENT, "ppo", 0.3, 1, 9, 1.5, 2, 0.58));
        points.add(point(3, Method.REINFORCEMENT, "ppo", 0.1, 1, 9, 1.5, 2, 0.64));
        assertThat(outcomes("agreement"))
                .containsExactly(Outcome.UNDECIDED, Outcome.UNDECIDED, Outcome.CONTRADICTED, Outcome.SHOWN);
    }

    /// One response a prompt, as of best of n, and few that differ are few pairs, however many samples they were
    /// picked from.
    @Test
    void fewDistinctPairsTellLittle() {
        ppo(0, 1, 9, 1.5, 2, 0.6);
        repeat();
        assertThat(outcomes("agreement")).containsExactly(Outcome.SHOWN);
        points.replaceAll(point -> new Point(
                point.cell(),
                point.step(),
                point.fraction(),
                new Evaluation(
                        point.evaluation().kl(),
                        Evaluation.Rewards.of(
                                point.gold(),
                                point.evaluation().rewards().proxy(),
                                new Concordance(
                                        point.evaluation().rewards().agreement().share(), 10)),
                        point.evaluation().heldOut(),
                        point.evaluation().responses())));
        assertThat(outcomes("agreement")).containsExactly(Outcome.UNDECIDED);
    }

    /// A second reward model orders 60 % of pairs at the start, not 80 %; its PPO is not held against best of n by
    /// the first, which scored the SFT policy.
    @Test
    void everyRewardModelIsComparedWithItself() {
        ppo(0, 1, 9, 1.5, 2, 0.62);
        points.add(point(Method.BEST_OF_N, "best-of-n", Double.NaN, 0.1, 1, 1, 1, 0.7));
        points.add(point(Method.BEST_OF_N, "best-of-n", Double.NaN, 1, 4, 2, 2, 0.6));
        points.replaceAll(point -> point.cell().method() == Method.REINFORCEMENT ? by("other", point) : point);
        repeat();
        List<ProxyRow> proxies =
                List.of(row(1, "proxy", 0.8), row(1, "other", 0.6), row(2, "proxy", 0.8), row(2, "other", 0.6));
        List<Finding> findings = ProxyFindings.of(StudyGroups.of(points), proxies);
        assertThat(findings)
                .filteredOn(finding -> finding.id().equals("rl-kl"))
                .allSatisfy(finding -> assertThat(finding.cases()).isEmpty());
        assertThat(findings)
                .filteredOn(finding -> finding.id().equals("agreement"))
                .flatMap(Finding::cases)
                .map(Finding.Case::outcome)
                .containsExactly(Outcome.UNDECIDED, Outcome.SHOWN);
        assertThat(Trajectory.of(points))
                .allSatisfy(member -> assertThat(member.first()
                                .average(measured -> measured.rewards().proxy()))
                        .isEqualTo(Estimate.MISSING));
    }

    private static Point by(String proxy, Point point) {
        Point.Cell cell = point.cell();
        Point.Cell other = new Point.Cell(
                cell.run(),
                cell.method(),
                cell.objective(),
                cell.beta(),
                cell.size(),
                cell.parameters(),
                cell.seed(),
                proxy,
                cell.regime());
        return new Point(other, point.step(), point.fraction(), point.evaluation());
    }

    private static ProxyRow row(long seed, String proxy, double agreement) {
        return new ProxyRow(
                proxy, "S", seed, 100, 1000, 0, 1, "mean", new Estimate(0.7, 0.01), 0.5, 0.02, agreement, 0.3);
    }

    /// Best of n has gold 0, 1, 2 at KL 0, 1, 4, so 1.5 at KL 2.5. One run has 1.5 at KL 9, one at KL 1, one at KL
    /// 2.5; one at KL 100 may have the gold reward of the largest n.
    @Test
    void theKlForTheSameGoldIsCompared() {
        points.add(point(Method.BEST_OF_N, "best-of-n", Double.NaN, 0.01, 0, 0, 0, 0.8));
        points.add(point(Method.BEST_OF_N, "best-of-n", Double.NaN, 0.1, 1, 1, 1, 0.7));
        points.add(point(Method.BEST_OF_N, "best-of-n", Double.NaN, 1, 4, 2, 2, 0.6));
        ppo(0, 0.5, 9, 1.5, 2, 0.7);
        ppo(0, 1, 100, 7, 2, 0.7);
        ppo(0.1, 1, 1, 1.5, 2, 0.7);
        ppo(0.2, 1, 2.5, 1.5, 2, 0.7);
        ppo(0.3, 1, 2.5, 7, 2, 0.7);
        ppo(0.4, 1, 100, 1.99, 2, 0.7);
        assertThat(outcomes("rl-kl")).as("one run").containsOnly(Outcome.UNDECIDED);
        repeat();
        assertThat(outcomes("rl-kl"))
                .containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED, Outcome.UNDECIDED, Outcome.UNDECIDED);
        assertThat(finding("rl-kl").cases().getFirst().numbers()).contains("best of n at KL 2.50");
    }

    /// Best of n has gold 0, 1, 2 at proxy scores 0, 1, 2. Three seeds each: one run lies 0.12 above, one 1 below,
    /// one above by 0, 1 and 2 and one beyond the scores of best of n.
    @Test
    void reinforcementAndBestOfNAreComparedAtTheSameScore() {
        for (long seed = 1; seed <= 3; seed++) {
            for (int n = 0; n <= 2; n++) {
                points.add(point(seed, Method.BEST_OF_N, "best-of-n", Double.NaN, n / 2.0, n, n, n, 0.8));
            }
            double shift = 0.01 * seed;
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0, 0.5, 9, 0.6 + shift, 0.5, 0.8));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0, 1, 16, 1.6 + shift, 1.5, 0.8));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.1, 1, 9, 0.5 + shift, 1.5, 0.8));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.2, 1, 9, 0.5 + seed, 1.5, 0.8));
            points.add(point(seed, Method.REINFORCEMENT, "ppo", 0.3, 1, 9, 0.5, 9, 0.8));
        }
        assertThat(outcomes("rl-alike")).containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED, Outcome.UNDECIDED);
        assertThat(finding("rl-alike").cases().getFirst().numbers()).contains("+0.12 [+0.10, +0.14]", "3 seeds");
    }
}
