package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Regime;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import dev.daa.train.online.Online;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where each way of training stands between learning from others and learning from itself (Guo & Xiong 2024), with the
/// best gold reward that it reached.
final class RegimesPart {
    private RegimesPart() {}

    static AnalysisSection of(StudyGroups study) {
        List<List<Cell>> rows = new ArrayList<>();
        for (boolean onPolicy : new boolean[] {true, false}) {
            List<Cell> row = new ArrayList<>();
            row.add(Cell.text(onPolicy ? "on-policy" : "off-policy"));
            for (Online.Regime labels : Online.Regime.values()) {
                row.add(Cell.text(standing(study, new Regime(onPolicy, labels))));
            }
            rows.add(row);
        }
        boolean recorded = study.trajectories().stream().anyMatch(member -> regime(member) != null);
        List<Cell> head = new ArrayList<>(List.of(Cell.text("Samples")));
        for (Online.Regime labels : Online.Regime.values()) {
            head.add(Cell.text("labels " + labels.name().toLowerCase(Locale.ROOT)));
        }
        return new AnalysisSection(
                Part.REGIMES,
                "Offline, iterative, online",
                "On-policy: a run learns from responses of the policy that is trained, as it is then. Labels are fixed"
                        + " before training (offline; those behind a reward model that stays as it is count so), taken"
                        + " anew every round (iterative) or with every step (online). In brackets the best mean gold"
                        + " reward of any of its checkpoints and where; ± 1 standard error.",
                List.of(),
                recorded
                        ? Optional.of(new AnalysisSection.Table("Where each run stands", head, rows))
                        : Optional.empty(),
                List.of());
    }

    private static String standing(StudyGroups study, Regime regime) {
        List<String> names = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            if (regime.equals(regime(group.members().getFirst()))) {
                Trajectory.Stage best = group.members().stream()
                        .map(Trajectory::peak)
                        .max(Comparator.comparingDouble(stage -> stage.gold().mean()))
                        .orElseThrow();
                names.add(study.label(group) + " (" + Words.estimate(best.gold(), 2) + " at √KL "
                        + Words.fixed(best.distance(), 2) + ")");
            }
        }
        return names.isEmpty() ? "–" : String.join("; ", names);
    }

    private static @Nullable Regime regime(Trajectory member) {
        return member.last().points().getFirst().cell().regime();
    }
}
