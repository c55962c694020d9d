package dev.daa.eval.report.part;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Verdict;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.SampledRewards;
import java.io.IOException;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/// Methods against DPO and against the plain algorithm of reinforcement, at equal KL.
class MitigationsPartTest extends MadePoints {
    /// Runs at four β and three seeds whose gold reward is a function of d = √KL.
    private void curve(String objective, DoubleUnaryOperator gold) {
        for (int k = 0; k < 4; k++) {
            double beta = 0.1 * (k + 1);
            for (long seed = 1; seed <= 3; seed++) {
                for (int step = 1; step <= 5; step++) {
                    double d = (0.4 + 0.5 * step) * (1.2 - 0.1 * k) * (1 + 0.02 * random.nextGaussian());
                    double noise = 0.02 * random.nextGaussian();
                    point(objective, beta, "S", seed, step / 5.0, d * d, gold.applyAsDouble(d) + noise);
                }
            }
        }
    }

    private Finding mitigation(String id) throws IOException {
        return finding(new MitigationsPart(data(), style(), SampledRewards.Source.none(), REPLICAS).section(), id);
    }

    @Test
    void aMethodAboveDpoAtEqualKlGains() throws IOException {
        start("S", 1);
        start("S", 2);
        curve("dpo", d -> d * (1.5 - d / 3));
        curve("chi_po", d -> d * (1.5 - d / 3) + 0.4);
        curve("rpo", d -> d * (1.5 - d / 3) - 0.4);
        curve("exponential", d -> d * (1.5 - d / 3));
        Finding claims = mitigation("mitigations");
        assertThat(claims.cases())
                .extracting(Finding.Case::label)
                .as("methods that claim it, under the names that the field knows")
                .containsExactly("χPO", "RPO");
        assertThat(claims.cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED);
        assertThat(mitigation("alike").verdict()).isEqualTo(Verdict.REPLICATED);
        assertThat(mitigation("penalty-stopping").verdict())
                .as("gold is a function of the distance alone, whatever β")
                .isEqualTo(Verdict.REPLICATED);
        assertThat(mitigation("length-penalty").verdict()).isEqualTo(Verdict.NOT_TESTED);
        points.removeIf(point -> point.cell().seed() > 1);
        for (String id : new String[] {"mitigations", "alike", "penalty-stopping"}) {
            assertThat(mitigation(id).verdict()).as("%s of one seed", id).isEqualTo(Verdict.UNCLEAR);
        }
    }

    /// Reinforcement is compared with the same algorithm without what it adds, whether or not there is direct
    /// alignment; GRPO, of which there is only one, with nothing.
    @Test
    void reinforcementIsComparedWithItsOwnAlgorithm() throws IOException {
        start("S", 1);
        start("S", 2);
        curve("rloo", d -> d * (1.5 - d / 3));
        curve("rloo-chi2", d -> d * (1.5 - d / 3) + 0.4);
        curve("rloo-constrained", d -> d * (1.5 - d / 3) - 0.4);
        curve("grpo-chi2", d -> d * (1.5 - d / 3) + 0.4);
        points.replaceAll(MitigationsPartTest::reinforced);
        Finding claims = mitigation("rl-mitigations");
        assertThat(claims.cases()).extracting(Finding.Case::label).containsExactly("RLOO (χ²)", "RLOO (constrained)");
        assertThat(claims.cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED);
        assertThat(claims.cases().getFirst().numbers()).contains("against RLOO (");
        assertThat(mitigation("penalty-stopping").verdict()).isEqualTo(Verdict.NOT_TESTED);
        curve("dpo", d -> d * (1.5 - d / 3));
        curve("chi_po", d -> d * (1.5 - d / 3) + 0.4);
        assertThat(mitigation("mitigations").cases())
                .extracting(Finding.Case::label)
                .containsExactly("χPO");
        assertThat(mitigation("rl-mitigations").cases()).hasSize(2);
    }

    private static Point reinforced(Point point) {
        Point.Cell cell = point.cell();
        return point.isStart()
                ? point
                : new Point(
                        new Point.Cell(
                                cell.run(),
                                Method.REINFORCEMENT,
                                cell.objective(),
                                cell.beta(),
                                cell.size(),
                                cell.parameters(),
                                cell.seed(),
                                "one",
                                null),
                        point.step(),
                        point.fraction(),
                        point.evaluation());
    }

    /// R-DPO is best at √KL 2.25 of 3.5, so its length penalty removes no over-optimisation; one seed does not
    /// tell.
    @Test
    void theLengthPenaltyIsHeldToTheRuleOfTheFirstFinding() throws IOException {
        for (int seed = 1; seed <= 3; seed++) {
            start("S", seed);
        }
        curve("dpo", d -> d * (1.5 - d / 3));
        curve("r_dpo", d -> d * (1.5 - d / 3));
        assertThat(mitigation("length-penalty").verdict()).isEqualTo(Verdict.REPLICATED);
        points.removeIf(point -> point.cell().seed() > 1);
        assertThat(mitigation("length-penalty").verdict()).isEqualTo(Verdict.UNCLEAR);
    }

    @Test
    void withoutDpoNothingIsCompared() throws IOException {
        start("S", 1);
        curve("chi_po", d -> d);
        assertThat(mitigation("mitigations").verdict()).isEqualTo(Verdict.NOT_TESTED);
    }
}
