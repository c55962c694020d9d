package dev.daa.eval.report.part;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.Regime;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Verdict;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/// Variants of reinforcement beside the algorithm that they are variants of.
class MethodsAtEqualKlTest {
    private static final double ERROR = 0.03;
    private static final int SEEDS = 3;

    private final List<Point> points = new ArrayList<>();
    private final Random random = new Random(6);

    private void point(Point.Cell cell, double fraction, double kl, double gold) {
        points.add(new Point(
                cell,
                (int) Math.round(100 * fraction),
                fraction,
                new Evaluation(
                        Evaluation.Kl.of(new Estimate(kl, ERROR * kl)),
                        Evaluation.Rewards.of(new Estimate(gold, ERROR), Estimate.MISSING, Concordance.MISSING),
                        new Evaluation.HeldOut(Double.NaN, Double.NaN, Double.NaN, Double.NaN),
                        Evaluation.Responses.of(64))));
    }

    private void start() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            point(new Point.Cell("sft" + seed, Point.SFT, Double.NaN, "S", 100, seed), 0, 0, 0);
        }
    }

    /// Runs at three KL coefficients and three seeds whose gold reward is a function of d = √KL.
    private void reinforced(String name, DoubleUnaryOperator gold) {
        for (int k = 1; k <= 3; k++) {
            for (long seed = 1; seed <= SEEDS; seed++) {
                Point.Cell cell = new Point.Cell(
                        name + k + seed,
                        Method.REINFORCEMENT,
                        name,
                        0.1 * k,
                        "S",
                        100,
                        seed,
                        "one",
                        Regime.offline(true));
                for (int step = 1; step <= 5; step++) {
                    double d = (0.4 + 0.5 * step) * (1.2 - 0.1 * k) * (1 + 0.02 * random.nextGaussian());
                    point(cell, step / 5.0, d * d, gold.applyAsDouble(d) + 0.02 * random.nextGaussian());
                }
            }
        }
    }

    private AnalysisSection section() throws IOException {
        StudyData data = new StudyData(
                StudyFacts.unrecorded(),
                points,
                List.of(),
                Map.of(),
                List.of(),
                Map.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty());
        FigureStyle style = new FigureStyle(points, StudyGroups.of(points), Optional.empty());
        return new MitigationsPart(data, style, SampledRewards.Source.none(), 60).section();
    }

    private static Finding finding(AnalysisSection section, String id) {
        return section.findings().stream()
                .filter(finding -> finding.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /// `ppo-averaged (one)` is held to `ppo (one)`, on the same reward model; `rloo` is a variant of nothing, and
    /// direct alignment is not needed.
    @Test
    void variantsOfReinforcementAreHeldToThePlainAlgorithm() throws IOException {
        start();
        reinforced("ppo (one)", d -> d * (1.5 - d / 3));
        reinforced("ppo-averaged (one)", d -> d * (1.5 - d / 3) + 0.4);
        reinforced("ppo-par (one)", d -> d * (1.5 - d / 3) - 0.4);
        reinforced("ppo (two)", d -> -d);
        reinforced("rloo (one)", d -> d);
        AnalysisSection section = section();
        Finding variants = finding(section, "rl-mitigations");
        assertThat(variants.cases())
                .extracting(Finding.Case::label)
                .containsExactly("ppo-averaged (one)", "ppo-par (one)");
        assertThat(variants.cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED);
        assertThat(variants.cases().getFirst().numbers()).contains(" against ppo (one) (95 % interval +0.3");
        AnalysisSection.Table table = section.table().orElseThrow();
        assertThat(table.rows()).hasSize(3);
        assertThat(table.head().get(1).words()).isEqualTo("gold at equal KL, against the plain algorithm");
        assertThat(section.figures()).hasSize(1);
        assertThat(finding(section, "mitigations").summary()).isEqualTo("The study has no direct alignment algorithm.");
    }

    /// Of two that its name begins with it is a variant of the longer one; words in the table are those of readers.
    @Test
    void theNearestNameIsThePlainOne() throws IOException {
        start();
        reinforced("ppo", d -> d);
        reinforced("ppo-par", d -> d + 0.5);
        reinforced("ppo-par-averaged", d -> d + 0.5);
        reinforced("ppoaveraged", d -> d);
        Finding variants = finding(section(), "rl-mitigations");
        assertThat(variants.cases())
                .extracting(Finding.Case::label)
                .containsExactly("PPO (PAR)", "PPO (PAR) (averaged)");
        assertThat(variants.cases().getLast().numbers()).contains(" against PPO (PAR) (");
        assertThat(variants.cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.SHOWN, Outcome.UNDECIDED);
        points.removeIf(point -> point.cell().seed() > 1);
        assertThat(finding(section(), "rl-mitigations").verdict()).isEqualTo(Verdict.UNCLEAR);
        points.removeIf(point -> point.cell().objective().equals("ppo-par-averaged")
                || point.cell().objective().equals("ppo-par"));
        assertThat(finding(section(), "rl-mitigations").summary())
                .isEqualTo("The study has no reinforcement called NAME-… beside NAME.");
    }
}
