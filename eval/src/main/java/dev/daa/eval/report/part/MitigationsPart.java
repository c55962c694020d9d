package dev.daa.eval.report.part;

import dev.daa.eval.analysis.EqualDistance;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.finding.OveroptimizationFindings;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.RewardCurve;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import dev.daa.train.objective.ObjectiveDescriptor;
import dev.daa.train.objective.Objectives;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// Every method against plain DPO at equal KL, and reinforcement that shapes its scores, bounds them or has another
/// penalty against its algorithm without that: gain in gold reward, and share of what any policy could gain there.
final class MitigationsPart {
    private static final String BASELINE = "dpo";
    private static final String NO_BASELINE = "The study has no DPO.";
    private static final double BANDWIDTH = 0.25;
    /// Distances beyond are not compared: there every run has long collapsed.
    private static final double FARTHEST = 4;
    /// A difference that is surely smaller than this, in gold reward, is none that matters.
    private static final double ALIKE = 0.15;

    private static final long SEED = 1;
    private static final int STEPS = 40;

    private final StudyData data;
    private final FigureStyle style;
    /// Direct alignment, which the claims about β are about.
    private final StudyGroups study;

    /// Beside it the reinforcement that is compared.
    private final StudyGroups all;

    private final Map<StudyGroups.Group, RewardCurve> curves = new LinkedHashMap<>();
    private final int replicas;

    MitigationsPart(StudyData data, FigureStyle style, SampledRewards.Source samples, int replicas) throws IOException {
        this.data = data;
        this.style = style;
        this.replicas = replicas;
        study = style.study().direct();
        all = new StudyGroups(style.study().trajectories().stream()
                .filter(member -> member.method() == Method.DIRECT || isCompared(member, style.study()))
                .toList());
        for (StudyGroups.Group group : all.groups()) {
            RewardCurve.of(data.points(), group, measured -> measured.rewards().gold(), samples, SampledRewards::gold)
                    .ifPresent(curve -> curves.put(group, curve));
        }
    }

    /// Whether it is reinforcement whose algorithm is there both with and without what is compared.
    private static boolean isCompared(Trajectory own, StudyGroups study) {
        String plain = Words.plain(own.objective());
        List<String> kin = study.trajectories().stream()
                .filter(member -> member.method() == Method.REINFORCEMENT
                        && own.method() == Method.REINFORCEMENT
                        && member.size().equals(own.size())
                        && Words.plain(member.objective()).equals(plain))
                .map(Trajectory::objective)
                .distinct()
                .toList();
        return kin.size() > 1 && kin.contains(plain);
    }

    private static String baselineOf(StudyGroups.Group group) {
        return group.method() == Method.DIRECT ? BASELINE : Words.plain(group.objective());
    }

    AnalysisSection section() {
        List<List<Cell>> rows = new ArrayList<>();
        List<Case> claiming = new ArrayList<>();
        List<Case> others = new ArrayList<>();
        for (StudyGroups.Group group : curves.keySet()) {
            Optional<EqualDistance> gain = against(group);
            rows.add(row(group, gain));
            gain.ifPresent(compared -> (claims(group.objective()) ? claiming : others)
                    .add(new Case(all.label(group), outcome(group, compared), words(group, compared))));
        }
        boolean compared = !claiming.isEmpty() || !others.isEmpty();
        return new AnalysisSection(
                Part.MITIGATIONS,
                "Methods at equal KL",
                "A method that merely trains more gently moves along the same curve; one that helps lies above it. All"
                    + " checkpoints of a method, over β, seeds and time, are smoothed over the distance (local linear"
                    + " regression, Gaussian kernel of 0.25 √nats) and compared with DPO's, those of reinforcement"
                    + " with those of the same algorithm without what it adds, where both have checkpoints. Intervals"
                    + " are 95 %, the wider one of"
                    + " runs and prompts drawn and"
                    + " of seeds left out in turn;"
                    + " of fewer"
                    + " than"
                    + " " + Interval.LEAST_CLUSTERS + " runs of one seed there is none (–).",
                compared ? List.of(figure()) : List.of(),
                compared
                        ? Optional.of(new AnalysisSection.Table("Methods at equal KL", head(), rows))
                        : Optional.empty(),
                List.of(
                        new Finding(
                                "mitigations",
                                "Methods that claim to mitigate over-optimisation gain gold reward at equal KL, over"
                                        + " DPO or over their algorithm without them.",
                                "Huang et al. 2024 (χPO, arXiv 2407.13399); Liu et al. 2024 (RPO, 2405.16436);"
                                    + " 2506.08681 (IS-DAA); Gorbatovski et al. 2024 (TR-DPO, 2404.09656); Ramé et al."
                                    + " 2024 (weight averages, 2406.16768); for reinforcement Fu et al. 2025 (PAR,"
                                    + " 2502.18770), Laidlaw et al. 2025 (χ², 2403.03185), Moskovitz et al. 2023"
                                    + " (constrained, 2310.04373)",
                                "For each method, mean difference of the smoothed gold rewards over the distances that"
                                    + " it and DPO, or its algorithm without it, cover, up to 4 √nats: yes, if the 95"
                                    + " % interval (the wider one of runs and prompts drawn and of seeds left out in"
                                    + " turn) lies above 0; no, if below. It takes two seeds.",
                                claiming,
                                claiming.isEmpty() ? untested(true) : ""),
                        new Finding(
                                "alike",
                                "Variants of the loss trade gold reward for KL alike; only the best β differs.",
                                "Tang et al. 2024 (GPO, arXiv 2402.05749); Gorbatovski et al. 2025 (2502.01237)",
                                "For each other objective, the same difference to DPO: yes, if its 95 % interval lies"
                                        + " within ±0.15 of gold reward; no, if outside. It takes two seeds.",
                                others,
                                others.isEmpty() ? untested(false) : ""),
                        earlyStopping(),
                        robust(
                                "chi-robust",
                                "chi_po",
                                "χPO loses less gold reward than DPO at a small β and many epochs.",
                                "Huang et al. 2024, arXiv 2407.13399"),
                        lengthPenalty()));
    }

    private String untested(boolean claiming) {
        return Conditions.direct(study)
                .and(study.objectives().contains(BASELINE), NO_BASELINE)
                .and(
                        study.objectives().stream()
                                .anyMatch(objective -> !objective.equals(BASELINE) && claims(objective) == claiming),
                        claiming
                                ? "The study has no method that claims it."
                                : "Beside DPO the study has no objective that does not claim to mitigate"
                                        + " over-optimisation.")
                .orElse("None of them covers a distance that DPO covers, too" + study.atOneSize() + ".");
    }

    /// Checkpoints of the smaller values of β against those of the larger ones at equal KL: if a small β merely
    /// gets there sooner, they agree.
    private Finding earlyStopping() {
        List<Case> cases = new ArrayList<>();
        curves.forEach((group, curve) -> {
            int half = group.members().size() / 2;
            if (half == 0 || group.method() != Method.DIRECT) {
                return;
            }
            double least = group.members().get(half).beta();
            List<String> late = data.points().stream()
                    .filter(point -> point.cell().objective().equals(group.objective())
                            && point.cell().size().equals(group.size())
                            && point.cell().beta() < least)
                    .map(point -> point.cell().run())
                    .distinct()
                    .toList();
            List<String> runs = data.points().stream()
                    .filter(point -> point.cell().objective().equals(group.objective())
                            && point.cell().size().equals(group.size()))
                    .map(point -> point.cell().run())
                    .distinct()
                    .toList();
            SampledCurve small = curve.curve().of(cluster -> late.contains(runs.get(cluster)));
            SampledCurve large = curve.curve().of(cluster -> !late.contains(runs.get(cluster)));
            EqualDistance.of(small, large, BANDWIDTH, FARTHEST, replicas, SEED)
                    .ifPresent(compared -> cases.add(new Case(
                            study.label(group),
                            alike(compared),
                            "gold reward of β below " + Words.number(least) + " minus that of the others, at equal KL: "
                                    + Words.signed(compared.difference(), 2) + " (" + interval(compared) + "), √KL "
                                    + Words.fixed(compared.from(), 2) + " to " + Words.fixed(compared.to(), 2))));
        });
        return new Finding(
                "penalty-stopping",
                "A KL penalty acts like early stopping: at equal KL it does not matter whether β held the policy back"
                        + " or the run was stopped.",
                "Gao et al. 2022, arXiv 2210.10760, for reinforcement learning",
                "For each objective, smoothed gold reward of the smaller half of β minus that of the larger half over"
                    + " the distances that both cover: yes, if the 95 % interval (the wider one of runs drawn and of"
                    + " seeds left out in turn) lies within ±0.15; no, if outside. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study)
                                .and(
                                        study.groups().stream()
                                                .anyMatch(
                                                        group -> group.members().size() > 1),
                                        "No objective has two values of β" + study.atOneSize() + ".")
                                .orElse("The smaller half of β and the larger half reach no distance in common.")
                        : "");
    }

    /// Falls of a method and of DPO at the smallest β that both have.
    private Finding robust(String id, String objective, String claim, String source) {
        List<Case> cases = new ArrayList<>();
        double z = Significance.threshold(1);
        for (Trajectory own : study.trajectories()) {
            boolean smallest = study.trajectories().stream()
                    .filter(other -> other.objective().equals(own.objective())
                            && other.size().equals(own.size())
                            && hasBaseline(other))
                    .allMatch(other -> other.beta() >= own.beta());
            if (own.objective().equals(objective) && smallest) {
                study.trajectories().stream()
                        .filter(other -> other.objective().equals(BASELINE)
                                && other.size().equals(own.size())
                                && other.beta() == own.beta())
                        .forEach(dpo -> {
                            Estimate less = dpo.fallOver(own);
                            cases.add(new Case(
                                    own.label(study.hasSizes()),
                                    !own.isRepeated() || !dpo.isRepeated()
                                            ? Outcome.UNDECIDED
                                            : less.z() > z
                                                    ? Outcome.SHOWN
                                                    : less.z() < -z ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                                    "gold lost from the best checkpoint to the end "
                                            + Words.estimate(own.fall(), 2) + ", by DPO "
                                            + Words.estimate(dpo.fall(), 2) + "; best gold "
                                            + Words.estimate(own.peak().gold(), 2) + " and "
                                            + Words.estimate(dpo.peak().gold(), 2) + "; "
                                            + OveroptimizationFindings.effort(own)));
                        });
            }
        }
        return new Finding(
                id,
                claim,
                source,
                "At the smallest β that both have: yes, if the fall of the gold reward from the best checkpoint to the"
                        + " end is smaller than DPO's by more than 1.96 standard errors; no, if greater by as much. It"
                        + " takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study)
                                .and(study.objectives().contains(BASELINE), NO_BASELINE)
                                .and(
                                        study.objectives().contains(objective),
                                        "The study has no " + Words.objective(objective) + ".")
                                .orElse("The two have no β in common" + study.atOneSize() + ".")
                        : "");
    }

    private boolean hasBaseline(Trajectory own) {
        return study.trajectories().stream()
                .anyMatch(other -> other.objective().equals(BASELINE)
                        && other.size().equals(own.size())
                        && other.beta() == own.beta());
    }

    private Finding lengthPenalty() {
        List<Case> cases = OveroptimizationFindings.hump(new StudyGroups(curves.keySet().stream()
                        .filter(group -> group.objective().equals("r_dpo"))
                        .flatMap(group -> group.members().stream())
                        .toList()))
                .cases();
        return new Finding(
                "length-penalty",
                "A length penalty moves the frontier but does not remove over-optimisation.",
                Findings.RAFAILOV + ", §3.3 (R-DPO)",
                "Yes, if R-DPO rises and falls by the rule of the first finding, no, if that contradicts it; what the"
                        + " penalty does to the frontier is in the table.",
                cases,
                cases.isEmpty() ? "The study has no R-DPO." : "");
    }

    /// Averages of weights and the like, which carry a label of their own, count as mitigations.
    private static boolean claims(String objective) {
        return Objectives.all().stream()
                .filter(row -> row.name().equals(objective) || row.aliases().contains(objective))
                .map(ObjectiveDescriptor::mitigates)
                .findFirst()
                .map(text -> text.startsWith("yes"))
                .orElse(true);
    }

    private Optional<RewardCurve> baseline(StudyGroups.Group group) {
        return curves.entrySet().stream()
                .filter(entry -> entry.getKey().objective().equals(baselineOf(group))
                        && entry.getKey().size().equals(group.size()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private RewardCurve curve(StudyGroups.Group group) {
        return java.util.Objects.requireNonNull(curves.get(group));
    }

    private Optional<EqualDistance> against(StudyGroups.Group group) {
        if (group.objective().equals(baselineOf(group))) {
            return Optional.empty();
        }
        RewardCurve own = curve(group);
        return baseline(group)
                .flatMap(dpo -> EqualDistance.of(own.curve(), dpo.curve(), BANDWIDTH, FARTHEST, replicas, SEED));
    }

    private Outcome outcome(StudyGroups.Group group, EqualDistance compared) {
        if (!claims(group.objective()) || !decides(compared)) {
            return alike(compared);
        }
        Interval interval = compared.interval().orElseThrow();
        return interval.low() > 0 ? Outcome.SHOWN : interval.high() < 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
    }

    /// Of one seed the interval says nothing of another.
    private static boolean decides(EqualDistance compared) {
        return compared.interval().isPresent() && compared.seeds() > 1;
    }

    private static Outcome alike(EqualDistance compared) {
        if (!decides(compared)) {
            return Outcome.UNDECIDED;
        }
        double low = compared.interval().orElseThrow().low();
        double high = compared.interval().orElseThrow().high();
        return low > -ALIKE && high < ALIKE
                ? Outcome.SHOWN
                : low > ALIKE || high < -ALIKE ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
    }

    private static String words(StudyGroups.Group group, EqualDistance compared) {
        return "gold reward at equal KL " + Words.signed(compared.difference(), 2) + " against "
                + Words.objective(baselineOf(group)) + " ("
                + interval(compared) + "), √KL " + Words.fixed(compared.from(), 2) + " to "
                + Words.fixed(compared.to(), 2);
    }

    private static String interval(EqualDistance compared) {
        return compared.interval()
                .map(interval ->
                        "95 % interval " + Words.signed(interval.low(), 2) + " to " + Words.signed(interval.high(), 2))
                .orElse("fewer than " + Interval.LEAST_CLUSTERS + " runs of one seed, so no interval");
    }

    private static List<Cell> head() {
        return List.of(
                Cell.text("Method"),
                Cell.number("gold at equal KL, against DPO or the plain algorithm"),
                Cell.number("over √KL"),
                Cell.number("share of the frontier there"),
                Cell.number("best gold"),
                Cell.number("lost by the end"),
                Cell.number("runs"));
    }

    private List<Cell> row(StudyGroups.Group group, Optional<EqualDistance> gain) {
        Trajectory best = group.members().stream()
                .max(java.util.Comparator.comparingDouble(
                        member -> member.peak().gold().mean()))
                .orElseThrow();
        double lost = group.members().stream()
                .mapToDouble(member -> member.fall().mean())
                .average()
                .orElse(Double.NaN);
        double[] range = gain.map(compared -> new double[] {compared.from(), compared.to()})
                .orElseGet(() -> range(curve(group).points()));
        return List.of(
                Cell.text(all.label(group)),
                gain.map(compared -> Cell.number(Words.signed(compared.difference(), 2))
                                .withDetail(compared.interval()
                                        .map(interval -> Words.signed(interval.low(), 2) + " to "
                                                + Words.signed(interval.high(), 2))
                                        .orElse("–")))
                        .orElse(Cell.number("–")),
                Cell.number(Words.fixed(range[0], 1) + " to " + Words.fixed(range[1], 1)),
                baseline(group)
                        .filter(_ -> gain.isPresent())
                        .map(dpo -> Cell.number(Words.percent(share(curve(group), range)))
                                .withDetail(
                                        Words.objective(baselineOf(group)) + " " + Words.percent(share(dpo, range))))
                        .orElseGet(() -> Cell.number(Words.percent(share(curve(group), range)))),
                Cell.number(Words.estimate(best.peak().gold(), 2)),
                Cell.number(Words.fixed(lost, 2)),
                Cell.number(Integer.toString(curve(group).runs())));
    }

    private static double[] range(CurvePoints points) {
        return new double[] {
            Arrays.stream(points.distance()).min().orElse(0),
            Math.min(FARTHEST, Arrays.stream(points.distance()).max().orElse(0))
        };
    }

    /// Mean over the distances of (smoothed gold − SFT's) / (best attainable − SFT's).
    private double share(RewardCurve curve, double[] range) {
        double[] grid = grid(range);
        double[] gain = EqualDistance.smooth(curve.points(), grid, BANDWIDTH);
        return data.frontier()
                .map(line -> IntStream.range(0, grid.length)
                        .mapToDouble(k -> gain[k] / (line.bestGold(grid[k]) - curve.origin()))
                        .filter(Double::isFinite)
                        .average()
                        .orElse(Double.NaN))
                .orElse(Double.NaN);
    }

    private static double[] grid(double[] range) {
        return IntStream.rangeClosed(0, STEPS)
                .mapToDouble(k -> range[0] + (range[1] - range[0]) * k / STEPS)
                .toArray();
    }

    private Figure figure() {
        CsvText csv = new CsvText("objective", "size", "distance", "smoothed_gold", "dpo_smoothed_gold");
        List<Figure.Group> groups = new ArrayList<>();
        for (String size : all.sizes().reversed()) {
            List<Panel> panels = new ArrayList<>();
            for (StudyGroups.Group group : curves.keySet()) {
                if (group.size().equals(size) && !group.objective().equals(baselineOf(group))) {
                    baseline(group).ifPresent(dpo -> panels.add(panel(group, dpo, csv)));
                }
            }
            groups.add(new Figure.Group(all.hasSizes() ? "Size " + size : "", panels));
        }
        List<Legend.Entry> legend = new ArrayList<>(List.of(
                Legend.Entry.line("the method, smoothed", Palette.INK, Mark.Stroke.BOLD),
                Legend.Entry.line("DPO or the plain algorithm, smoothed", Palette.MUTED, Mark.Stroke.SOLID)));
        legend.addAll(style.frontierLegend());
        return new Figure(
                "equal-kl",
                "Methods against DPO or the plain algorithm at equal KL",
                "Each mark is one checkpoint of the method: mean gold reward, ± 1 standard error over prompts. Lines:"
                    + " local linear regression over √KL of the method's checkpoints and of those it is compared with."
                        + style.frame().remark(),
                new Legend(legend),
                groups,
                csv.toString());
    }

    private Panel panel(StudyGroups.Group group, RewardCurve dpo, CsvText csv) {
        double farthest = style.framedDistance().max();
        double[] grid = grid(new double[] {0, Math.min(FARTHEST, farthest)});
        RewardCurve own = curve(group);
        double[] gold = EqualDistance.smooth(own.points(), grid, BANDWIDTH);
        double[] other = EqualDistance.smooth(dpo.points(), grid, BANDWIDTH);
        List<Mark.Vertex> line = new ArrayList<>();
        List<Mark.Vertex> otherLine = new ArrayList<>();
        for (int k = 0; k < grid.length; k++) {
            line.add(new Mark.Vertex(grid[k], own.origin() + gold[k]));
            otherLine.add(new Mark.Vertex(grid[k], dpo.origin() + other[k]));
            csv.row(group.objective(), group.size(), grid[k], own.origin() + gold[k], dpo.origin() + other[k]);
        }
        List<Point> members = data.points().stream()
                .filter(point -> point.cell().objective().equals(group.objective())
                        && point.cell().size().equals(group.size()))
                .toList();
        List<Mark> marks = new ArrayList<>(style.frontier(farthest));
        marks.add(new Mark.Line(otherLine, Palette.MUTED, Mark.Stroke.SOLID));
        marks.add(new Mark.Dots(
                members.stream()
                        .map(point -> FigureStyle.dot(point, point.gold(), "gold", 2))
                        .toList(),
                style.objective(group.objective()),
                style.shape(group.objective())));
        marks.add(new Mark.Line(line, Palette.INK, Mark.Stroke.BOLD));
        double[] golds =
                data.points().stream().mapToDouble(point -> point.gold().mean()).toArray();
        return new Panel(
                Words.objective(group.objective()), style.framedDistance(), style.framedGold(golds, 5, true), marks);
    }
}
