package dev.daa.eval.report.finding;

import dev.daa.eval.analysis.EqualDistance;
import dev.daa.eval.analysis.Trend;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.RewardCurve;
import dev.daa.eval.report.measure.RewardModel;
import dev.daa.eval.report.measure.RewardModelSweep;
import dev.daa.eval.report.measure.SeedMean;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Findings on what a reward model's size, data, members, bound and treatment of length do.
public final class RewardModelFindings {
    /// An accuracy this close to ½ is near chance.
    private static final double NEAR_CHANCE = 0.05;
    /// A coefficient that changes by less than this share of itself per factor of ten is about constant.
    private static final double CONSTANT = 0.2;

    private static final long SEED = 1;

    private final List<RewardModel> models;
    private final int replicas;

    private RewardModelFindings(List<RewardModel> models, int replicas) {
        this.models = models;
        this.replicas = replicas;
    }

    /// @param replicas of runs drawn again, for intervals
    public static List<Finding> of(List<RewardModel> models, int replicas) {
        RewardModelFindings findings = new RewardModelFindings(models, replicas);
        return List.of(
                findings.fewComparisons(),
                findings.ensembles(),
                findings.ensemblesUnderNoise(),
                findings.lengthFree(),
                findings.furthest(),
                findings.coefficients(RewardModelSweep.SIZE),
                findings.coefficients(RewardModelSweep.DATA));
    }

    private int seeds() {
        return models.stream().mapToInt(RewardModel::seeds).max().orElse(0);
    }

    private Finding fewComparisons() {
        List<Case> cases = new ArrayList<>();
        for (List<RewardModel> group : RewardModelSweep.DATA.groups(models)) {
            RewardModel fewest = group.getFirst();
            RewardModel most = group.getLast();
            double low = fewest.accuracy().low();
            double high = fewest.accuracy().high();
            Estimate gained = most.accuracy().minus(fewest.accuracy());
            Outcome outcome = Outcome.UNDECIDED;
            if (fewest.seeds() > 1 && most.seeds() > 1) {
                outcome = high < 0.5 + NEAR_CHANCE && gained.z() > Estimate.NORMAL_95
                        ? Outcome.SHOWN
                        : low > 0.5 + NEAR_CHANCE ? Outcome.CONTRADICTED : Outcome.UNDECIDED;
            }
            cases.add(new Case(
                    Words.parameters(fewest.parameters()) + " weights",
                    outcome,
                    group.stream()
                                    .map(model -> model.pairs() + " comparisons " + Words.estimate(model.accuracy(), 3))
                                    .collect(Collectors.joining(", "))
                            + "; 95 % interval with the fewest " + Words.fixed(low, 3) + " to " + Words.fixed(high, 3)
                            + "; " + Words.count(seeds(), "seed")));
        }
        return new Finding(
                "few-comparisons",
                "Below some number of comparisons a reward model is near chance, whatever its size.",
                ProxyFindings.GAO + ", §3.4, where it is about 2,000",
                "For each size with several amounts of data: yes, if the 95 % interval of the accuracy on held-out"
                        + " pairs with the fewest comparisons lies below " + (0.5 + NEAR_CHANCE)
                        + " and that with the most exceeds it significantly; no, if that interval lies above "
                        + (0.5 + NEAR_CHANCE) + ". It takes two seeds.",
                cases,
                cases.isEmpty() ? differing(RewardModelSweep.DATA) : "Fewer pairs are also fewer steps.");
    }

    private static String differing(RewardModelSweep sweep) {
        return "It takes reward models that differ in their "
                + (sweep == RewardModelSweep.SIZE ? "size" : "comparisons") + " only.";
    }

    private Finding furthest() {
        List<Case> cases = new ArrayList<>();
        for (List<RewardModel> group : RewardModelSweep.SIZE.groups(models)) {
            for (Method method : RewardModel.METHODS) {
                List<RewardModel> measured = group.stream()
                        .filter(model -> !model.reach(method).kl().isMissing())
                        .toList();
                if (measured.size() < 2) {
                    continue;
                }
                Optional<SeedMean> difference = difference(
                        measured.getLast().reachOfSeeds(method),
                        measured.getFirst().reachOfSeeds(method));
                cases.add(new Case(
                        RewardModel.name(method),
                        difference.map(SeedMean::positive).orElse(Outcome.UNDECIDED),
                        measured.stream()
                                        .map(model -> Words.parameters(model.parameters()) + " weights "
                                                + model.reach(method).words())
                                        .collect(Collectors.joining(", "))
                                + " nats; " + inWords("largest minus smallest", difference)));
            }
        }
        return new Finding(
                "furthest-size",
                "The furthest accurate KL of a reward model grows with its size.",
                "Guo & Xiong 2024",
                "For each way to optimise it: yes, if the 95 % interval of the difference between the largest model and"
                        + " the smallest, seed by seed (Student's t), lies above 0; no, if below.",
                cases,
                cases.isEmpty()
                        ? Conditions.of(
                                        !RewardModelSweep.SIZE.groups(models).isEmpty(),
                                        differing(RewardModelSweep.SIZE))
                                .orElse("No two of these reward models have policies by the same way that measured"
                                        + " their agreement with gold.")
                        : "");
    }

    /// An ensemble, a bound or a model that is trained or scores otherwise beside one model with the same data.
    private record Pairing(RewardModel ensemble, RewardModel alone) {
        /// Gold reward at the end by the ensemble minus that by one model.
        Optional<SeedMean> gain(Method method) {
            return difference(ensemble.goldAtEnd(method), alone.goldAtEnd(method));
        }

        /// Where policies by both end.
        String ends(Method method) {
            return inWords("gold at the end minus that by one model", gain(method)) + "; furthest accurate KL "
                    + ensemble.reach(method).words() + " and "
                    + alone.reach(method).words();
        }

        /// Gold reward by it minus that by one model at equal KL; empty where policies cover no distance in
        /// common.
        Optional<EqualDistance> atEqualKl(Method method, int replicas) {
            RewardCurve own = ensemble.curves().get(method);
            RewardCurve others = alone.curves().get(method);
            return own == null || others == null
                    ? Optional.empty()
                    : EqualDistance.of(
                            own.curve(),
                            others.curve(),
                            EqualDistance.BANDWIDTH,
                            EqualDistance.FARTHEST,
                            replicas,
                            SEED);
        }
    }

    /// @param length of those that are to reward length less, or of ensembles and bounds
    private List<Pairing> pairings(boolean length) {
        List<Pairing> pairings = new ArrayList<>();
        for (RewardModel alone : models) {
            for (RewardModel other : models) {
                if (alone.isPlain() && !other.isPlain() && other.isLengthFree() == length && alone.isAlike(other)) {
                    pairings.add(new Pairing(other, alone));
                }
            }
        }
        return pairings;
    }

    private Finding lengthFree() {
        List<Case> cases = new ArrayList<>();
        for (Pairing pairing : pairings(true)) {
            for (Method method : RewardModel.METHODS) {
                pairing.atEqualKl(method, replicas)
                        .ifPresent(compared -> cases.add(new Case(
                                pairing.ensemble().name() + " ("
                                        + pairing.ensemble().kind() + "), " + RewardModel.name(method),
                                outcome(compared),
                                "gold reward at equal KL " + Words.signed(compared.difference(), 2)
                                        + " against one model (" + Words.interval(compared.interval()) + "), √KL "
                                        + Words.fixed(compared.from(), 2) + " to " + Words.fixed(compared.to(), 2)
                                        + "; " + pairing.ends(method))));
            }
        }
        return new Finding(
                "length-free",
                "Reward models that are kept from rewarding length (a length head that is left out, the residual on"
                        + " length, a price of tokens, batches of mean 0) lose less to over-optimisation than one"
                        + " model.",
                "Chen et al. 2024 (ODIN), arXiv 2402.07319; Hong et al. 2025 (BSR), 2505.07271; Fu et al. 2025,"
                        + " 2502.18770",
                "For each, beside one model of the members' size with the same comparisons and label noise, the"
                    + " difference of the smoothed gold rewards over the distances that policies by both cover, up to"
                    + " 4 √nats: yes, if the 95 % interval (the wider one of runs drawn and of seeds left out in turn)"
                    + " lies above 0; no, if below. It takes two seeds.",
                cases,
                cases.isEmpty()
                        ? Conditions.of(
                                        models.stream().anyMatch(RewardModel::isLengthFree),
                                        "The study has no reward model with a length head, a length penalty or centred"
                                                + " batches.")
                                .and(
                                        !pairings(true).isEmpty(),
                                        "None of them stands beside one model of its members' size with the same"
                                                + " comparisons and label noise.")
                                .orElse("No policies by one of them cover a distance that such by the one model cover.")
                        : "");
    }

    private static Outcome outcome(EqualDistance compared) {
        if (compared.seeds() < 2) {
            return Outcome.UNDECIDED;
        }
        return compared.interval()
                .map(interval -> interval.low() > 0
                        ? Outcome.SHOWN
                        : interval.high() < 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED)
                .orElse(Outcome.UNDECIDED);
    }

    private Finding ensembles() {
        List<Case> cases = new ArrayList<>();
        for (Pairing pairing : pairings(false)) {
            for (Method method : RewardModel.METHODS) {
                if (pairing.ensemble().policies(method).isEmpty()
                        || pairing.alone().policies(method).isEmpty()) {
                    continue;
                }
                cases.add(new Case(
                        pairing.ensemble().kind() + ", " + RewardModel.name(method),
                        pairing.gain(method).map(SeedMean::positive).orElse(Outcome.UNDECIDED),
                        pairing.ends(method)));
            }
        }
        return new Finding(
                "ensembles",
                "Ensembles of reward models, averages of their weights and lower confidence bounds lose less to"
                        + " over-optimisation than one model.",
                "Coste et al. 2023, arXiv 2310.02743; Ramé et al. 2024, arXiv 2401.12187; Zhu et al. 2023, arXiv"
                        + " 2301.11270",
                "For each, beside one model of the members' size with the same comparisons and label noise: yes, if"
                    + " the 95 % interval of the difference in gold reward at the farthest n or the end of training,"
                    + " seed by seed (Student's t), lies above 0; no, if below.",
                cases,
                cases.isEmpty()
                        ? besideOne()
                                .orElse("No such ensemble or bound has policies by a way by which the one model has"
                                        + " some.")
                        : "");
    }

    private Conditions besideOne() {
        return Conditions.of(
                        models.stream().anyMatch(model -> !model.isPlain() && !model.isLengthFree()),
                        "The study has neither ensembles of reward models nor bounds.")
                .and(
                        !pairings(false).isEmpty(),
                        "No ensemble or bound stands beside one model of its members' size with the same comparisons"
                                + " and label noise.");
    }

    private Finding ensemblesUnderNoise() {
        List<Case> cases = new ArrayList<>();
        List<Pairing> pairings = pairings(false);
        int noises = 0;
        for (Pairing clean : pairings) {
            for (Pairing noisy : pairings) {
                if (!(noisy.ensemble().flip() > clean.ensemble().flip())
                        || clean.ensemble().flip() > 0
                        || !noisy.ensemble().combined().equals(clean.ensemble().combined())
                        || !noisy.ensemble()
                                .policySize()
                                .equals(clean.ensemble().policySize())
                        || noisy.ensemble().pairs() != clean.ensemble().pairs()) {
                    continue;
                }
                noises++;
                for (Method method : RewardModel.METHODS) {
                    Optional<SeedMean> gained = noisy.gain(method);
                    Optional<SeedMean> before = clean.gain(method);
                    if (gained.isEmpty() || before.isEmpty()) {
                        continue;
                    }
                    Optional<SeedMean> more = difference(
                            differences(
                                    noisy.ensemble().goldAtEnd(method),
                                    noisy.alone().goldAtEnd(method)),
                            differences(
                                    clean.ensemble().goldAtEnd(method),
                                    clean.alone().goldAtEnd(method)));
                    cases.add(new Case(
                            clean.ensemble().combined() + ", " + RewardModel.name(method),
                            more.map(SeedMean::positive).orElse(Outcome.UNDECIDED),
                            "gain over one model " + gained.get() + " with "
                                    + Words.percent(noisy.ensemble().flip()) + " of labels flipped, "
                                    + before.get() + " with none; " + inWords("difference", more)));
                }
            }
        }
        return new Finding(
                "ensembles-noise",
                "What ensembles and bounds gain over one model is greatest where labels are noisy.",
                "Coste et al. 2023, arXiv 2310.02743, §5, with 25 % of labels flipped",
                "For each: yes, if the 95 % interval of its gain with flipped labels minus its gain without, seed by"
                        + " seed (Student's t), lies above 0; no, if below.",
                cases,
                cases.isEmpty()
                        ? besideOne()
                                .and(
                                        noises > 0,
                                        "No ensemble or bound beside one model was trained with flipped labels and"
                                                + " without.")
                                .orElse("It takes two seeds of policies by the same way, with flipped labels and"
                                        + " without.")
                        : "");
    }

    private static Optional<SeedMean> difference(SortedMap<Long, Double> of, SortedMap<Long, Double> minus) {
        return SeedMean.of(List.copyOf(differences(of, minus).values()));
    }

    /// By seed, where both have it.
    private static SortedMap<Long, Double> differences(SortedMap<Long, Double> of, SortedMap<Long, Double> minus) {
        SortedMap<Long, Double> differences = new TreeMap<>();
        of.forEach((seed, value) -> {
            Double other = minus.get(seed);
            if (other != null) {
                differences.put(seed, value - other);
            }
        });
        return differences;
    }

    private static String inWords(String what, Optional<SeedMean> mean) {
        return mean.map(found -> what + " " + found + ", " + Words.count(found.seeds(), "seed"))
                .orElse("one seed, so no interval");
    }

    private Finding coefficients(RewardModelSweep sweep) {
        List<Case> cases = new ArrayList<>();
        for (List<RewardModel> group : sweep.groups(models)) {
            for (Method method : RewardModel.METHODS) {
                for (int which = 0; which < 2; which++) {
                    List<Trend> lines = lines(sweep, group, method, which);
                    if (!lines.isEmpty()) {
                        cases.add(trendCase(sweep, method, which, group.size(), lines));
                    }
                }
            }
        }
        boolean size = sweep == RewardModelSweep.SIZE;
        return new Finding(
                size ? "coefficients-proxy-size" : "coefficients-proxy-data",
                size
                        ? "α of best of n grows and β falls linearly with the logarithm of the reward model's size; so"
                                + " does β of reinforcement, while its α stays about constant."
                        : "With more comparisons α grows and β falls: a reward model that has seen more is optimised"
                                + " further before gold falls.",
                ProxyFindings.GAO + (size ? ", §3.2" : ", §3.4, less clean than for size"),
                "For each coefficient, least squares against log₁₀ of the " + sweep.unit()
                        + ", fitted seed by seed: yes, if the 95 % interval of the mean slope (Student's t over seeds)"
                        + " lies on the claimed side of 0 and, with three reward models or more, that of the"
                        + " coefficient of a parabola holds 0; no, if the slope lies on the other side, or the line"
                        + " does not hold: the slope on the claimed side, the parabola's coefficient on either."
                        + (size
                                ? " For α of reinforcement: yes, if the 95 % interval of the slope lies within "
                                        + Words.percent(CONSTANT) + " of α; no, if outside."
                                : ""),
                cases,
                cases.isEmpty()
                        ? Conditions.of(!sweep.groups(models).isEmpty(), differing(sweep))
                                .orElse("No two of these reward models have a seed whose policies determine the law.")
                        : "");
    }

    /// The trend of each seed's own coefficients.
    private static List<Trend> lines(RewardModelSweep sweep, List<RewardModel> group, Method method, int which) {
        return group.stream()
                .flatMap(model -> model.rows().stream())
                .map(ProxyRow::seed)
                .distinct()
                .flatMap(seed -> RewardModelSweep.trend(sweep.along(
                                group,
                                model -> model.coefficient(method, which, seed).map(value -> new Estimate(value, 1))))
                        .stream())
                .toList();
    }

    private Case trendCase(RewardModelSweep sweep, Method method, int which, int points, List<Trend> lines) {
        boolean constant = sweep == RewardModelSweep.SIZE && method == Method.REINFORCEMENT && which == 0;
        double level = lines.stream().mapToDouble(Trend::level).average().orElse(Double.NaN);
        Optional<SeedMean> slope = SeedMean.of(lines.stream().map(Trend::slope).toList());
        Optional<SeedMean> bend =
                SeedMean.of(lines.stream().map(Trend::bend).toList()).filter(mean -> !Double.isNaN(mean.mean()));
        Outcome outcome = slope.map(mean -> constant
                        ? mean.within(CONSTANT * Math.abs(level))
                        : linear(which == 0 ? mean.positive() : mean.negative(), bend))
                .orElse(Outcome.UNDECIDED);
        return new Case(
                (which == 0 ? "α" : "β") + " of " + RewardModel.name(method),
                outcome,
                "changes by "
                        + slope.map(SeedMean::toString)
                                .orElseGet(
                                        () -> Words.signed(lines.getFirst().slope(), 2) + " (one seed, so no interval)")
                        + " per factor of ten in " + sweep.unit() + " about " + Words.fixed(level, 2)
                        + bend.map(mean -> ", parabola " + mean).orElse("")
                        + "; " + Words.count(points, "reward model") + ", " + Words.count(lines.size(), "seed"));
    }

    /// What a slope shows, unless it is that of a line that does not hold.
    private static Outcome linear(Outcome slope, Optional<SeedMean> bend) {
        boolean bends = bend.map(mean -> mean.positive() != Outcome.UNDECIDED).orElse(false);
        return slope == Outcome.SHOWN && bends ? Outcome.CONTRADICTED : slope;
    }
}
