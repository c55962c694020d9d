package dev.daa.eval.report.part;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.record.TrainingLog;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Verdicts on what SFT does and on gold models: numbers of a single seed, and means of seeds that disagree, decide
/// nothing.
class SeedVerdictsTest {
    private static final List<String> RISING =
            List.of("chosen", "rejected", "other_prompt", "rejected_paraphrase", "chosen_variant");

    private final List<Point> points = new ArrayList<>();
    private final Map<String, TrainingLog> logs = new HashMap<>();

    private StudyData data() {
        return new StudyData(
                StudyFacts.unrecorded(),
                points,
                List.of(),
                logs,
                List.of(),
                Map.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty());
    }

    private void point(String objective, long seed, int step, double gold, double exact) {
        boolean start = objective.equals(Point.SFT);
        points.add(new Point(
                new Point.Cell(objective + seed, objective, start ? Double.NaN : 0.1, "S", 100, seed),
                step,
                step / 6.0,
                new Evaluation(
                        Evaluation.Kl.of(new Estimate(0.2 * step, 0.01)),
                        new Evaluation.Rewards(
                                new Estimate(gold, 0.03),
                                new Estimate(exact, 0.03),
                                Estimate.MISSING,
                                Estimate.MISSING,
                                Estimate.MISSING,
                                Estimate.MISSING,
                                Concordance.MISSING,
                                Double.NaN),
                        Evaluation.HeldOut.MISSING,
                        Evaluation.Responses.of(64))));
    }

    /// An SFT run during which most kinds of responses gain one number of nats, reviews of another item a second
    /// and random words a third.
    private void sft(long seed, double gain, double other, double gibberish) {
        point(Point.SFT, seed, 0, 0, 0);
        Map<String, Double> gains = new HashMap<>();
        RISING.forEach(kind -> gains.put(kind, gain));
        gains.put("other_prompt", other);
        gains.put("gibberish", gibberish);
        TrainingLog log = new TrainingLog(new HashMap<>());
        gains.forEach((kind, change) ->
                log.metrics().put("probe/" + kind, new TreeMap<>(Map.of(1, -100.0, 2, -90.0, 3, -100 + change))));
        logs.put(Point.SFT + seed, log);
    }

    private Outcome sftOutcome() {
        return SftProbe.finding(data()).cases().getFirst().outcome();
    }

    @Test
    void whatSftRaisesIsAskedOfSeveralSeeds() {
        sft(1, 40, 20, -90);
        assertThat(sftOutcome()).as("one seed").isEqualTo(Outcome.UNDECIDED);
        sft(2, 42, 21, -100);
        sft(3, 44, 22, -110);
        assertThat(sftOutcome()).isEqualTo(Outcome.SHOWN);
        assertThat(SftProbe.finding(data()).cases().getFirst().numbers())
                .as("42 ± 4.303·2/√3")
                .contains("chosen reviews +42.00 [+37.03, +46.97]")
                .endsWith("3 seeds");
        sft(3, 44, -90, -110);
        points.removeLast();
        assertThat(sftOutcome()).as("one seed's other reviews fall").isEqualTo(Outcome.UNDECIDED);
    }

    @Test
    void theContraryTakesSeveralSeedsToo() {
        sft(1, 40, -20, 90);
        assertThat(sftOutcome()).isEqualTo(Outcome.UNDECIDED);
        sft(2, 42, -21, 100);
        sft(3, 44, -22, 110);
        assertThat(sftOutcome()).isEqualTo(Outcome.CONTRADICTED);
    }

    /// Six checkpoints whose exact gold grows, and a gold model that orders them likewise, the other way round, or
    /// so in one seed of three.
    @Test
    void aGoldModelIsJudgedByTheIntervalOfItsCorrelation() {
        for (long seed = 1; seed <= 3; seed++) {
            point(Point.SFT, seed, 0, 0, 0);
            for (int step = 1; step <= 6; step++) {
                point("dpo", seed, step, step, step);
                point("ipo", seed, step, -step, step);
                point("slic", seed, step, seed == 1 && step > 4 ? -step : step, step);
            }
        }
        assertThat(goldModel().cases())
                .extracting(Finding.Case::outcome)
                .containsExactly(Outcome.SHOWN, Outcome.CONTRADICTED, Outcome.UNDECIDED);
        points.removeIf(point -> point.cell().seed() > 1);
        assertThat(goldModel().cases()).extracting(Finding.Case::outcome).containsOnly(Outcome.UNDECIDED);
    }

    private Finding goldModel() {
        FigureStyle style = new FigureStyle(points, StudyGroups.of(points), Optional.empty());
        return GoldPart.of(data(), style).findings().getFirst();
    }
}
