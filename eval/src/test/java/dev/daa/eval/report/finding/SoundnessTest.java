package dev.daa.eval.report.finding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.measure.FrontierCurve;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.world.ExactFrontier;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// Two equally likely gold levels −1 and 1: the tilt e^{λg}/Z has mean tanh λ and KL λ·tanh λ − log cosh λ.
class SoundnessTest {
    private static final ExactFrontier COIN = ExactFrontier.of(new double[] {-1, 1}, new double[] {0.5, 0.5});
    private static final FrontierCurve CURVE = new FrontierCurve(COIN, 0.8);

    @Test
    void theCurveFollowsTheExactFrontier() {
        for (double lambda = 0.1; lambda < 2; lambda += 0.13) {
            double kl = lambda * Math.tanh(lambda) - Math.log(Math.cosh(lambda));
            assertThat(CURVE.bestGold(Math.sqrt(kl))).isCloseTo(Math.tanh(lambda), Offset.offset(1e-3));
        }
        assertThat(CURVE.bestGold(0)).isCloseTo(0, Offset.offset(1e-12));
        assertThat(CURVE.bestGold(99)).isEqualTo(CURVE.bestGold(0.8));
        assertThat(CURVE.slope(99)).isZero();
    }

    @Test
    void aPolicyAboveTheFrontierIsReported() {
        // λ = 1: KL 0.3277, gold 0.7616.
        assertThat(frontier(0.3277, 0.74)).isEqualTo(Outcome.SHOWN);
        assertThat(frontier(0.3277, 0.79)).isEqualTo(Outcome.SHOWN);
        assertThat(frontier(0.3277, 0.85)).isEqualTo(Outcome.CONTRADICTED);
    }

    @Test
    void aNegativeExactKlIsReported() {
        assertThat(check("Exact KL", point(-0.01, 0, 0.1)).outcome()).isEqualTo(Outcome.CONTRADICTED);
        assertThat(check("Exact KL", point(0.01, 0, 0.1)).outcome()).isEqualTo(Outcome.SHOWN);
    }

    @Test
    void estimatorsThatDisagreeAreReported() {
        assertThat(check("The k1", point(1, 0, 1.1)).outcome()).isEqualTo(Outcome.SHOWN);
        assertThat(check("The k1", point(1, 0, 1.5)).outcome()).isEqualTo(Outcome.CONTRADICTED);
        assertThat(check("The k3", point(1, 0, 1.5)).outcome()).isEqualTo(Outcome.UNDECIDED);
    }

    /// k3 misses the tokens that the policy gave up, and its standard error with them: that it falls short proves
    /// no fault, that it exceeds the exact KL does.
    @Test
    void aHeavyTailExcusesAShortfallAlone() {
        Estimate k1 = new Estimate(2.73, 0.08);
        Case low = check("The k3", point(2.71, 0, k1, new Estimate(1.8, 0.03)));
        assertThat(low.outcome()).isEqualTo(Outcome.UNDECIDED);
        assertThat(low.numbers()).contains("falls short");
        assertThat(check("The k3", point(2.71, 0, k1, new Estimate(3.6, 0.03))).outcome())
                .isEqualTo(Outcome.CONTRADICTED);
        assertThat(check("The k3", point(2.71, 0, k1, new Estimate(2.72, 0.03))).outcome())
                .isEqualTo(Outcome.SHOWN);
        assertThat(check("The k1", point(2.71, 0, new Estimate(1.8, 0.03), k1)).outcome())
                .isEqualTo(Outcome.CONTRADICTED);
    }

    private static Outcome frontier(double kl, double gold) {
        return check("No policy is above", point(kl, gold, kl)).outcome();
    }

    private static Case check(String label, Point point) {
        return Soundness.of(List.of(point), Optional.of(CURVE)).stream()
                .filter(member -> member.label().startsWith(label))
                .findFirst()
                .orElseThrow();
    }

    /// Standard errors: KL 0.01, k1 0.1, gold 0.02.
    private static Point point(double kl, double gold, double k1) {
        return point(kl, gold, new Estimate(k1, 0.1), Estimate.MISSING);
    }

    private static Point point(double kl, double gold, Estimate k1, Estimate k3) {
        Evaluation evaluation = new Evaluation(
                new Evaluation.Kl(new Estimate(kl, 0.01), k1, k3, Estimate.MISSING),
                Evaluation.Rewards.of(new Estimate(gold, 0.02), Estimate.MISSING, Concordance.MISSING),
                Evaluation.HeldOut.MISSING,
                Evaluation.Responses.of(256));
        return new Point(new Point.Cell("run", "dpo", 0.1, "S", 100, 1), 1, 1, evaluation);
    }
}
