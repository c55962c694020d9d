package dev.daa.eval.report.finding;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.LawContest;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.RankCorrelation;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// Findings about what tells, or does not tell, how good a policy is.
final class PredictionFindings {
    /// A rank correlation of this size, half of the variance of the ranks, would be of use for choosing a
    /// checkpoint.
    private static final double USEFUL = 0.7;

    private PredictionFindings() {}

    static Finding accuracyDoesNotPredict(StudyGroups study) {
        return prediction(
                study,
                "accuracy",
                "implicit reward accuracy",
                1,
                point -> point.cell().objective(),
                measured -> measured.heldOut().accuracy(),
                "The accuracy of the implicit reward on held-out pairs tells too little of the gold reward to choose a"
                        + " checkpoint by it.");
    }

    static Finding lossDoesNotPredict(StudyGroups study) {
        return prediction(
                study,
                "loss",
                "loss on held-out pairs",
                -1,
                // Its scale depends on β.
                point -> List.of(point.cell().objective(), point.cell().beta()),
                measured -> measured.heldOut().loss(),
                "The loss on held-out pairs tells too little of the gold reward to choose a checkpoint by it.");
    }

    /// @param sign of the correlation that a useful predictor would have
    /// @param group within which values are ranked
    private static Finding prediction(
            StudyGroups study,
            String id,
            String name,
            int sign,
            Function<Point, Object> group,
            ToDoubleFunction<Evaluation> predictor,
            String claim) {
        List<Case> cases = new ArrayList<>();
        for (String size : study.sizes()) {
            List<Point> points = measured(study, size, predictor);
            if (points.size() >= RankCorrelation.LEAST_POINTS) {
                cases.add(predictionCase(
                        study.hasSizes() ? "size " + size : "all objectives", name, sign, points, group, predictor));
            }
        }
        return new Finding(
                id,
                claim,
                Findings.RAFAILOV + ", finding 5",
                "For each size, ranks within each objective" + (sign < 0 ? " and β" : "")
                        + ", all checkpoints after the start: yes, if the 95 % interval of the rank correlation lies"
                        + " below "
                        + Words.number(USEFUL)
                        + ", where half of the variance of the ranks would be told, in the direction that a predictor"
                        + " would have; no, if it lies above. " + RankCorrelation.RULE,
                cases,
                cases.isEmpty() ? untested(study, name, predictor) : "");
    }

    private static String untested(StudyGroups study, String name, ToDoubleFunction<Evaluation> predictor) {
        boolean measured = study.trajectories().stream()
                .anyMatch(member -> !measured(member, predictor).isEmpty());
        return Conditions.direct(study)
                .and(measured, "The study did not record the " + name + " together with the gold reward.")
                .orElse("It takes five measured checkpoints" + study.atOneSize() + ".");
    }

    private static List<Point> measured(Trajectory member, ToDoubleFunction<Evaluation> predictor) {
        return member.stages().stream()
                .flatMap(stage -> stage.points().stream())
                .filter(point -> !point.isStart() && !point.gold().isMissing())
                .filter(point -> !Double.isNaN(predictor.applyAsDouble(point.evaluation())))
                .toList();
    }

    /// The measured checkpoints of a size after the start.
    private static List<Point> measured(StudyGroups study, String size, ToDoubleFunction<Evaluation> predictor) {
        return study.trajectories().stream()
                .filter(member -> member.size().equals(size))
                .flatMap(member -> measured(member, predictor).stream())
                .toList();
    }

    private static Case predictionCase(
            String label,
            String name,
            int sign,
            List<Point> points,
            Function<Point, Object> group,
            ToDoubleFunction<Evaluation> predictor) {
        RankCorrelation r = RankCorrelation.of(
                points,
                group,
                point -> predictor.applyAsDouble(point.evaluation()),
                point -> point.gold().mean());
        double low = sign > 0 ? r.low() : -r.high();
        double high = sign > 0 ? r.high() : -r.low();
        long runs = points.stream().map(point -> point.cell().run()).distinct().count();
        return new Case(
                label,
                high < USEFUL ? Outcome.SHOWN : low > USEFUL ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                "rank correlation of " + name + " and gold reward " + r + ", "
                        + Words.count(points.size(), "checkpoint") + " of " + Words.count(runs, "run") + ", "
                        + Words.count(r.bySeed().size(), "seed"));
    }

    static Finding chosenLikelihoodFalls(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            List<Estimate> finals = group.members().stream()
                    .map(member -> member.last()
                            .overSeeds(measured -> measured.heldOut().chosenLogRatio()))
                    .filter(value -> !value.isMissing())
                    .toList();
            if (finals.isEmpty()) {
                continue;
            }
            long falling = finals.stream().filter(value -> value.mean() < 0).count();
            Trajectory smallest = group.members().getFirst();
            // One seed has no error: nothing says how its value would spread.
            boolean spread = finals.stream().allMatch(value -> value.errorOrZero() > 0);
            Outcome outcome = !spread
                    ? Outcome.UNDECIDED
                    : finals.stream().allMatch(value -> value.high() < 0)
                            ? Outcome.SHOWN
                            : finals.stream().allMatch(value -> value.low() > 0)
                                    ? Outcome.CONTRADICTED
                                    : Outcome.UNDECIDED;
            cases.add(new Case(
                    study.label(group),
                    outcome,
                    falling + " of " + Words.count(finals.size(), "value") + " of β end below 0; "
                            + OveroptimizationFindings.beta(smallest) + "log(π/SFT) is "
                            + Words.estimate(
                                    smallest.last()
                                            .overSeeds(measured ->
                                                    measured.heldOut().chosenLogRatio()),
                                    1)
                            + " for chosen and "
                            + Words.estimate(
                                    smallest.last()
                                            .overSeeds(measured ->
                                                    measured.heldOut().rejectedLogRatio()),
                                    1)
                            + " for rejected responses, −KL(SFT‖π) is "
                            + Words.fixed(
                                    -smallest.last()
                                            .average(measured -> measured.kl().forward())
                                            .mean(),
                                    1)));
        }
        return new Finding(
                "likelihood",
                "The chosen responses become less likely under the trained policy, not only the rejected ones.",
                Findings.RAFAILOV + ", §3.5",
                "For each objective: yes, if the mean log(π/SFT) of held-out chosen responses ends below 0 at every"
                        + " β, each by its 95 % interval, Student's t over seeds; no, if above 0 at every β by as"
                        + " much. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study).orElse("The study did not record it.")
                        : "This is expected and no defect: when chosen responses are typical of the SFT policy, their"
                                + " mean log-ratio is close to −KL(SFT‖π), which can only fall as the policy moves.");
    }

    static Finding lawBeatsQuadratic(StudyGroups study, List<FittedLaw> fits) {
        List<Case> cases = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            Optional<FittedLaw> law = find(fits, group, "rl");
            Optional<FittedLaw> quadratic = find(fits, group, "quadratic_kl");
            if (law.isEmpty() || quadratic.isEmpty()) {
                continue;
            }
            LawContest contest =
                    LawContest.of(law.get().looSquares(), quadratic.get().looSquares(), group.seeds());
            cases.add(new Case(
                    study.label(group),
                    contest.outcome(),
                    "leave-one-out RMSE " + Words.fixed(law.get().looRmse(), 3) + " for the law, "
                            + Words.fixed(quadratic.get().looRmse(), 3) + " for the quadratic in KL (" + contest
                            + ")"
                            + find(fits, group, "quadratic_distance")
                                    .map(other -> ", " + Words.fixed(other.looRmse(), 3) + " for the quadratic in d")
                                    .orElse("")
                            + "; RMSE "
                            + Words.fixed(law.get().rmse(), 3) + " and "
                            + Words.fixed(quadratic.get().rmse(), 3) + " for the law and the quadratic in KL; "
                            + Words.count(law.get().points(), "checkpoint")
                            + " of " + Words.count(law.get().runs(), "run")));
        }
        return new Finding(
                "law",
                "Gold reward follows R(d) = d(α − β log d), d = √KL, better than a quadratic in KL.",
                Findings.RAFAILOV + ", §3 (reported: about half the RMSE)",
                "For each objective, against the quadratic in KL: yes, if " + LawContest.RULE,
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study).orElse("No objective has checkpoints that determine both.")
                        : "");
    }

    /// The fit of a law to the gold reward of a group.
    static Optional<FittedLaw> find(List<FittedLaw> fits, StudyGroups.Group group, String law) {
        return fits.stream()
                .filter(fit -> fit.objective().equals(group.objective())
                        && fit.size().equals(group.size())
                        && fit.reward().equals("gold")
                        && fit.law().equals(law))
                .findFirst();
    }
}
