package dev.daa.eval.report.finding;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Findings that compare runs with one another: objectives, sizes, values of β.
final class ComparisonFindings {
    private ComparisonFindings() {}

    static Finding ipoOveroptimizesLeast(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        List<String> others = List.of("dpo", "slic");
        for (String size : study.sizes()) {
            for (String other : others) {
                compare(study, "ipo", other, size).ifPresent(cases::add);
            }
        }
        return new Finding(
                "ipo",
                "At the same β, IPO stays closer to the SFT policy than DPO and SLiC and over-optimises least.",
                Findings.RAFAILOV + ", finding 3",
                "For DPO and SLiC each, over the values of β that both have: the mean difference of the final log"
                        + " KL and of the fall of the gold reward from its best checkpoint to the end, one number a"
                        + " seed. Yes, if both are lower for IPO by more than 1.96 standard errors; no, if either is"
                        + " higher by as much. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.of(study.objectives().contains("ipo"), "The study has no IPO.")
                                .and(
                                        others.stream().anyMatch(study.objectives()::contains),
                                        "The study has neither DPO nor SLiC.")
                                .orElse("IPO has no β, size and seed in common with DPO or SLiC.")
                        : "");
    }

    private static Optional<Case> compare(StudyGroups study, String left, String right, String size) {
        List<Map<Long, Estimate>> logKl = new ArrayList<>();
        List<Map<Long, Estimate>> fall = new ArrayList<>();
        List<String> betas = new ArrayList<>();
        boolean repeated = true;
        for (Trajectory one : study.trajectories()) {
            for (Trajectory two : study.trajectories()) {
                if (one.objective().equals(left)
                        && two.objective().equals(right)
                        && one.size().equals(size)
                        && two.size().equals(size)
                        && one.beta() == two.beta()) {
                    Map<Long, Estimate> kl = logKl(one, two);
                    if (!kl.isEmpty()) {
                        logKl.add(kl);
                        fall.add(one.fallsOver(two));
                        betas.add(Words.number(one.beta()));
                        repeated &= one.isRepeated() && two.isRepeated();
                    }
                }
            }
        }
        if (betas.isEmpty()) {
            return Optional.empty();
        }
        Estimate klDifference = meanOverBeta(logKl);
        Estimate fallDifference = meanOverBeta(fall);
        double z = Significance.threshold(1);
        Outcome outcome = Outcome.UNDECIDED;
        if (repeated && klDifference.z() < -z && fallDifference.z() < -z) {
            outcome = Outcome.SHOWN;
        } else if (repeated && (klDifference.z() > z || fallDifference.z() > z)) {
            outcome = Outcome.CONTRADICTED;
        }
        String numbers = "final KL of IPO is " + Words.fixed(Math.exp(klDifference.mean()), 2)
                + " times that of " + Words.objective(right) + " (log difference "
                + OveroptimizationFindings.signedEstimate(klDifference, 2) + "), its fall differs by "
                + OveroptimizationFindings.signedEstimate(fallDifference, 2) + "; β " + Words.list(betas);
        return Optional.of(new Case("IPO against " + study.label(right, size), outcome, numbers));
    }

    /// Log of the ratio of the final KLs, by seed.
    private static Map<Long, Estimate> logKl(Trajectory one, Trajectory two) {
        return one.last()
                .differences(two.last(), measured -> measured.kl().exact().log());
    }

    /// The mean over β of differences by seed, averaged over seeds. Missing where no seed has both sides.
    private static Estimate meanOverBeta(List<Map<Long, Estimate>> differences) {
        Map<Long, List<Estimate>> bySeed = differences.stream()
                .flatMap(atBeta -> atBeta.entrySet().stream())
                .collect(Collectors.groupingBy(
                        Map.Entry::getKey, TreeMap::new, Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
        return Estimate.averageBySeed(bySeed.values());
    }

    static Finding largerModelsDominate(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        List<String> sizes = study.sizes();
        for (String objective : study.objectives()) {
            Optional<Trajectory> small = best(study, objective, sizes.getFirst());
            Optional<Trajectory> large = best(study, objective, sizes.getLast());
            if (sizes.size() > 1 && small.isPresent() && large.isPresent()) {
                cases.add(sizes(study, objective, small.get(), large.get()));
            }
        }
        return new Finding(
                "size",
                "Larger models reach a higher gold reward; the smallest goes to a much greater KL.",
                Findings.RAFAILOV + ", finding 4",
                "For each objective, largest against smallest size: yes, if the best checkpoint over all β is better"
                    + " for the largest by more than z standard errors, z corrected for the number of checkpoints, and"
                    + " the mean log of the final KL, over shared β, is greater for the smallest by more than 2.24;"
                    + " no, if either is the other way round by as much. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.sizes(study).orElse("No objective has both the smallest and the largest size.")
                        : "");
    }

    private static Optional<Trajectory> best(StudyGroups study, String objective, String size) {
        return study.trajectories().stream()
                .filter(member ->
                        member.objective().equals(objective) && member.size().equals(size))
                .max(java.util.Comparator.comparingDouble(
                        member -> member.peak().gold().mean()));
    }

    private static Case sizes(StudyGroups study, String objective, Trajectory small, Trajectory large) {
        Estimate gain = large.peak().goldOver(small.peak());
        List<Map<Long, Estimate>> logKl = new ArrayList<>();
        for (Trajectory one : study.trajectories()) {
            for (Trajectory two : study.trajectories()) {
                if (one.objective().equals(objective)
                        && two.objective().equals(objective)
                        && one.size().equals(small.size())
                        && two.size().equals(large.size())
                        && one.beta() == two.beta()) {
                    logKl.add(logKl(one, two));
                }
            }
        }
        Estimate klExcess = meanOverBeta(logKl);
        double z = Significance.threshold(study.groups().stream()
                .filter(group -> group.objective().equals(objective)
                        && (group.size().equals(small.size()) || group.size().equals(large.size())))
                .mapToInt(StudyGroups.Group::checkpoints)
                .sum());
        Outcome outcome = Outcome.UNDECIDED;
        double zOfKl = Significance.threshold(2);
        boolean repeated = small.isRepeated() && large.isRepeated();
        if (repeated && gain.z() > z && klExcess.z() > zOfKl) {
            outcome = Outcome.SHOWN;
        } else if (repeated && (gain.z() < -z || klExcess.z() < -zOfKl)) {
            outcome = Outcome.CONTRADICTED;
        }
        String numbers = "best gold " + Words.estimate(small.peak().gold(), 2) + " (" + small.size() + ") and "
                + Words.estimate(large.peak().gold(), 2) + " (" + large.size() + "), difference "
                + OveroptimizationFindings.signedEstimate(gain, 2) + "; final KL of " + small.size() + " is "
                + Words.fixed(Math.exp(klExcess.mean()), 2) + " times that of " + large.size() + " at the same β; "
                + OveroptimizationFindings.effort(small);
        return new Case(Words.objective(objective), outcome, numbers);
    }

    private static Estimate klOver(Trajectory one, Trajectory two) {
        return one.last().minus(two.last(), measured -> measured.kl().exact());
    }

    static Finding finalKlFallsWithBeta(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (StudyGroups.Group group : study.groups()) {
            List<Trajectory> members = group.members();
            if (members.size() < 2 || Double.isNaN(members.getFirst().beta())) {
                continue;
            }
            int pairs = members.size() - 1;
            double z = Significance.threshold(pairs);
            int inversions = 0;
            boolean contradicted = false;
            for (int k = 0; k < pairs; k++) {
                Estimate drop = klOver(members.get(k), members.get(k + 1));
                inversions += drop.mean() < 0 ? 1 : 0;
                contradicted |= drop.z() < -z;
            }
            Estimate whole = klOver(members.getFirst(), members.getLast());
            Outcome outcome = Outcome.UNDECIDED;
            if (members.stream().allMatch(Trajectory::isRepeated)) {
                outcome = contradicted
                        ? Outcome.CONTRADICTED
                        : whole.z() > Significance.threshold(1) ? Outcome.SHOWN : Outcome.UNDECIDED;
            }
            List<String> course = members.stream()
                    .map(member -> Words.estimate(member.last().kl(), 2) + " ("
                            + Words.beta(member.method(), member.beta()) + ")")
                    .toList();
            cases.add(new Case(
                    study.label(group),
                    outcome,
                    "final KL " + String.join(", ", course) + "; " + Words.count(inversions, "inversion") + " in "
                            + Words.count(pairs, "neighbouring pair")));
        }
        return new Finding(
                "monotone",
                "The KL at the end of training falls as β grows.",
                Findings.RAFAILOV + ", finding 6",
                "For each objective: yes, if the KL at the end of training is greater for the smallest β than for the"
                    + " largest by more than 1.96 standard errors and no neighbouring pair is the other way round by"
                    + " more than z; no, if such a pair exists. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study).orElse("No objective has two values of β" + study.atOneSize() + ".")
                        : "");
    }
}
