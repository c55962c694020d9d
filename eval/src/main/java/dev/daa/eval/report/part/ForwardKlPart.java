package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.curve.CurveForm;
import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.Law;
import dev.daa.eval.curve.LawBootstrap;
import dev.daa.eval.curve.LawFit;
import dev.daa.eval.curve.LeftOutErrors;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.LawContest;
import dev.daa.eval.report.measure.RewardCurve;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/// The law with the forward KL, KL(π_ref‖π), as its axis (2406.02900, figure 5), beside the same on the usual axis.
final class ForwardKlPart {
    private static final long SEED = 1;

    private final StudyData data;
    private final StudyGroups study;
    private final int replicas;

    private ForwardKlPart(StudyData data, StudyGroups study, int replicas) {
        this.data = data;
        this.study = study;
        this.replicas = replicas;
    }

    static AnalysisSection of(StudyData data, StudyGroups study, int replicas) throws IOException {
        return new ForwardKlPart(data, study, replicas).section();
    }

    private AnalysisSection section() throws IOException {
        List<Fits> fits = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            fits(group).ifPresent(fits::add);
        }
        return new AnalysisSection(
                Part.FORWARD_KL,
                "The law over the forward KL",
                "R(d) = d(α − β log d) with d = √KL(SFT‖π), the divergence that a reference sample sees, over all"
                        + " checkpoints of an objective; intervals are 95 %, the wider one of whole runs drawn and"
                        + " seeds left out in turn (– without either). Left-out RMSE predicts"
                        + " each run from the others; its smaller one of law and quadratic is set in bold.",
                List.of(),
                fits.isEmpty() ? Optional.empty() : Optional.of(table(fits)),
                List.of(new Finding(
                        "forward-law",
                        "The law holds with the forward KL as its axis too.",
                        Findings.RAFAILOV + ", figure 5",
                        "For each objective, the law over √KL(SFT‖π) against the quadratic in KL(SFT‖π): yes, if "
                                + LawContest.RULE,
                        fits.stream().map(Fits::verdict).toList(),
                        fits.isEmpty() ? untested() : "")));
    }

    private String untested() {
        boolean recorded = study.trajectories().stream()
                .flatMap(member -> member.stages().stream())
                .flatMap(stage -> stage.points().stream())
                .anyMatch(point ->
                        !point.isStart() && !point.evaluation().kl().forward().isMissing());
        return Conditions.direct(study)
                .and(recorded, "The study did not record the forward KL.")
                .orElse("No objective has checkpoints that determine the law.");
    }

    private static AnalysisSection.Table table(List<Fits> fits) {
        return new AnalysisSection.Table(
                "Fits over the forward KL",
                List.of(
                        Cell.text("Objective"),
                        Cell.number("α"),
                        Cell.number("β"),
                        Cell.number("left-out RMSE, law"),
                        Cell.number("quadratic in the forward KL"),
                        Cell.number("law over √KL(π‖SFT)"),
                        Cell.number("n")),
                fits.stream().map(Fits::row).toList());
    }

    private Optional<Fits> fits(StudyGroups.Group group) throws IOException {
        Optional<RewardCurve> forward =
                curve(group, point -> point.evaluation().kl().forward().mean());
        Optional<RewardCurve> reverse = curve(group, point -> point.kl().mean());
        Optional<LawFit> law = forward.flatMap(curve -> LawFit.fit(Law.RL, curve.points(), false));
        if (forward.isEmpty() || reverse.isEmpty() || law.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Fits(
                study.label(group),
                law.get(),
                bootstrap(forward.get().curve()),
                leftOut(Law.RL, forward.get().points()),
                leftOut(Law.QUADRATIC_KL, forward.get().points()),
                leftOut(Law.RL, reverse.get().points()),
                group.seeds()));
    }

    /// What the checkpoints of one objective and size say.
    ///
    /// @param law over √KL(SFT‖π)
    /// @param intervals of its coefficients
    /// @param left errors of the law on left-out runs
    /// @param rival those of the quadratic in KL(SFT‖π)
    /// @param other those of the law over √KL(π‖SFT)
    private record Fits(
            String label,
            LawFit law,
            Optional<LawBootstrap> intervals,
            Optional<LeftOutErrors> left,
            Optional<LeftOutErrors> rival,
            Optional<LeftOutErrors> other,
            int seeds) {
        List<Cell> row() {
            double own = rmse(left);
            double quadratic = rmse(rival);
            return List.of(
                    Cell.text(label),
                    coefficient(law.alpha(), intervals.map(LawBootstrap::alpha)),
                    coefficient(law.beta(), intervals.map(LawBootstrap::beta)),
                    Cell.number(Words.fixed(own, 3)).best(own < quadratic),
                    Cell.number(Words.fixed(quadratic, 3)).best(quadratic < own),
                    Cell.number(Words.fixed(rmse(other), 3)),
                    Cell.number(Integer.toString(law.points())));
        }

        Case verdict() {
            LawContest contest = LawContest.of(squares(left), squares(rival), seeds);
            return new Case(
                    label,
                    contest.outcome(),
                    "left-out RMSE over √KL(SFT‖π) " + Words.fixed(rmse(left), 3) + " for the law, "
                            + Words.fixed(rmse(rival), 3) + " for the quadratic (" + contest
                            + "); of the law over √KL(π‖SFT) " + Words.fixed(rmse(other), 3));
        }

        private static double rmse(Optional<LeftOutErrors> errors) {
            return errors.map(LeftOutErrors::rmse).orElse(Double.NaN);
        }

        private static List<Double> squares(Optional<LeftOutErrors> errors) {
            return errors.map(LeftOutErrors::byCluster).orElse(List.of());
        }
    }

    private Optional<LawBootstrap> bootstrap(SampledCurve curve) {
        CurveForm law = Law.RL.form();
        return law.isOverdetermined(curve.points())
                ? LawBootstrap.of(law, curve.again(replicas, SEED), new double[0])
                : Optional.empty();
    }

    private static Optional<LeftOutErrors> leftOut(Law law, CurvePoints points) {
        return law.form().leftOut(points);
    }

    private static Cell coefficient(double value, Optional<Interval> interval) {
        Cell cell = Cell.number(Words.fixed(value, 3));
        return interval.map(
                        range -> cell.withDetail(Words.fixed(range.low(), 3) + " to " + Words.fixed(range.high(), 3)))
                .orElse(cell.withDetail("–"));
    }

    /// Gold reward over the root of either divergence, at the checkpoints that have both.
    private Optional<RewardCurve> curve(StudyGroups.Group group, ToDoubleFunction<Point> divergence)
            throws IOException {
        List<Point> both = data.points().stream()
                .filter(point ->
                        point.isStart() || !point.evaluation().kl().forward().isMissing())
                .toList();
        return RewardCurve.over(point -> CurvePoints.distanceOfKl(divergence.applyAsDouble(point)), both, group);
    }
}
