package dev.daa.eval.report;

import dev.daa.eval.analysis.FurthestAccurateKl;
import dev.daa.eval.report.Finding.Case;
import dev.daa.eval.report.Finding.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Findings on policies that optimise a trained reward model: reinforcement and best of n.
final class ProxyFindings {
    static final String GAO = "Gao et al. 2022, arXiv 2210.10760";

    /// Gold rewards closer than this are taken as equal: about a fifth of the reference's standard deviation.
    private static final double EQUAL = 0.3;

    /// An agreement this much lower is lower.
    private static final double LESS = 0.05;

    private ProxyFindings() {}

    /// All of them; none for a study without such policies.
    static List<Finding> of(StudyGroups study) {
        if (!study.has(Method.REINFORCEMENT) && !study.has(Method.BEST_OF_N)) {
            return List.of();
        }
        return List.of(
                goldFalls(study),
                penaltyIsEarlyStopping(study),
                reinforcementSpendsMore(study),
                alikeAtEqualProxy(study),
                agreementDecays(study));
    }

    private static List<Trajectory> members(StudyGroups study, Method method) {
        return study.trajectories().stream()
                .filter(member -> member.method() == method)
                .toList();
    }

    static Finding goldFalls(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (Trajectory member : members(study, Method.REINFORCEMENT)) {
            double z = Significance.threshold(member.stages().size() - 1);
            Estimate proxy = proxy(member.last()).minus(proxy(member.peak()));
            boolean falls = member.rise().mean() > 0 && member.fall().z() > z;
            Outcome outcome = falls && proxy.z() > 1.96
                    ? Outcome.SHOWN
                    : member.fall().mean() < EQUAL && member.fall().z() < z ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
            cases.add(new Case(
                    member.label(study.hasSizes()),
                    outcome,
                    "gold " + Words.estimate(member.peak().gold(), 2) + " at √KL "
                            + Words.fixed(member.peak().distance(), 2) + ", "
                            + Words.estimate(member.last().gold(), 2) + " at the end at √KL "
                            + Words.fixed(member.last().distance(), 2) + "; proxy "
                            + Words.estimate(proxy(member.peak()), 2) + " and "
                            + Words.estimate(proxy(member.last()), 2) + "; " + effort(member)));
        }
        return new Finding(
                "rl-hump",
                "Reinforced on a trained reward model, a policy earns more and more of its score while the gold reward"
                        + " rises and then falls.",
                GAO + ", figure 1",
                "For each algorithm and KL coefficient: yes, if the gold reward falls from its best checkpoint to the"
                    + " end significantly while the proxy rises by more than 1.96 standard errors; no, if it falls by"
                    + " less than " + EQUAL + " and not significantly.",
                cases,
                cases.isEmpty() ? "The study has no reinforcement." : "A large enough penalty is meant to prevent it.");
    }

    static Finding penaltyIsEarlyStopping(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        List<Trajectory> all = members(study, Method.REINFORCEMENT);
        for (Trajectory free : all) {
            if (free.beta() != 0) {
                continue;
            }
            for (Trajectory held : all) {
                if (held.beta() > 0
                        && held.objective().equals(free.objective())
                        && held.size().equals(free.size())) {
                    earlyStopping(study, free, held).ifPresent(cases::add);
                }
            }
        }
        return new Finding(
                "penalty",
                "A KL penalty does what stopping early does: at the same distance from the SFT policy, a penalised"
                        + " policy has no more gold reward than one without penalty had on its way.",
                GAO + ", §3.6",
                "For each penalised run, at its last checkpoint whose √KL the run without penalty passed, with that"
                        + " run's gold reward interpolated between checkpoints: yes, if the 95 % interval of the"
                        + " difference lies"
                        + " within"
                        + " ±" + EQUAL + " or below it; no, if it lies above 0 and reaches beyond " + EQUAL
                        + ".",
                cases,
                cases.isEmpty()
                        ? "It takes a run with KL coefficient 0 and one above, whose distances overlap."
                        : "Gao et al. call the result sensitive to hyper-parameters.");
    }

    private static Optional<Case> earlyStopping(StudyGroups study, Trajectory free, Trajectory held) {
        List<Trajectory.Stage> path = free.stages().stream()
                .sorted(Comparator.comparingDouble(Trajectory.Stage::distance))
                .toList();
        for (Trajectory.Stage stage : held.stages().reversed()) {
            double distance = stage.distance();
            for (int k = 0; k + 1 < path.size() && stage.fraction() > 0; k++) {
                Trajectory.Stage near = path.get(k);
                Trajectory.Stage far = path.get(k + 1);
                if (near.distance() <= distance && distance < far.distance()) {
                    double weight = (distance - near.distance()) / (far.distance() - near.distance());
                    Estimate onTheWay = new Estimate(
                            (1 - weight) * near.gold().mean()
                                    + weight * far.gold().mean(),
                            Math.hypot(
                                    (1 - weight) * near.gold().errorOrZero(),
                                    weight * far.gold().errorOrZero()));
                    Estimate difference = stage.gold().minus(onTheWay);
                    double low = difference.mean() - 1.96 * difference.errorOrZero();
                    double high = difference.mean() + 1.96 * difference.errorOrZero();
                    Outcome outcome = high < EQUAL ? Outcome.SHOWN : low > 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
                    return Optional.of(new Case(
                            held.label(study.hasSizes()),
                            outcome,
                            "at √KL " + Words.fixed(distance, 2) + " gold " + Words.estimate(stage.gold(), 2)
                                    + " with the penalty and " + Words.estimate(onTheWay, 2)
                                    + " without, difference " + Words.signed(difference.mean(), 2) + " ["
                                    + Words.signed(low, 2) + ", " + Words.signed(high, 2) + "]; " + effort(held)));
                }
            }
        }
        return Optional.empty();
    }

    static Finding reinforcementSpendsMore(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (Trajectory best : members(study, Method.BEST_OF_N)) {
            for (Trajectory reinforced : members(study, Method.REINFORCEMENT)) {
                if (!reinforced.size().equals(best.size())) {
                    continue;
                }
                compareKl(study, best, reinforced).ifPresent(cases::add);
            }
        }
        return new Finding(
                "rl-kl",
                "Reinforcement spends far more KL than best of n for the same gold reward, so KL does not measure how"
                        + " much was optimised.",
                GAO + ", §3.4",
                "For each algorithm and KL coefficient, at its checkpoint of the highest gold reward that best of n"
                        + " reaches too: yes, if its KL is greater than that of best of n at this gold reward,"
                        + " interpolated between n, by more than 1.96 standard errors; no, if it is lower by as much.",
                cases,
                cases.isEmpty() ? "It takes best of n and reinforcement." : "");
    }

    private static Optional<Case> compareKl(StudyGroups study, Trajectory best, Trajectory reinforced) {
        List<Trajectory.Stage> path =
                best.stages().stream().filter(stage -> stage.fraction() > 0).toList();
        Optional<Trajectory.Stage> highest = reinforced.stages().stream()
                .filter(stage -> stage.fraction() > 0)
                .filter(stage -> stage.gold().mean() < path.getLast().gold().mean())
                .filter(stage -> stage.gold().mean() >= path.getFirst().gold().mean())
                .max(Comparator.comparingDouble(stage -> stage.gold().mean()));
        for (int k = 0; k + 1 < path.size() && highest.isPresent(); k++) {
            double gold = highest.get().gold().mean();
            double low = path.get(k).gold().mean();
            double high = path.get(k + 1).gold().mean();
            if (low <= gold && gold < high) {
                double weight = (gold - low) / (high - low);
                double slope = (path.get(k + 1).kl().mean() - path.get(k).kl().mean()) / (high - low);
                Estimate kl = new Estimate(
                        (1 - weight) * path.get(k).kl().mean()
                                + weight * path.get(k + 1).kl().mean(),
                        // What best of n spends for a gold reward is as uncertain as the two rewards compared.
                        slope
                                * Math.hypot(
                                        highest.get().gold().errorOrZero(),
                                        path.get(k).gold().errorOrZero()));
                Estimate difference = highest.get().kl().minus(kl);
                Outcome outcome = difference.z() > 1.96
                        ? Outcome.SHOWN
                        : difference.z() < -1.96 ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
                return Optional.of(new Case(
                        reinforced.label(study.hasSizes()),
                        outcome,
                        "gold " + Words.estimate(highest.get().gold(), 2) + " at KL "
                                + Words.estimate(highest.get().kl(), 2) + ", best of n at KL "
                                + Words.estimate(kl, 2) + "; " + effort(reinforced)));
            }
        }
        return Optional.empty();
    }

    /// At each checkpoint of a seed whose proxy score best of n has too, the gold reward minus that of best of n at
    /// this score, interpolated between n; the mean over checkpoints is one number a seed.
    static Finding alikeAtEqualProxy(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (Trajectory best : members(study, Method.BEST_OF_N)) {
            for (Trajectory reinforced : members(study, Method.REINFORCEMENT)) {
                if (!reinforced.size().equals(best.size())
                        || !proxyName(reinforced).equals(proxyName(best))) {
                    continue;
                }
                List<Double> bySeed = new ArrayList<>();
                for (Point last : reinforced.last().points()) {
                    goldAboveBestOfN(best, reinforced, last.cell().seed()).ifPresent(bySeed::add);
                }
                if (!bySeed.isEmpty()) {
                    Optional<SeedMean> mean = SeedMean.of(bySeed);
                    cases.add(new Case(
                            reinforced.label(study.hasSizes()),
                            mean.map(found -> found.within(EQUAL)).orElse(Outcome.UNDECIDED),
                            "gold minus that of best of n at the same proxy score "
                                    + mean.map(SeedMean::toString)
                                            .orElseGet(() ->
                                                    Words.signed(bySeed.getFirst(), 2) + " (one seed, so no interval)")
                                    + "; " + effort(reinforced)));
                }
            }
        }
        return new Finding(
                "rl-alike",
                "Plotted against the proxy's score, the gold reward of reinforcement and of best of n look alike.",
                GAO + ", §3.4",
                "For each algorithm and KL coefficient, over its checkpoints whose proxy score best of n reaches too,"
                        + " mean difference of the gold rewards at the same score: yes, if the 95 % interval over seeds"
                        + " (Student's t) lies within ±" + EQUAL + "; no, if outside.",
                cases,
                cases.isEmpty() ? "It takes best of n and reinforcement whose proxy scores overlap." : "");
    }

    private static String proxyName(Trajectory member) {
        return member.last().points().getFirst().cell().proxy();
    }

    private static Optional<Double> goldAboveBestOfN(Trajectory best, Trajectory reinforced, long seed) {
        List<Point> path = ofSeed(best, seed);
        double sum = 0;
        int count = 0;
        for (Point point : ofSeed(reinforced, seed)) {
            double score = point.evaluation().rewards().proxy().mean();
            for (int k = 0; k + 1 < path.size(); k++) {
                double low = path.get(k).evaluation().rewards().proxy().mean();
                double high = path.get(k + 1).evaluation().rewards().proxy().mean();
                if (low <= score && score < high) {
                    double weight = (score - low) / (high - low);
                    sum += point.gold().mean()
                            - (1 - weight) * path.get(k).gold().mean()
                            - weight * path.get(k + 1).gold().mean();
                    count++;
                    break;
                }
            }
        }
        return count == 0 ? Optional.empty() : Optional.of(sum / count);
    }

    /// Checkpoints of one seed beyond the start.
    private static List<Point> ofSeed(Trajectory member, long seed) {
        return member.stages().stream()
                .flatMap(stage -> stage.points().stream())
                .filter(point -> !point.isStart() && point.cell().seed() == seed)
                .toList();
    }

    static Finding agreementDecays(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (Trajectory member : study.trajectories()) {
            if (member.method() != Method.REINFORCEMENT && member.method() != Method.BEST_OF_N) {
                continue;
            }
            double start = member.first().agreement().share();
            double end = member.last().agreement().share();
            FurthestAccurateKl furthest = FurthestAccurateKl.of(
                    member.stages().stream()
                            .mapToDouble(stage -> stage.kl().mean())
                            .toArray(),
                    member.stages().stream().map(Trajectory.Stage::agreement).toList());
            if (Double.isNaN(start) || Double.isNaN(end)) {
                continue;
            }
            Outcome outcome =
                    end < start - LESS ? Outcome.SHOWN : end > start + LESS ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
            cases.add(new Case(
                    member.label(study.hasSizes()),
                    outcome,
                    "from " + Words.percent(start) + " of pairs to " + Words.percent(end) + " at KL "
                            + Words.fixed(member.last().kl().mean(), 1) + "; furthest accurate KL (at least "
                            + Words.percent(FurthestAccurateKl.ACCURATE) + ") "
                            + Words.fixed(furthest.kl(), 2) + " nats" + (furthest.beyond() ? " or more" : "") + "; "
                            + effort(member)));
        }
        return new Finding(
                "agreement",
                "The reward model orders the responses of the policy that optimises it worse and worse.",
                "Guo & Xiong 2024, the furthest accurate KL of a reward model",
                "For each run: yes, if the share of pairs of its own responses to one prompt that the reward model"
                        + " orders as gold does is lower at the end than for the SFT policy by more than " + LESS
                        + "; no, if it is higher by as much.",
                cases,
                cases.isEmpty() ? "The study did not record it." : "One half is chance.");
    }

    private static Estimate proxy(Trajectory.Stage stage) {
        return stage.average(measured -> measured.rewards().proxy());
    }

    private static String effort(Trajectory member) {
        return Words.count(member.seeds(), "seed") + ", "
                + Words.count(
                        member.last()
                                .points()
                                .getFirst()
                                .evaluation()
                                .responses()
                                .prompts(),
                        "prompt");
    }
}
