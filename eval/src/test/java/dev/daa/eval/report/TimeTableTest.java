package dev.daa.eval.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.TrainingLog;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TimeTableTest {
    private static Point point(Point.Cell cell) {
        return new Point(
                cell,
                2,
                1,
                new Evaluation(
                        Evaluation.Kl.of(Estimate.exact(1)),
                        Evaluation.Rewards.of(Estimate.exact(1), Estimate.MISSING, Concordance.MISSING),
                        Evaluation.HeldOut.MISSING,
                        Evaluation.Responses.of(8)));
    }

    private static Point.Cell ppo(long seed) {
        return new Point.Cell("ppo" + seed, Method.REINFORCEMENT, "ppo", 0.1, "S", 100, seed, "proxy", null);
    }

    /// Two steps.
    private static TrainingLog log(double generating, double scoring, double updating) {
        return new TrainingLog(Map.of(
                "time/generating", new TreeMap<>(Map.of(1, generating, 2, generating)),
                "time/scoring", new TreeMap<>(Map.of(1, scoring, 2, scoring)),
                "time/updating", new TreeMap<>(Map.of(1, updating, 2, updating))));
    }

    /// Two runs that spent 2 and 6 s on generating, 0.5 s each on scoring and updating; DPO generates nothing.
    @Test
    void stepsOfAllRunsAreSummed() {
        Point direct = point(new Point.Cell("dpo", "dpo", 0.1, "S", 100, 1));
        Map<String, TrainingLog> logs = new LinkedHashMap<>();
        logs.put("dpo", new TrainingLog(Map.of("loss", new TreeMap<>(Map.of(1, 0.7)))));
        logs.put("ppo1", log(1, 0.25, 0.25));
        logs.put("ppo2", log(3, 0.25, 0.25));
        TimeTable table = new TimeTable(StudyGroups.of(List.of(direct, point(ppo(1)), point(ppo(2)))), logs);
        Html html = new Html();
        table.write(html);
        assertThat(html.toString().replaceAll("<[^>]*>", " ").trim().split("\\s+"))
                .endsWith("updating", "PPO", "2", "5.0", "80\u00a0%", "10\u00a0%", "10\u00a0%");
        assertThat(new TimeTable(StudyGroups.of(List.of(direct)), logs).isEmpty())
                .isTrue();
    }
}
