package dev.daa.eval.report.measure;

import dev.daa.eval.analysis.SelectionBootstrap;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/// Picks β and stopping point from the sampled gold rewards of all checkpoints of one size. A pick flatters itself:
/// with three seeds or more it is made on all seeds but one and valued on that one, in turn; with fewer, made on drawn
/// prompts and valued on the others ([SelectionBootstrap]).
public final class Recommender {
    private static final long SEED = 1;

    private final List<Candidate> candidates = new ArrayList<>();
    private final int replicas;

    /// A checkpoint of a β, measured on every seed.
    ///
    /// @param gold `[seeds][prompts]`
    private record Candidate(Trajectory trajectory, Trajectory.Stage stage, double[][] gold) {
        double mean() {
            return Arrays.stream(gold).mapToDouble(Recommender::mean).average().orElse(Double.NaN);
        }
    }

    private static double mean(double[] prompts) {
        return Arrays.stream(prompts).average().orElse(Double.NaN);
    }

    /// A comparison of two ways to stop.
    ///
    /// @param difference worth of the best checkpoint before the end of its run minus that of the best end of a run
    public record Stopping(FittedLaw.Range difference, String insideWords, String endWords) {}

    /// @param size whose checkpoints are candidates
    public Recommender(StudyGroups study, String size, SampledRewards.Source samples, int replicas) throws IOException {
        this.replicas = replicas;
        List<Trajectory> members = study.trajectories().stream()
                .filter(member -> member.size().equals(size))
                .toList();
        TreeSet<Long> seeds = new TreeSet<>();
        members.forEach(member ->
                member.last().points().forEach(point -> seeds.add(point.cell().seed())));
        for (Trajectory member : members) {
            for (Trajectory.Stage stage : member.stages()) {
                if (stage.fraction() > 0) {
                    gold(stage, seeds, samples).ifPresent(gold -> candidates.add(new Candidate(member, stage, gold)));
                }
            }
        }
    }

    /// Gold by seed and prompt; empty where a seed is missing or kept no samples.
    private static Optional<double[][]> gold(Trajectory.Stage stage, TreeSet<Long> seeds, SampledRewards.Source samples)
            throws IOException {
        Map<Long, double[]> bySeed = new HashMap<>();
        for (Point point : stage.points()) {
            Optional<SampledRewards> rewards = samples.of(point);
            if (rewards.isEmpty()
                    || rewards.get().prompts() != point.evaluation().responses().prompts()) {
                return Optional.empty();
            }
            bySeed.put(point.cell().seed(), rewards.get().gold());
        }
        return bySeed.keySet().containsAll(seeds)
                ? Optional.of(seeds.stream().map(bySeed::get).toArray(double[][]::new))
                : Optional.empty();
    }

    /// One recommendation per objective, and the one of them that is best over all.
    public List<Recommendation> recommendations() {
        List<String> objectives = candidates.stream()
                .map(candidate -> candidate.trajectory().objective())
                .distinct()
                .toList();
        if (objectives.isEmpty()) {
            return List.of();
        }
        List<int[]> families = objectives.stream()
                .map(objective -> positions(
                        candidate -> candidate.trajectory().objective().equals(objective)))
                .toList();
        SelectionBootstrap[] drawn = draw(families);
        int best = best(positions(_ -> true));
        List<Recommendation> recommendations = new ArrayList<>();
        for (int f = 0; f < families.size(); f++) {
            recommendations.add(recommendation(f, families.get(f), best, drawn));
        }
        return recommendations;
    }

    private Recommendation recommendation(int family, int[] members, int best, SelectionBootstrap[] drawn) {
        int pick = best(members);
        Candidate picked = candidates.get(pick);
        double[] worth = Arrays.stream(drawn)
                .mapToDouble(replica -> replica.worth()[family])
                .toArray();
        int[] winners = Arrays.stream(drawn)
                .mapToInt(replica -> replica.winner()[family])
                .toArray();
        double[] betas = Arrays.stream(winners)
                .mapToDouble(winner -> candidates.get(winner).trajectory().beta())
                .toArray();
        double[] fractions = Arrays.stream(winners)
                .mapToDouble(winner -> candidates.get(winner).stage().fraction())
                .toArray();
        return new Recommendation(
                picked.trajectory().size(),
                picked.trajectory().objective(),
                pick == best,
                picked.trajectory().beta(),
                picked.stage().fraction(),
                picked.stage().step(),
                picked.stage().kl().mean(),
                picked.mean(),
                leftOut(seed -> worthWithout(seed, members))
                        .orElseGet(() -> range(Arrays.stream(worth).average().orElse(Double.NaN), worth)),
                range(picked.trajectory().beta(), betas),
                range(picked.stage().fraction(), fractions),
                Arrays.stream(winners).filter(winner -> winner == pick).count() / (double) winners.length,
                picked.gold().length,
                picked.gold()[0].length);
    }

    /// Whether the optimum lies inside runs or at the end of one; empty where a run was measured at its end alone.
    public Optional<Stopping> stopping(String objective) {
        int[] inside = positions(candidate -> candidate.trajectory().objective().equals(objective)
                && candidate.stage().fraction() < 1);
        int[] atEnd = positions(candidate -> candidate.trajectory().objective().equals(objective)
                && candidate.stage().fraction() == 1);
        if (inside.length == 0 || atEnd.length == 0) {
            return Optional.empty();
        }
        FittedLaw.Range difference = leftOut(seed -> worthWithout(seed, inside) - worthWithout(seed, atEnd))
                .orElseGet(() -> {
                    double[] drawn = Arrays.stream(draw(List.of(inside, atEnd)))
                            .mapToDouble(replica -> replica.worth()[0] - replica.worth()[1])
                            .toArray();
                    return range(Arrays.stream(drawn).average().orElseThrow(), drawn);
                });
        return Optional.of(
                new Stopping(difference, words(candidates.get(best(inside))), words(candidates.get(best(atEnd)))));
    }

    /// Mean over seeds, each of which took no part in the choice that it values, with Student's interval; empty for
    /// fewer than three seeds.
    private Optional<FittedLaw.Range> leftOut(IntToDoubleFunction worth) {
        int seeds = candidates.getFirst().gold().length;
        return seeds < LeftOutPeaks.SEEDS
                ? Optional.empty()
                : SeedMean.of(IntStream.range(0, seeds)
                                .mapToDouble(worth)
                                .boxed()
                                .toList())
                        .map(mean -> new FittedLaw.Range(mean.mean(), mean.low(), mean.high()));
    }

    /// What the candidate that the other seeds put first is worth on this seed.
    private double worthWithout(int seed, int[] family) {
        int best = family[0];
        for (int candidate : family) {
            if (meanWithout(seed, candidate) > meanWithout(seed, best)) {
                best = candidate;
            }
        }
        return mean(candidates.get(best).gold()[seed]);
    }

    private double meanWithout(int seed, int candidate) {
        double[][] gold = candidates.get(candidate).gold();
        return IntStream.range(0, gold.length)
                .filter(other -> other != seed)
                .mapToDouble(other -> mean(gold[other]))
                .average()
                .orElse(Double.NaN);
    }

    private static String words(Candidate candidate) {
        return Words.beta(candidate.trajectory().beta()) + " after "
                + Words.percent(candidate.stage().fraction());
    }

    private SelectionBootstrap[] draw(List<int[]> families) {
        SelectionBootstrap[] drawn = SelectionBootstrap.draw(
                candidates.stream().map(Candidate::gold).toArray(double[][][]::new), families, replicas, SEED);
        // With very few prompts a replica may leave none out.
        return Arrays.stream(drawn)
                .filter(replica -> !Double.isNaN(replica.worth()[0]))
                .toArray(SelectionBootstrap[]::new);
    }

    private int[] positions(java.util.function.Predicate<Candidate> wanted) {
        return IntStream.range(0, candidates.size())
                .filter(k -> wanted.test(candidates.get(k)))
                .toArray();
    }

    private int best(int[] family) {
        int best = family[0];
        for (int candidate : family) {
            if (candidates.get(candidate).mean() > candidates.get(best).mean()) {
                best = candidate;
            }
        }
        return best;
    }

    private static FittedLaw.Range range(double value, double[] draws) {
        Interval interval = Interval.of(draws);
        return new FittedLaw.Range(value, interval.low(), interval.high());
    }
}
