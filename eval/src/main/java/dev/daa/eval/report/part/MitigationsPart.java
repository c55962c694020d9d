package dev.daa.eval.report.part;

import dev.daa.eval.analysis.EqualDistance;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
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
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import dev.daa.train.objective.ObjectiveDescriptor;
import dev.daa.train.objective.Objectives;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Every method against plain DPO, and variants of reinforcement against the plain algorithm, at equal KL: gain in gold
/// reward, and share of what any policy could gain there.
final class MitigationsPart {
    private static final String BASELINE = MethodsAtEqualKl.BASELINE;
    private static final String NO_BASELINE = "The study has no DPO.";
    private static final String INTRODUCTION =
            "A method that merely trains more gently moves along the same curve; one that helps lies above it. All"
                    + " checkpoints of a method, over β, seeds and time, are smoothed over the distance (local linear"
                    + " regression, Gaussian kernel of 0.25 √nats) and compared with DPO's, or those of reinforcement"
                    + " called NAME-… with those of NAME, where both have checkpoints. Intervals are 95 %, the wider"
                    + " one of runs and prompts drawn and of seeds left out in turn; of fewer than "
                    + Interval.LEAST_CLUSTERS + " runs of one seed there is none (–).";
    /// A difference that is surely smaller than this, in gold reward, is none that matters.
    private static final double ALIKE = 0.15;

    private final StudyData data;
    private final StudyGroups study;
    private final StudyGroups reinforced;
    private final MethodsAtEqualKl methods;
    private final int replicas;

    MitigationsPart(StudyData data, FigureStyle style, SampledRewards.Source samples, int replicas) throws IOException {
        this.data = data;
        this.replicas = replicas;
        study = style.study().direct();
        reinforced = new StudyGroups(style.study().trajectories().stream()
                .filter(member -> member.method() == Method.REINFORCEMENT)
                .toList());
        methods = new MethodsAtEqualKl(data, style, samples, replicas);
    }

    private Map<StudyGroups.Group, RewardCurve> direct() {
        Map<StudyGroups.Group, RewardCurve> direct = new LinkedHashMap<>(methods.curves());
        direct.keySet().removeIf(group -> group.method() != Method.DIRECT);
        return direct;
    }

    AnalysisSection section() {
        List<List<Cell>> rows = new ArrayList<>();
        List<Case> claiming = new ArrayList<>();
        List<Case> others = new ArrayList<>();
        List<Case> variants = new ArrayList<>();
        for (StudyGroups.Group group : methods.curves().keySet()) {
            Optional<EqualDistance> gain = methods.against(group);
            rows.add(methods.row(group, gain));
            List<Case> cases =
                    group.method() == Method.REINFORCEMENT ? variants : claims(group.objective()) ? claiming : others;
            gain.ifPresent(found -> cases.add(new Case(
                    label(group), cases == others ? alike(found) : gains(found), methods.words(group, found))));
        }
        boolean compared = !claiming.isEmpty() || !others.isEmpty() || !variants.isEmpty();
        return new AnalysisSection(
                Part.MITIGATIONS,
                "Methods at equal KL",
                INTRODUCTION,
                compared ? List.of(methods.figure()) : List.of(),
                compared
                        ? Optional.of(new AnalysisSection.Table("Methods at equal KL", methods.head(), rows))
                        : Optional.empty(),
                List.of(
                        new Finding(
                                "mitigations",
                                "Methods that claim to mitigate over-optimisation gain gold reward over DPO at equal"
                                        + " KL.",
                                "Huang et al. 2024 (χPO, arXiv 2407.13399); Liu et al. 2024 (RPO, 2405.16436);"
                                    + " 2506.08681 (IS-DAA); Gorbatovski et al. 2024 (TR-DPO, 2404.09656); Ramé et al."
                                    + " 2024 (weight averages, 2406.16768)",
                                "For each method, mean difference of the smoothed gold rewards over the distances that"
                                    + " it and DPO cover, up to 4 √nats: yes, if the 95 % interval (the wider one of"
                                    + " runs and prompts drawn and of seeds left out in turn) lies above 0; no, if"
                                    + " below. It takes two seeds.",
                                claiming,
                                claiming.isEmpty() ? untested(true) : ""),
                        new Finding(
                                "rl-mitigations",
                                "What is added to reinforcement against over-optimisation gains gold reward over the"
                                        + " plain algorithm at equal KL.",
                                "Ramé et al. 2024 (WARP: averaged and merged weights, arXiv 2406.16768); Fu et al."
                                        + " 2025 (PAR, 2502.18770); Wang et al. 2024 (LSC, 2402.00742); Laidlaw et al."
                                        + " 2025 (χ², 2403.03185); Moskovitz et al. 2023 (constrained, 2310.04373)",
                                "For each entry of reinforcement whose name is another's and a hyphen with something"
                                        + " behind it (ppo-averaged, ppo-par: PPO), on the same reward model, the same"
                                        + " difference to that one: yes, if the 95 % interval lies above 0; no, if"
                                        + " below. It takes two seeds.",
                                variants,
                                variants.isEmpty() ? untestedVariants() : ""),
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

    private String label(StudyGroups.Group group) {
        return (group.method() == Method.REINFORCEMENT ? reinforced : study).label(group);
    }

    private String untestedVariants() {
        return Conditions.of(!reinforced.trajectories().isEmpty(), "The study has no reinforcement.")
                .and(
                        methods.curves().keySet().stream().anyMatch(group -> group.method() == Method.REINFORCEMENT),
                        "The study has no reinforcement called NAME-… beside NAME.")
                .orElse("None of them covers a distance that the plain algorithm covers, too.");
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
        direct().forEach((group, curve) -> {
            int half = group.members().size() / 2;
            if (half == 0) {
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
            EqualDistance.of(
                            small,
                            large,
                            EqualDistance.BANDWIDTH,
                            EqualDistance.FARTHEST,
                            replicas,
                            MethodsAtEqualKl.SEED)
                    .ifPresent(compared -> cases.add(new Case(
                            study.label(group),
                            alike(compared),
                            "gold reward of β below " + Words.number(least) + " minus that of the others, at equal KL: "
                                    + Words.signed(compared.difference(), 2) + " ("
                                    + Words.interval(compared.interval()) + "), √KL "
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
        List<Case> cases = OveroptimizationFindings.hump(new StudyGroups(direct().keySet().stream()
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

    private static Outcome gains(EqualDistance compared) {
        if (!decides(compared)) {
            return Outcome.UNDECIDED;
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
}
