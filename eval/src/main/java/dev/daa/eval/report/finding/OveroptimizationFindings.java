package dev.daa.eval.report.finding;

import dev.daa.eval.analysis.LineFit;
import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.LawBootstrap;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.LeftOutPeaks;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.SeedMean;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Findings about the rise and fall of the gold reward within a run.
public final class OveroptimizationFindings {
    /// Key of the finding that gold rises and falls.
    public static final String RISE_AND_FALL = "hump";

    /// A fall that is surely less than this share of the rise is no over-optimisation.
    private static final double NEGLIGIBLE = 0.1;
    /// Peaks up to this share of training count as early.
    private static final double EARLY = 0.5;

    private static final long SLOPE_SEED = 1;

    private OveroptimizationFindings() {}

    public static Finding hump(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (String objective : study.objectives()) {
            List<StudyGroups.Group> sizes = sizes(study, objective);
            LeftOutPeaks peaks = LeftOutPeaks.of(sizes);
            if (peaks.folds().size() >= LeftOutPeaks.SEEDS) {
                cases.add(leftOut(Words.objective(objective), sizes, peaks));
            } else {
                sizes.forEach(
                        group -> cases.add(new Case(study.label(group), Outcome.UNDECIDED, course(clearest(group)))));
            }
        }
        return new Finding(
                RISE_AND_FALL,
                "Pushed far enough from the SFT policy, the gold reward rises and then falls, for every objective.",
                Findings.RAFAILOV + ", finding 1",
                "For each objective: each seed in turn is left out, the others choose the β and the checkpoint inside"
                    + " training where the smaller of rise (from the SFT policy) and fall (to the end) is greatest,"
                    + " and both are measured on the seed left out. Yes, if the 95 % intervals of both means,"
                    + " Student's t over all seeds and sizes, lie above 0. No, if the rise is as sure, the fall surely"
                    + " less than a tenth of it, and the smallest β went on to twice the distance at which it had nine"
                    + " tenths of its gain. It takes three seeds: between checkpoints a run's gold reward moves by"
                    + " more than the errors of its prompts. With fewer the β with the greatest hump is given.",
                cases,
                cases.isEmpty() ? Conditions.direct(study).orElse("") : "");
    }

    private static List<StudyGroups.Group> sizes(StudyGroups study, String objective) {
        return study.groups().stream()
                .filter(group -> group.objective().equals(objective))
                .toList();
    }

    private static Case leftOut(String label, List<StudyGroups.Group> sizes, LeftOutPeaks peaks) {
        SeedMean rise = peaks.mean(LeftOutPeaks.Fold::rise);
        SeedMean fall = peaks.mean(LeftOutPeaks.Fold::fall);
        Outcome outcome = Outcome.UNDECIDED;
        if (rise.low() > 0 && fall.low() > 0) {
            outcome = Outcome.SHOWN;
        } else if (rise.low() > 0
                && fall.high() < NEGLIGIBLE * rise.mean()
                && sizes.stream().allMatch(group -> staysOnTop(group.members().getFirst()))) {
            outcome = Outcome.CONTRADICTED;
        }
        return new Case(
                label,
                outcome,
                "gold reward rises by " + rise + " and falls by " + fall + " at " + peaks.choices() + "; "
                        + effort(sizes));
    }

    /// "3 seeds of 2 sizes, 512 prompts each".
    private static String effort(List<StudyGroups.Group> sizes) {
        String one = effort(sizes.getFirst().members().getFirst());
        return sizes.size() == 1 ? one : one.replaceFirst(",", " of " + sizes.size() + " sizes,");
    }

    static Finding lawTurnsDown(StudyGroups study, List<FittedLaw> fits) {
        List<Case> cases = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            PredictionFindings.find(fits, group, "rl")
                    .filter(law -> !law.curve().isEmpty())
                    .ifPresent(law -> cases.add(turn(study.label(group), group, law)));
        }
        return new Finding(
                "law-turns",
                "Over all β and seeds together, the gold reward falls with the distance beyond a peak.",
                Findings.RAFAILOV + ", figure 1; Gao et al. 2022, arXiv 2210.10760",
                "For each objective, by the law d(α − β log d) fitted to all its checkpoints: yes, if at the greatest"
                    + " distance measured its 95 % interval, by a bootstrap over runs, lies below the one at the peak,"
                    + " and that above the SFT policy's reward, and if a straight line through the checkpoints beyond"
                    + " the peak falls too, the interval of its slope below 0: the law alone also turns down on"
                    + " rewards that level off. Never no: a law that still rises at the greatest distance measured"
                    + " does not say what comes beyond.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study).orElse("No objective has checkpoints that determine the law.")
                        : "");
    }

    private static Case turn(String label, StudyGroups.Group group, FittedLaw law) {
        FittedLaw.CurvePoint last = law.curve().getLast();
        FittedLaw.CurvePoint peak = last;
        for (FittedLaw.CurvePoint point : law.curve()) {
            if (point.reward() > peak.reward()) {
                peak = point;
            }
        }
        boolean rises = peak.low() > law.curve().getFirst().high();
        Optional<Interval> slope =
                LineFit.slopeInterval(beyond(group, peak.distance()), LawBootstrap.REPLICAS, SLOPE_SEED);
        boolean falls = last.high() < peak.low()
                && slope.map(interval -> interval.high() < 0).orElse(false);
        return new Case(
                label,
                rises && falls ? Outcome.SHOWN : Outcome.UNDECIDED,
                "peak " + interval(peak) + " at √KL " + Words.fixed(peak.distance(), 2) + ", at the greatest √KL "
                        + Words.fixed(last.distance(), 2) + " " + interval(last)
                        + slope.map(interval -> ", slope of the checkpoints beyond the peak "
                                        + Words.signed(interval.low(), 2) + " to " + Words.signed(interval.high(), 2))
                                .orElse(
                                        law.runs() < Interval.LEAST_CLUSTERS
                                                ? ""
                                                : ", too few runs beyond the peak for a slope")
                        + "; "
                        + Words.count(law.points(), "checkpoint") + " of " + Words.count(law.runs(), "run")
                        + (law.runs() < Interval.LEAST_CLUSTERS ? ", too few for an interval" : ""));
    }

    /// Checkpoints at this distance or farther, a cluster per run.
    private static CurvePoints beyond(StudyGroups.Group group, double distance) {
        List<Point> far = group.members().stream()
                .flatMap(member -> member.stages().stream())
                .flatMap(stage -> stage.points().stream())
                .filter(point -> !point.isStart() && !point.gold().isMissing() && point.distance() >= distance)
                .toList();
        List<String> runs =
                far.stream().map(point -> point.cell().run()).distinct().toList();
        return new CurvePoints(
                far.stream().mapToDouble(Point::distance).toArray(),
                far.stream().mapToDouble(point -> point.gold().mean()).toArray(),
                new double[0],
                far.stream().mapToInt(point -> runs.indexOf(point.cell().run())).toArray());
    }

    private static String interval(FittedLaw.CurvePoint point) {
        String reward = Words.fixed(point.reward(), 2);
        return Double.isNaN(point.low())
                ? reward
                : reward + " [" + Words.fixed(point.low(), 2) + ", " + Words.fixed(point.high(), 2) + "]";
    }

    static Finding proxyStillRises(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        boolean measured = false;
        boolean falls = false;
        for (String objective : study.objectives()) {
            List<StudyGroups.Group> sizes = sizes(study, objective);
            LeftOutPeaks peaks = LeftOutPeaks.of(sizes);
            if (peaks.folds().size() >= LeftOutPeaks.SEEDS) {
                measured = true;
                SeedMean rise = peaks.mean(LeftOutPeaks.Fold::rise);
                SeedMean fall = peaks.mean(LeftOutPeaks.Fold::fall);
                SeedMean proxy = peaks.mean(LeftOutPeaks.Fold::proxy);
                if (!(rise.low() > 0 && fall.low() > 0)) {
                    continue;
                }
                falls = true;
                if (!Double.isNaN(proxy.mean())) {
                    cases.add(new Case(
                            Words.objective(objective),
                            proxy.positive(),
                            "from the chosen checkpoint to the end the implicit reward changes by " + proxy
                                    + " while the gold reward loses " + fall + "; " + effort(sizes)));
                }
            }
        }
        return new Finding(
                "proxy",
                "While the gold reward falls, the implicit reward, which is the proxy of a DAA, still rises.",
                Findings.RAFAILOV + "; Gao et al. 2022, arXiv 2210.10760, for explicit proxies",
                "For each objective that rises and falls by the rule of the first finding: yes, if β·log(π/SFT) of the"
                    + " policy's own samples is higher at the end than at the peak, its 95 % interval above 0; no, if"
                    + " it is lower by as much.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study)
                                .and(
                                        measured,
                                        "It takes three seeds of an objective, measured inside training and at its"
                                                + " ends.")
                                .and(
                                        falls,
                                        "The gold reward of no objective rose and fell by that rule, so there is no"
                                                + " fall to compare with.")
                                .orElse("The study did not record the implicit reward.")
                        : "On the policy's own samples the implicit reward equals β·KL, so it says how far the policy"
                                + " went at the price that β sets; it is not comparable between values of β.");
    }

    static Finding earlyPeak(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            Trajectory smallest = smallestThatRises(group);
            if (Double.isNaN(smallest.beta()) || smallest.stages().size() < 4) {
                continue;
            }
            double z = Significance.threshold(smallest.stages().size() - 1);
            Trajectory.Stage peak = smallest.peak();
            Estimate klGrowth =
                    smallest.last().minus(peak, measured -> measured.kl().exact());
            Outcome outcome = Outcome.UNDECIDED;
            if (smallest.isRepeated()
                    && rises(smallest, z)
                    && peak.fraction() <= EARLY
                    && smallest.fall().z() > z
                    && klGrowth.z() > z) {
                outcome = Outcome.SHOWN;
            } else if (smallest.isRepeated()
                    && peak.fraction() > EARLY
                    && lateRise(smallest).z() > z) {
                outcome = Outcome.CONTRADICTED;
            }
            cases.add(new Case(
                    study.label(group),
                    outcome,
                    beta(smallest) + "best at " + Words.percent(peak.fraction()) + " of training (gold "
                            + Words.estimate(peak.gold(), 2) + ", KL " + Words.estimate(peak.kl(), 2) + "), end "
                            + Words.estimate(smallest.last().gold(), 2) + " at KL "
                            + Words.estimate(smallest.last().kl(), 2) + "; " + effort(smallest)));
        }
        return new Finding(
                "early-peak",
                "With a small β the best checkpoint comes early, near a quarter of the first epoch; then the gold"
                        + " reward falls while the KL keeps growing.",
                Findings.RAFAILOV + ", finding 2",
                "For each objective, at the smallest β that improves on the SFT policy by more than z standard errors:"
                    + " yes, if the best checkpoint lies in the first half of training and from there to the end the"
                    + " gold reward falls and the KL grows, both by more than z standard errors; no, if the best"
                    + " checkpoint lies in the second half and is better than the best of the first half by as much."
                    + " It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study)
                                .and(
                                        study.trajectories().stream().anyMatch(member -> !Double.isNaN(member.beta())),
                                        "No objective has a β.")
                                .orElse("It takes three checkpoints of a run.")
                        : "Early is the first half of training, however many times it passes over the pairs; a quarter"
                                + " of the first pass may lie before the first checkpoint.");
    }

    /// The smallest β at which the gold reward rises at all; the smallest of all if none does.
    private static Trajectory smallestThatRises(StudyGroups.Group group) {
        return group.members().stream()
                .filter(member ->
                        rises(member, Significance.threshold(member.stages().size() - 1)))
                .findFirst()
                .orElse(group.members().getFirst());
    }

    private static boolean rises(Trajectory trajectory, double z) {
        return trajectory.rise().z() > z;
    }

    /// Whether a run gained something and went far beyond the distance that most of it took, so that it could have
    /// fallen.
    static boolean staysOnTop(Trajectory trajectory) {
        double gain = trajectory.rise().mean();
        if (!(gain > 0)) {
            return false;
        }
        double most = trajectory.first().gold().mean() + (1 - NEGLIGIBLE) * gain;
        for (Trajectory.Stage stage : trajectory.stages()) {
            if (stage.gold().mean() >= most) {
                return trajectory.last().distance() >= 2 * stage.distance();
            }
        }
        return false;
    }

    /// The member with the greatest hump.
    private static Trajectory clearest(StudyGroups.Group group) {
        return group.members().stream()
                .max(Comparator.comparingDouble(Trajectory::hump))
                .orElseThrow();
    }

    /// The best gold reward after the first half of training, minus the best within it.
    private static Estimate lateRise(Trajectory trajectory) {
        Trajectory.Stage early = trajectory.first();
        for (Trajectory.Stage stage : trajectory.stages()) {
            if (stage.fraction() <= EARLY && stage.gold().mean() > early.gold().mean()) {
                early = stage;
            }
        }
        return trajectory.peak().goldOver(early);
    }

    /// "β 0.1: gold −0.20 → 1.62 ± 0.03 …": a trajectory in one line.
    public static String course(Trajectory trajectory) {
        Trajectory.Stage peak = trajectory.peak();
        Trajectory.Stage last = trajectory.last();
        return beta(trajectory) + "gold "
                + Words.fixed(trajectory.first().gold().mean(), 2) + " → "
                + Words.estimate(peak.gold(), 2) + " at " + Words.percent(peak.fraction()) + " of training (√KL "
                + Words.fixed(peak.distance(), 2) + ") → " + Words.estimate(last.gold(), 2) + " at the end (√KL "
                + Words.fixed(last.distance(), 2) + ")" + winRate(peak, last) + "; " + effort(trajectory);
    }

    private static String winRate(Trajectory.Stage peak, Trajectory.Stage last) {
        Estimate best = peak.average(measured -> measured.rewards().winRate());
        Estimate end = last.average(measured -> measured.rewards().winRate());
        return best.isMissing() || end.isMissing()
                ? ""
                : "; win rate " + Words.estimate(best, 2) + " → " + Words.estimate(end, 2);
    }

    public static String beta(Trajectory trajectory) {
        return Double.isNaN(trajectory.beta()) ? "" : Words.beta(trajectory.method(), trajectory.beta()) + ": ";
    }

    /// "2 seeds, 256 prompts each".
    public static String effort(Trajectory trajectory) {
        int prompts =
                trajectory.last().points().getFirst().evaluation().responses().prompts();
        String seeds = Words.count(trajectory.seeds(), "seed");
        return prompts == 0
                ? seeds
                : seeds + ", " + Words.count(prompts, "prompt") + (trajectory.seeds() > 1 ? " each" : "");
    }

    /// "+1.59 ± 0.03", and no error where none is known, as [Words#estimate].
    public static String signedEstimate(Estimate estimate, int decimals) {
        String mean = Words.signed(estimate.mean(), decimals);
        return estimate.errorOrZero() == 0
                ? mean
                : mean + Words.PLUS_MINUS + Words.fixed(estimate.standardError(), decimals);
    }
}
