package dev.daa.eval.report.finding;

import dev.daa.eval.analysis.FurthestAccurateKl;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.report.finding.Finding.Case;
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
import java.util.function.ToDoubleFunction;

/// Findings on policies that optimise a trained reward model: reinforcement and best of n.
public final class ProxyFindings {
    public static final String GAO = "Gao et al. 2022, arXiv 2210.10760";

    /// Gold rewards closer than this are taken as equal: about a fifth of the reference's standard deviation.
    private static final double EQUAL = 0.3;

    private static final String NO_REINFORCEMENT = "The study has no reinforcement.";

    private ProxyFindings() {}

    /// All of them; none for a study without such policies.
    ///
    /// @param proxies what the reward models were before anything optimised them
    static List<Finding> of(StudyGroups study, List<ProxyRow> proxies) {
        if (!study.has(Method.REINFORCEMENT) && !study.has(Method.BEST_OF_N)) {
            return List.of();
        }
        return List.of(
                goldFalls(study),
                penaltyIsEarlyStopping(study),
                reinforcementSpendsMore(study),
                alikeAtEqualProxy(study),
                agreementDecays(study, proxies));
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
            Estimate proxy = member.last()
                    .minus(member.peak(), measured -> measured.rewards().proxy());
            Outcome outcome = Outcome.UNDECIDED;
            if (member.isRepeated() && member.rise().z() > z) {
                if (member.fall().z() > z) {
                    outcome = proxy.z() > Estimate.NORMAL_95 ? Outcome.SHOWN : Outcome.UNDECIDED;
                } else if (member.fall().high() < EQUAL && OveroptimizationFindings.staysOnTop(member)) {
                    outcome = Outcome.CONTRADICTED;
                }
            }
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
                "For each algorithm and KL coefficient: yes, if the gold reward rises to its best checkpoint and falls"
                        + " from there to the end, both by more than z standard errors, z corrected for the number of"
                        + " checkpoints, while the proxy rises from there by more than 1.96; no, if gold rises as much,"
                        + " then falls by less than z standard errors, the 95 % interval below " + EQUAL
                        + ", and the run went on to twice the distance at which it had nine tenths of its gain. It"
                        + " takes two seeds.",
                cases,
                cases.isEmpty() ? NO_REINFORCEMENT : "A large enough penalty is meant to prevent it.");
    }

    static Finding penaltyIsEarlyStopping(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        List<Trajectory> all = members(study, Method.REINFORCEMENT);
        boolean paired = false;
        for (Trajectory free : all) {
            if (free.beta() != 0) {
                continue;
            }
            for (Trajectory held : all) {
                if (held.beta() > 0 && held.objective().equals(free.objective()) && sameProxy(held, free)) {
                    paired = true;
                    earlyStopping(study, free, held).ifPresent(cases::add);
                }
            }
        }
        return new Finding(
                "penalty",
                "A KL penalty does what stopping early does: at the same distance from the SFT policy, a penalised"
                        + " policy has no more gold reward than one without penalty had on its way.",
                GAO + ", §3.6",
                "For each KL coefficient above 0, seed by seed, at its last checkpoint whose √KL the run without"
                        + " penalty passed, with that run's gold reward interpolated between checkpoints: yes, if the"
                        + " 95 % interval of the mean difference (Student's t over seeds) lies below " + EQUAL
                        + "; no, if it lies above 0 and reaches beyond " + EQUAL + ".",
                cases,
                cases.isEmpty()
                        ? Conditions.of(!all.isEmpty(), NO_REINFORCEMENT)
                                .and(
                                        all.stream().anyMatch(member -> member.beta() == 0),
                                        "No run has KL coefficient 0.")
                                .and(
                                        all.stream().anyMatch(member -> member.beta() > 0),
                                        "No run has a KL coefficient above 0.")
                                .and(
                                        paired,
                                        "No algorithm has KL coefficient 0 and one above for the same reward model.")
                                .orElse("No run without penalty passed the distance of a checkpoint with it, of the"
                                        + " same seed.")
                        : "Gao et al. call the result sensitive to hyper-parameters.");
    }

    private static Optional<Case> earlyStopping(StudyGroups study, Trajectory free, Trajectory held) {
        List<AtEqualDistance> bySeed = new ArrayList<>();
        for (Point last : held.last().points()) {
            long seed = last.cell().seed();
            List<Point> path = new ArrayList<>(free.first().points().stream()
                    .filter(point -> point.isStart() && point.cell().seed() == seed)
                    .toList());
            path.addAll(ofSeed(free, seed));
            atEqualDistance(path, ofSeed(held, seed)).ifPresent(bySeed::add);
        }
        if (bySeed.isEmpty()) {
            return Optional.empty();
        }
        Optional<SeedMean> difference =
                SeedMean.of(bySeed.stream().map(one -> one.held() - one.free()).toList());
        Outcome outcome = difference
                .map(mean ->
                        mean.high() < EQUAL ? Outcome.SHOWN : mean.low() > 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED)
                .orElse(Outcome.UNDECIDED);
        return Optional.of(new Case(
                held.label(study.hasSizes()),
                outcome,
                "at √KL " + Words.fixed(mean(bySeed, AtEqualDistance::distance), 2) + " gold "
                        + Words.fixed(mean(bySeed, AtEqualDistance::held), 2) + " with the penalty and "
                        + Words.fixed(mean(bySeed, AtEqualDistance::free), 2) + " without, difference "
                        + difference
                                .map(SeedMean::toString)
                                .orElseGet(() -> Words.signed(
                                                bySeed.getFirst().held()
                                                        - bySeed.getFirst().free(),
                                                2)
                                        + " (one seed, so no interval)")
                        + "; " + effort(held)));
    }

    /// Gold rewards of one seed at the same √KL.
    private record AtEqualDistance(double distance, double held, double free) {}

    /// At the last checkpoint of `held` whose distance `free` passed.
    private static Optional<AtEqualDistance> atEqualDistance(List<Point> free, List<Point> held) {
        List<Point> path = free.stream()
                .sorted(Comparator.comparingDouble(Point::distance))
                .toList();
        for (Point point : held.reversed()) {
            double distance = point.distance();
            for (int k = 0; k + 1 < path.size(); k++) {
                Point near = path.get(k);
                Point far = path.get(k + 1);
                if (near.distance() <= distance && distance < far.distance()) {
                    double weight = (distance - near.distance()) / (far.distance() - near.distance());
                    double onTheWay = (1 - weight) * near.gold().mean()
                            + weight * far.gold().mean();
                    return Optional.of(
                            new AtEqualDistance(distance, point.gold().mean(), onTheWay));
                }
            }
        }
        return Optional.empty();
    }

    private static double mean(List<AtEqualDistance> all, ToDoubleFunction<AtEqualDistance> value) {
        return all.stream().mapToDouble(value).average().orElse(Double.NaN);
    }

    static Finding reinforcementSpendsMore(StudyGroups study) {
        List<Case> cases = new ArrayList<>();
        for (Trajectory best : members(study, Method.BEST_OF_N)) {
            for (Trajectory reinforced : members(study, Method.REINFORCEMENT)) {
                if (!sameProxy(best, reinforced)) {
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
                "For each algorithm and KL coefficient, at its checkpoint of the highest gold reward that best of n by"
                    + " the same reward model reaches too: yes, if its KL is greater than that of best of n at this"
                    + " gold reward, interpolated between n, by more than 1.96 standard errors, and the gold reward"
                    + " below that of the largest n by as much; no, if the KL is lower by as much, and the gold reward"
                    + " above that of the smallest n. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? besideBestOfN(study)
                                .orElse("No checkpoint of reinforcement has a gold reward between those of the smallest"
                                        + " and the largest n of best of n.")
                        : "");
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
                // What best of n spends for a gold reward is as uncertain as the two rewards compared.
                Estimate error = highest.get().gold().minus(path.get(k).gold()).times(slope);
                Estimate kl = error.atZero()
                        .plus((1 - weight) * path.get(k).kl().mean()
                                + weight * path.get(k + 1).kl().mean());
                Estimate difference = highest.get().kl().minus(kl);
                Outcome outcome = Outcome.UNDECIDED;
                // Where both level off, noise alone puts a far checkpoint beside an n that spends little.
                boolean reached = path.getLast().goldOver(highest.get()).z() > Estimate.NORMAL_95;
                boolean passed = highest.get().goldOver(path.getFirst()).z() > Estimate.NORMAL_95;
                if (best.isRepeated() && reinforced.isRepeated()) {
                    outcome = reached && difference.z() > Estimate.NORMAL_95
                            ? Outcome.SHOWN
                            : passed && difference.z() < -Estimate.NORMAL_95 ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
                }
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
                if (!sameProxy(best, reinforced)) {
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
                cases.isEmpty()
                        ? besideBestOfN(study)
                                .orElse("No checkpoint of reinforcement has a proxy score between those of two n of"
                                        + " best of n, of the same seed.")
                        : "");
    }

    /// That both ways to optimise one reward model are there.
    private static Conditions besideBestOfN(StudyGroups study) {
        List<Trajectory> reinforced = members(study, Method.REINFORCEMENT);
        return Conditions.of(!reinforced.isEmpty(), NO_REINFORCEMENT)
                .and(study.has(Method.BEST_OF_N), "The study has no best of n.")
                .and(
                        members(study, Method.BEST_OF_N).stream()
                                .anyMatch(best -> reinforced.stream().anyMatch(member -> sameProxy(best, member))),
                        "No reward model has both best of n and reinforcement.");
    }

    private static String proxyName(Trajectory member) {
        return member.last().points().getFirst().cell().proxy();
    }

    /// Whether two optimise one reward model from one size of policy.
    private static boolean sameProxy(Trajectory one, Trajectory other) {
        return one.size().equals(other.size()) && proxyName(one).equals(proxyName(other));
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

    static Finding agreementDecays(StudyGroups study, List<ProxyRow> proxies) {
        List<Case> cases = new ArrayList<>();
        for (Trajectory member : study.trajectories()) {
            if (member.method() != Method.REINFORCEMENT && member.method() != Method.BEST_OF_N) {
                continue;
            }
            List<Estimate> starts = new ArrayList<>();
            List<Estimate> ends = new ArrayList<>();
            List<Estimate> changes = new ArrayList<>();
            for (Point last : member.last().points()) {
                Estimate start = startAgreement(member, last.cell().seed(), proxies);
                Estimate end = share(last);
                if (!start.isMissing() && !end.isMissing()) {
                    starts.add(start);
                    ends.add(end);
                    changes.add(end.minus(start));
                }
            }
            if (changes.isEmpty()) {
                continue;
            }
            Estimate change = Estimate.average(changes);
            FurthestAccurateKl furthest = FurthestAccurateKl.of(
                    member.stages().stream()
                            .mapToDouble(stage -> stage.kl().mean())
                            .toArray(),
                    member.stages().stream().map(Trajectory.Stage::agreement).toList());
            cases.add(new Case(
                    member.label(study.hasSizes()),
                    changes.size() < 2
                            ? Outcome.UNDECIDED
                            : change.z() < -Estimate.NORMAL_95
                                    ? Outcome.SHOWN
                                    : change.z() > Estimate.NORMAL_95 ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                    "from " + Words.percent(Estimate.average(starts).mean()) + " of pairs to "
                            + Words.percent(Estimate.average(ends).mean()) + " at KL "
                            + Words.fixed(member.last().kl().mean(), 1) + ", change in points "
                            + Words.signed(100 * change.mean(), 0) + " [" + Words.signed(100 * change.low(), 0) + ", "
                            + Words.signed(100 * change.high(), 0) + "]; furthest accurate KL (at least "
                            + Words.percent(FurthestAccurateKl.ACCURATE) + ") "
                            + Words.fixed(furthest.kl(), 2) + " nats" + (furthest.beyond() ? " or more" : "") + "; "
                            + effort(member)));
        }
        return new Finding(
                "agreement",
                "The reward model orders the responses of the policy that optimises it worse and worse.",
                "Guo & Xiong 2024, the furthest accurate KL of a reward model",
                "For each run: yes, if the share of pairs of its own responses to one prompt that the reward model"
                        + " orders as gold does is lower at the end than for the SFT policy by more than 1.96 standard"
                        + " errors; no, if it is higher by as much. The standard error is that of half as many"
                        + " independent pairs as there are responses, and that of the spread over seeds (with Student's"
                        + " t): it takes both, and two seeds.",
                cases,
                cases.isEmpty() ? "The study did not record it." : "One half is chance.");
    }

    /// How the reward model that a policy optimises orders pairs of SFT samples of a seed; missing where the study
    /// does not say.
    private static Estimate startAgreement(Trajectory member, long seed, List<ProxyRow> proxies) {
        Optional<Point> start = member.first().points().stream()
                .filter(point -> point.isStart() && point.cell().seed() == seed)
                .findFirst();
        Optional<ProxyRow> measured = proxies.stream()
                .filter(row -> row.proxy().equals(proxyName(member))
                        && row.policySize().equals(member.size())
                        && row.seed() == seed)
                .findFirst();
        return start.map(point -> measured.map(row -> share(new Concordance(row.agreement(), 0), responses(point)))
                        .orElseGet(() -> share(point)))
                .orElse(Estimate.MISSING);
    }

    private static Estimate share(Point point) {
        return share(point.evaluation().rewards().agreement(), responses(point));
    }

    /// Responses whose pairs were counted: of best of n, one for each prompt.
    private static int responses(Point point) {
        Evaluation.Responses responses = point.evaluation().responses();
        return point.cell().method() == Method.BEST_OF_N ? responses.prompts() : responses.samples();
    }

    /// A share of the pairs of n responses has at most the variance of n/2 independent pairs (Hoeffding 1948), and
    /// of no more pairs than are distinct; one more on either side (Agresti and Caffo 2000) keeps 0 and 1 from
    /// being exact.
    private static Estimate share(Concordance agreement, int responses) {
        long distinct = agreement.distinctPairs();
        double pairs = distinct == 0 ? responses / 2.0 : Math.min(responses / 2.0, distinct);
        double padded = (pairs * agreement.share() + 1) / (pairs + 2);
        return responses == 0 || Double.isNaN(padded)
                ? Estimate.MISSING
                : new Estimate(agreement.share(), Math.sqrt(padded * (1 - padded) / (pairs + 2)));
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
