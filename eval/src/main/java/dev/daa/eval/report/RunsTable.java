package dev.daa.eval.report;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.Html;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;

/// The best and the last checkpoint of every β or KL coefficient.
final class RunsTable {
    private RunsTable() {}

    static void write(Html html, StudyGroups study) {
        List<List<Cell>> rows = new ArrayList<>();
        String before = "";
        for (StudyGroups.Group group : study.groups()) {
            double best = group.members().stream()
                    .mapToDouble(member -> member.peak().gold().mean())
                    .max()
                    .orElse(Double.NaN);
            for (Trajectory member : group.members()) {
                String name = study.label(group);
                rows.add(row(name.equals(before) ? "" : name, member, best));
                before = name;
            }
        }
        html.table(
                "Best and last checkpoint of every " + study.betaName(),
                List.of(
                        Cell.text("Objective"),
                        Cell.number(study.betaName()),
                        Cell.number("Best gold"),
                        Cell.number("at"),
                        Cell.number("KL"),
                        Cell.number("of attainable"),
                        Cell.number("Final gold"),
                        Cell.number("KL"),
                        Cell.number("Win rate"),
                        Cell.number("Accuracy"),
                        Cell.number("Length"),
                        Cell.number("Violations")),
                rows);
    }

    private static List<Cell> row(String name, Trajectory member, double best) {
        Trajectory.Stage peak = member.peak();
        Trajectory.Stage last = member.last();
        return List.of(
                Cell.text(name),
                Cell.number(Double.isNaN(member.beta()) ? "–" : Words.number(member.beta())),
                Cell.number(Words.estimate(peak.gold(), 2)).best(peak.gold().mean() == best),
                Cell.number(
                        member.method() == Method.BEST_OF_N
                                ? "n\u00a0=\u00a0" + Words.number(peak.step())
                                : Words.percent(peak.fraction())),
                Cell.number(Words.fixed(peak.kl().mean(), 2)),
                Cell.number(Words.percent(
                        peak.fraction() == 0
                                ? Estimate.MISSING
                                : peak.overSeeds(measured -> measured.rewards().frontierShare()))),
                Cell.number(Words.estimate(last.gold(), 2)),
                Cell.number(Words.fixed(last.kl().mean(), 2)),
                Cell.number(Words.percent(
                        last.average(measured -> measured.rewards().winRate()))),
                Cell.number(Words.percent(
                        last.overSeeds(measured -> measured.heldOut().accuracy()))),
                Cell.number(Words.fixed(
                        last.average(measured -> measured.responses().length()).mean(), 1)),
                Cell.number(
                        Words.fixed(last.mean(measured -> measured.responses().violations()), 2)));
    }
}
