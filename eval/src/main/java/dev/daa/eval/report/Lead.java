package dev.daa.eval.report;

import dev.daa.eval.record.Method;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.OveroptimizationFindings;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.Words;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The first paragraph of a report: the best policy, the greatest fall, and what the finding on rise and fall says, in
/// plain words.
final class Lead {
    private Lead() {}

    static String of(StudyData data, List<Finding> findings) {
        StudyGroups study = StudyGroups.of(data.points());
        Optional<Trajectory> best = study.trajectories().stream()
                .filter(member -> !Double.isNaN(member.peak().gold().mean()))
                .max(Comparator.comparingDouble(member -> member.peak().gold().mean()));
        if (best.isEmpty()) {
            return "No checkpoint of this study has a gold reward.";
        }
        return bestPolicy(best.get(), study.hasSizes()) + steepest(study) + overoptimization(findings);
    }

    private static String bestPolicy(Trajectory member, boolean withSize) {
        Trajectory.Stage peak = member.peak();
        double share = peak.frontierShare();
        String start = member.first().fraction() == 0
                ? ", from " + Words.fixed(member.first().gold().mean(), 2) + " of the SFT policy"
                : "";
        return "The best policy is " + member.label(withSize) + " " + when(member, peak) + ": gold reward "
                + Words.estimate(peak.gold(), 2) + start
                + (Double.isNaN(share)
                        ? "."
                        : ", which is " + Words.percent(share) + " of the gain that any policy could have at its KL of "
                                + Words.fixed(peak.kl().mean(), 1) + " nats.");
    }

    private static String when(Trajectory member, Trajectory.Stage stage) {
        if (member.method() == Method.BEST_OF_N) {
            return "at n = " + Words.number(stage.step());
        }
        return stage.fraction() == 1
                ? "at the end of training"
                : "after " + Words.percent(stage.fraction()) + " of training";
    }

    private static String steepest(StudyGroups study) {
        List<Trajectory> falling = study.trajectories().stream()
                .filter(member -> member.rise().mean() > 0
                        && member.fall().z()
                                > Significance.threshold(member.stages().size() - 1))
                .toList();
        if (falling.isEmpty()) {
            return " Taken one by one, and allowing for the pick of its best checkpoint, no setting falls to the end of"
                    + " training by more than its errors.";
        }
        Trajectory steepest = falling.stream()
                .max(Comparator.comparingDouble(Trajectory::hump))
                .orElseThrow();
        return " Most is lost by " + steepest.label(study.hasSizes()) + ": it reaches "
                + Words.fixed(steepest.peak().gold().mean(), 2) + " "
                + when(steepest, steepest.peak()) + " and ends at "
                + Words.fixed(steepest.last().gold().mean(), 2) + ", while its KL goes from "
                + Words.fixed(steepest.peak().kl().mean(), 1) + " to "
                + Words.fixed(steepest.last().kl().mean(), 1)
                + " nats. In " + falling.size() + " of " + study.trajectories().size()
                + " settings the gold reward falls from its best checkpoint by more than its errors.";
    }

    private static String overoptimization(List<Finding> findings) {
        return findings.stream()
                .filter(finding -> finding.id().equals(OveroptimizationFindings.RISE_AND_FALL)
                        && !finding.cases().isEmpty())
                .findFirst()
                .map(Finding::summary)
                .map(summary ->
                        " Over-optimisation, by the first finding's rule, which does not profit from picking the"
                                + " best: " + summary.substring(0, 1).toLowerCase(Locale.ROOT) + summary.substring(1))
                .orElse("");
    }
}
