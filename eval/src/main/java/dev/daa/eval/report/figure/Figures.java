package dev.daa.eval.report.figure;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import java.util.ArrayList;
import java.util.List;

/// Every figure of a study's report, in reading order; figures without data are left out.
public final class Figures {
    private Figures() {}

    public static List<Figure> of(StudyData data) {
        StudyGroups study = StudyGroups.of(data.points());
        FigureStyle style = new FigureStyle(data.points(), study, data.frontier());
        DistanceFigures distance = new DistanceFigures(data, style);
        TrainingFigures training = new TrainingFigures(data, style);
        DiagnosisFigures diagnosis = new DiagnosisFigures(data, style);
        List<Figure> figures = new ArrayList<>();
        figures.add(distance.gold());
        figures.add(training.goldByBeta());
        if (has(data, measured -> measured.rewards().proxy())) {
            figures.add(distance.goldAgainstProxy());
        }
        figures.add(diagnosis.proxyAndGold());
        if (has(data, measured -> measured.rewards().winRate())) {
            figures.add(distance.winRate());
        }
        if (study.hasSizes()) {
            figures.add(distance.goldBySize());
        }
        figures.add(training.goldOverTraining());
        figures.add(training.klOverTraining());
        if (data.points().stream()
                .anyMatch(point -> !Double.isNaN(point.evaluation().rewards().frontierShare()))) {
            figures.add(training.frontierShare());
        }
        figures.add(distance.exploitation());
        if (data.points().stream()
                .anyMatch(point -> !Double.isNaN(point.evaluation().heldOut().chosenLogRatio()))) {
            figures.add(training.logRatios());
        }
        figures.add(diagnosis.forwardKl());
        figures.add(diagnosis.prediction());
        figures.add(training.trainingLoss());
        return figures.stream().filter(Figures::hasPanels).toList();
    }

    private static boolean has(StudyData data, java.util.function.Function<Evaluation, Estimate> quantity) {
        return data.points().stream()
                .anyMatch(point -> !quantity.apply(point.evaluation()).isMissing());
    }

    private static boolean hasPanels(Figure figure) {
        return figure.groups().stream().anyMatch(group -> !group.panels().isEmpty());
    }
}
