package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.analysis.StoppingRule;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.OveroptimizationFindings;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// What each stopping rule would have kept of the runs that the study made anyway.
final class StoppingPart {
    private StoppingPart() {}

    /// A rule and the name that the table gives it.
    ///
    /// @param rule for a run, whose SFT policy it may ask
    private record Named(String name, Function<List<Point>, StoppingRule> rule) {
        Named(String name, StoppingRule rule) {
            this(name, _ -> rule);
        }
    }

    /// An SFT policy: that of a size and seed.
    private record Start(String size, long seed) {
        static Start of(Point point) {
            return new Start(point.cell().size(), point.cell().seed());
        }
    }

    /// Over some runs, each with its checkpoint kept by a rule.
    ///
    /// @param gain gold reward over that at the end
    /// @param regret gold reward of the best checkpoint over it
    private record Outcomes(int runs, Estimate gold, Estimate gain, Estimate regret) {}

    static AnalysisSection of(StudyGroups study) {
        List<List<Point>> runs = runs(study);
        Map<Start, Double> entropies = new HashMap<>();
        study.trajectories().stream()
                .flatMap(member -> member.first().points().stream())
                .filter(Point::isStart)
                .forEach(point -> entropies.put(
                        Start.of(point), point.evaluation().responses().topEntropy()));
        Function<List<Point>, StoppingRule> entropyTurn =
                run -> new StoppingRule.EntropyTurn(entropies.getOrDefault(Start.of(run.getFirst()), Double.NaN));
        List<Named> rules = List.of(
                new Named("train to the end", new StoppingRule.End()),
                new Named("KL up to 1 nat", new StoppingRule.KlBudget(1)),
                new Named("KL up to 2 nats", new StoppingRule.KlBudget(2)),
                new Named("KL up to 4 nats", new StoppingRule.KlBudget(4)),
                new Named("KL up to 8 nats", new StoppingRule.KlBudget(8)),
                new Named("top-10 entropy turns", entropyTurn),
                new Named("highest held-out accuracy", new StoppingRule.BestAccuracy()),
                new Named("lowest held-out loss", new StoppingRule.LowestLoss()));
        List<List<Point>> wide = farthest(study);
        List<List<Cell>> rows = new ArrayList<>();
        for (Named named : rules) {
            Optional<Outcomes> all = outcomes(named.rule(), runs);
            Optional<Outcomes> small = outcomes(named.rule(), wide);
            if (all.isPresent() && small.isPresent()) {
                rows.add(List.of(
                        Cell.text(named.name()),
                        cell(all.get().gold(), false),
                        cell(all.get().gain(), true),
                        cell(all.get().regret(), false),
                        cell(small.get().gold(), false),
                        cell(small.get().gain(), true),
                        Cell.number(Integer.toString(all.get().runs()))));
            }
        }
        return new AnalysisSection(
                Part.STOPPING,
                "Stopping without the gold reward",
                "Each rule keeps one checkpoint of every run, by gauges that need no gold reward; gain is over the end"
                        + " of the same run, regret is what the run's best checkpoint had more, which flatters itself a"
                        + " little. The entropy is that of the ten likeliest next tokens among themselves. ± 1 standard"
                        + " error, a seed of a size counting once with the mean over its runs.",
                List.of(),
                rows.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new AnalysisSection.Table(
                                "Stopping rules",
                                List.of(
                                        Cell.text("Rule"),
                                        Cell.number("gold, all runs"),
                                        Cell.number("gain over the end"),
                                        Cell.number("regret"),
                                        Cell.number("gold, smallest β"),
                                        Cell.number("gain over the end"),
                                        Cell.number("runs")),
                                rows)),
                List.of(entropyFinding(study, entropyTurn)));
    }

    private static Cell cell(Estimate estimate, boolean signed) {
        return Cell.number(signed ? OveroptimizationFindings.signedEstimate(estimate, 2) : Words.estimate(estimate, 2));
    }

    private static Finding entropyFinding(StudyGroups study, Function<List<Point>, StoppingRule> entropyTurn) {
        List<Case> cases = new ArrayList<>();
        double z = Significance.threshold(1);
        for (StudyGroups.Group group : study.groups()) {
            outcomes(entropyTurn, runs(new StudyGroups(group.members())))
                    .ifPresent(kept -> cases.add(new Case(
                            study.label(group),
                            group.seeds() < 2
                                    ? Outcome.UNDECIDED
                                    : kept.gain().z() > z
                                            ? Outcome.SHOWN
                                            : kept.gain().z() < -z ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                            "gold at the turn " + Words.estimate(kept.gold(), 2) + ", gain over the end "
                                    + OveroptimizationFindings.signedEstimate(kept.gain(), 2) + ", regret "
                                    + Words.estimate(kept.regret(), 2) + "; " + Words.count(kept.runs(), "run"))));
        }
        return new Finding(
                "entropy-stop",
                "Stopping where the entropy of the likeliest next tokens turns round avoids over-optimisation.",
                "Shi et al. 2024, arXiv 2410.11677",
                "For each objective, all its runs: yes, if the gold reward there exceeds that at the end of the run by"
                        + " more than 1.96 standard errors, a seed counting once with the mean over its β; no, if it is"
                        + " lower by as much. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study)
                                .orElse("No objective has the entropy of the ten likeliest tokens of all its runs and"
                                        + " their SFT policies.")
                        : "");
    }

    /// Empty where a rule's gauge is missing.
    private static Optional<Outcomes> outcomes(Function<List<Point>, StoppingRule> rule, List<List<Point>> runs) {
        Map<Start, List<Estimate>> gold = new LinkedHashMap<>();
        Map<Start, List<Estimate>> gain = new LinkedHashMap<>();
        Map<Start, List<Estimate>> regret = new LinkedHashMap<>();
        for (List<Point> run : runs) {
            Optional<Integer> kept = rule.apply(run)
                    .choose(run.stream()
                            .map(Point::evaluation)
                            .map(evaluation -> new StoppingRule.Gauges(
                                    evaluation.kl().exact().mean(),
                                    evaluation.responses().topEntropy(),
                                    evaluation.heldOut().accuracy(),
                                    evaluation.heldOut().loss()))
                            .toList());
            if (kept.isEmpty()) {
                return Optional.empty();
            }
            Point here = run.get(kept.get());
            Point best = run.stream()
                    .max(Comparator.comparingDouble(point -> point.gold().mean()))
                    .orElseThrow();
            Start seed = Start.of(here);
            add(gold, seed, here.gold());
            add(gain, seed, over(here, run.getLast()));
            add(regret, seed, over(best, here));
        }
        return runs.isEmpty()
                ? Optional.empty()
                : Optional.of(new Outcomes(
                        runs.size(),
                        Estimate.averageBySeed(gold.values()),
                        Estimate.averageBySeed(gain.values()),
                        Estimate.averageBySeed(regret.values())));
    }

    private static void add(Map<Start, List<Estimate>> bySeed, Start seed, Estimate value) {
        bySeed.computeIfAbsent(seed, _ -> new ArrayList<>()).add(value);
    }

    /// Gold reward of a checkpoint over that of another of its run; exactly 0 over itself.
    private static Estimate over(Point one, Point other) {
        return one.equals(other) ? Estimate.exact(0) : one.gold().minus(other.gold());
    }

    /// Checkpoints of every run in order of training.
    private static List<List<Point>> runs(StudyGroups study) {
        Map<String, List<Point>> byRun = new LinkedHashMap<>();
        study.trajectories().stream()
                .flatMap(member -> member.stages().stream())
                .flatMap(stage -> stage.points().stream())
                .filter(point -> !point.isStart() && !point.gold().isMissing())
                .forEach(point -> byRun.computeIfAbsent(point.cell().run(), _ -> new ArrayList<>())
                        .add(point));
        byRun.values().forEach(run -> run.sort(Comparator.comparingInt(Point::step)));
        return List.copyOf(byRun.values());
    }

    /// The runs of each group's smallest β.
    private static List<List<Point>> farthest(StudyGroups study) {
        return runs(new StudyGroups(
                study.groups().stream().map(group -> group.members().getFirst()).toList()));
    }
}
