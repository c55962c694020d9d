package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import dev.daa.train.estimate.ClusteredMean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/// Finds how hard to pick by a proxy before gold is lost (HedgeTune, Khalaf et al. 2506.19248): the parameter θ of an
/// inference-time method with E_{u~p_θ}[gold(u)·∂_θ log p_θ(u)] = ∂/∂θ E[gold] = 0 at the greatest E[gold].
///
/// E[gold] and its derivative are means over prompts of estimates from each prompt's own samples, at 160 values of θ;
/// the root lies where the derivative between two of them, linear in the strength t, is 0. Strengths t ≥ 0 make the
/// methods alike: n = e^t, μ = e^t − 1, λ = (e^t − 1)/σ, σ the proxy's standard deviation within prompts. The estimates
/// are unbiased for best of n at whole n ([BestOfN#rankCdf]), for soft best of n (means over blocks of n samples, n the
/// fewest of a prompt), and for best of Poisson but for the cap at N ([BestOfPoisson#expectedReward]).
public final class HedgeTune {
    private static final int CELLS = 160;
    /// P(n > N) of the greatest μ.
    private static final double CAPPED = 0.01;
    /// λσ at which one of several hundred samples is the best one nearly always.
    private static final double SHARPEST = 64;
    /// A gain smaller than this share of the spread of gold is rounding.
    private static final double ROUNDING = 1e-12;

    private final InferenceTimeMethod method;
    private final List<ScoredPrompt> prompts;
    private final int samples;
    private final double deviation;
    private final double limit;

    /// `[prompts]` one gold reward of each.
    private final double[] origin;

    /// `[prompts][CELLS + 1]` expected gold less that, so that a constant gold, or by a constant proxy, has a slope
    /// of exactly 0; and its derivative by t.
    private final double[][] gold;

    private final double[][] slope;

    /// @param prompts two samples each at least
    public HedgeTune(InferenceTimeMethod method, List<ScoredPrompt> prompts) {
        this.method = method;
        this.prompts = List.copyOf(prompts);
        samples = prompts.stream().mapToInt(ScoredPrompt::samples).min().orElse(0);
        if (samples < 2) {
            throw InputException.of(
                    "samples of a prompt",
                    prompts.isEmpty()
                            ? "no prompt"
                            : samples + " of '"
                                    + prompts.stream()
                                            .filter(one -> one.samples() == samples)
                                            .findFirst()
                                            .orElseThrow()
                                            .prompt()
                                    + "'",
                    "two at least of each",
                    "");
        }
        deviation = deviation(prompts);
        limit = switch (method) {
            case BEST_OF_N -> Math.log(samples);
            case SOFT_BEST_OF_N -> Math.log1p(SHARPEST);
            case BEST_OF_POISSON -> Math.log1p(BestOfPoisson.greatestMean(samples, CAPPED));
        };
        origin = prompts.stream().mapToDouble(prompt -> prompt.goldByRank()[0]).toArray();
        gold = new double[prompts.size()][];
        slope = new double[prompts.size()][];
        if (method == InferenceTimeMethod.SOFT_BEST_OF_N) {
            for (int i = 0; i < gold.length; i++) {
                pickSoftly(i);
            }
        } else {
            pickByRank();
        }
    }

    private double strength(int cell) {
        return limit * cell / CELLS;
    }

    private double parameter(double strength) {
        return switch (method) {
            case BEST_OF_N -> strength < limit ? Math.exp(strength) : samples;
            case SOFT_BEST_OF_N -> Math.expm1(strength) / deviation;
            case BEST_OF_POISSON -> Math.expm1(strength);
        };
    }

    /// ∂θ/∂t.
    private double stretch(double strength) {
        return method == InferenceTimeMethod.SOFT_BEST_OF_N ? Math.exp(strength) / deviation : Math.exp(strength);
    }

    /// The weights of ranks depend on the number of samples only.
    private void pickByRank() {
        Map<Integer, List<Integer>> bySamples = new LinkedHashMap<>();
        for (int i = 0; i < gold.length; i++) {
            bySamples
                    .computeIfAbsent(prompts.get(i).samples(), _ -> new ArrayList<>())
                    .add(i);
            gold[i] = new double[CELLS + 1];
            slope[i] = new double[CELLS + 1];
        }
        double[][] ranked = prompts.stream().map(HedgeTune::centredByRank).toArray(double[][]::new);
        bySamples.forEach((count, members) -> {
            for (int cell = 0; cell <= CELLS; cell++) {
                double theta = parameter(strength(cell));
                boolean poisson = method == InferenceTimeMethod.BEST_OF_POISSON;
                double[] cdf = poisson ? BestOfPoisson.rankCdf(theta, count) : BestOfN.rankCdf(theta, count);
                double[] change =
                        poisson ? BestOfPoisson.rankCdfSlope(theta, count) : BestOfN.rankCdfSlope(theta, count);
                for (int i : members) {
                    gold[i][cell] = ScoredPrompt.weighed(cdf, ranked[i]);
                    slope[i][cell] = ScoredPrompt.weighed(change, ranked[i]) * stretch(strength(cell));
                }
            }
        });
    }

    /// Gold less the lowest score's.
    private static double[] centredByRank(ScoredPrompt prompt) {
        double[] ranked = prompt.goldByRank();
        return Arrays.stream(ranked).map(value -> value - ranked[0]).toArray();
    }

    /// ∂/∂λ Σ w·gold = Σ w·score·gold − Σ w·score · Σ w·gold, with w ∝ e^{λ·score}.
    private void pickSoftly(int prompt) {
        ScoredPrompt of = prompts.get(prompt);
        int blocks = of.samples() / samples;
        gold[prompt] = new double[CELLS + 1];
        slope[prompt] = new double[CELLS + 1];
        for (int block = 0; block < blocks; block++) {
            int from = block * samples;
            double greatest =
                    Arrays.stream(of.proxy(), from, from + samples).max().orElseThrow();
            for (int cell = 0; cell <= CELLS; cell++) {
                double sharpness = parameter(strength(cell));
                double sum = 0;
                double score = 0;
                double mean = 0;
                double both = 0;
                for (int i = from; i < from + samples; i++) {
                    double below = of.proxy()[i] - greatest;
                    double weight = Math.exp(sharpness * below);
                    double value = of.gold()[i] - origin[prompt];
                    sum += weight;
                    score += weight * below;
                    mean += weight * value;
                    both += weight * below * value;
                }
                gold[prompt][cell] += mean / sum / blocks;
                slope[prompt][cell] += (both - score * mean / sum) / sum * stretch(strength(cell)) / blocks;
            }
        }
    }

    /// √ of the mean over prompts of the variance of the proxy; 1 where there is none.
    private static double deviation(List<ScoredPrompt> prompts) {
        double variance = 0;
        for (ScoredPrompt prompt : prompts) {
            double mean = Arrays.stream(prompt.proxy()).average().orElseThrow();
            variance += Arrays.stream(prompt.proxy())
                            .map(value -> (value - mean) * (value - mean))
                            .sum()
                    / (prompt.samples() - 1);
        }
        return variance > 0 ? Math.sqrt(variance / prompts.size()) : 1;
    }

    /// The strength at which the mean of some prompts' gold is greatest: ∞ where that is at the limit.
    private double best(int[] members) {
        double[] mean = new double[CELLS + 1];
        for (int i : members) {
            for (int cell = 0; cell <= CELLS; cell++) {
                mean[cell] += gold[i][cell];
            }
        }
        int top = 0;
        int least = 0;
        for (int cell = 1; cell <= CELLS; cell++) {
            top = mean[cell] > mean[top] ? cell : top;
            least = mean[cell] < mean[least] ? cell : least;
        }
        if (!(mean[top] - mean[0] > ROUNDING * (mean[top] - mean[least]))) {
            top = 0;
        }
        double rise = mean(slope, members, top);
        if (top == CELLS && rise >= 0) {
            return Double.POSITIVE_INFINITY;
        }
        return rise > 0 ? root(members, top) : rise == 0 || top == 0 ? strength(top) : root(members, top - 1);
    }

    /// Where a line through the slopes at both ends of a cell is 0; the end with the greater gold without such a
    /// place.
    private double root(int[] members, int cell) {
        double left = mean(slope, members, cell);
        double right = mean(slope, members, cell + 1);
        double share = left > 0 && right < 0 ? left / (left - right) : left > 0 ? 0 : 1;
        return strength(cell) + share * (strength(cell + 1) - strength(cell));
    }

    private static double mean(double[][] of, int[] members, int cell) {
        double sum = 0;
        for (int i : members) {
            sum += of[i][cell];
        }
        return sum / members.length;
    }

    private int[] all() {
        return IntStream.range(0, gold.length).toArray();
    }

    private SortedMap<String, int[]> membersOfSeeds() {
        SortedMap<String, int[]> members = new TreeMap<>();
        for (ScoredPrompt prompt : prompts) {
            members.computeIfAbsent(
                    prompt.seed(),
                    seed -> IntStream.range(0, gold.length)
                            .filter(i -> prompts.get(i).seed().equals(seed))
                            .toArray());
        }
        return members;
    }

    /// The logarithm to base 2 of each seed's own threshold, of 1 + μ and 1 + λσ; at most that of the limit, which
    /// stands for all beyond.
    public SortedMap<String, Double> doublingsOfSeeds() {
        SortedMap<String, Double> doublings = new TreeMap<>();
        membersOfSeeds().forEach((seed, members) -> doublings.put(seed, Math.min(best(members), limit) / Math.log(2)));
        return doublings;
    }

    /// Expected gold with a parameter.
    public record Expected(double parameter, double gold) {}

    /// Over all prompts, from one sample to the limit.
    public List<Expected> curve() {
        return IntStream.rangeClosed(0, CELLS)
                .mapToObj(cell -> new Expected(parameter(strength(cell)), goldAt(strength(cell))))
                .toList();
    }

    /// The threshold of all prompts with its 95 % interval: all θ about it at which the derivative does not differ
    /// from 0 by more than Student's t times its standard error, neither that over prompts, where there are five at
    /// least, nor that over seeds.
    public HackingThreshold threshold() {
        double best = best(all());
        HackingThreshold.Outcome outcome = best > limit
                ? HackingThreshold.Outcome.STILL_RISES
                : best > 0 ? HackingThreshold.Outcome.INTERIOR : HackingThreshold.Outcome.NEVER_RISES;
        int seeds = (int) prompts.stream().map(ScoredPrompt::seed).distinct().count();
        boolean hasInterval = seeds > 1
                || prompts.stream().map(ScoredPrompt::prompt).distinct().count() >= Interval.LEAST_CLUSTERS;
        double threshold = known(best);
        return new HackingThreshold(
                method.key(),
                method.parameter(),
                outcome,
                threshold,
                hasInterval ? known(end(best, -1)) : Double.NaN,
                hasInterval ? known(end(best, 1)) : Double.NaN,
                hasInterval,
                parameter(limit),
                kl(threshold),
                goldAt(Math.min(best, limit)),
                goldAt(0),
                goldAt(limit),
                samples,
                gold.length,
                seeds);
    }

    /// Where, on the way from the threshold up or down, gold surely falls or rises away from it; ∞ where it does
    /// not up to the limit, and where it surely rises at the limit.
    ///
    /// @param way 1 up, −1 down
    private double end(double best, int way) {
        double place = Math.min(best, limit) / limit * CELLS;
        int cell = (int) (way > 0 ? Math.ceil(place) : Math.floor(place));
        double before = Double.NaN;
        for (; cell >= 0 && cell <= CELLS; cell += way) {
            double doubt = doubt(cell, way);
            if (doubt < 0 && Double.isNaN(before)) {
                return best > limit ? best : strength(cell);
            }
            if (doubt < 0) {
                double share = before / (before - doubt);
                return limit * (cell - way + share * way) / CELLS;
            }
            before = doubt;
        }
        return way > 0 ? Double.POSITIVE_INFINITY : 0;
    }

    /// How much more the derivative would have to be away from 0, towards less gold on the way, to be surely so.
    private double doubt(int cell, int way) {
        double[] rises = Arrays.stream(slope).mapToDouble(of -> of[cell]).toArray();
        double error = Math.max(
                error(rises, numbered(ScoredPrompt::prompt), Interval.LEAST_CLUSTERS),
                error(rises, numbered(ScoredPrompt::seed), 2));
        return way * ClusteredMean.of(rises).mean() + error;
    }

    /// Student's t times the standard error over clusters; 0 for too few.
    private static double error(double[] values, int[] cluster, int least) {
        ClusteredMean mean = ClusteredMean.of(values, cluster);
        return mean.clusters() < least ? 0 : Interval.student(mean.clusters()) * mean.standardError();
    }

    private int[] numbered(Function<ScoredPrompt, String> name) {
        Map<String, Integer> numbers = new HashMap<>();
        return prompts.stream()
                .mapToInt(prompt -> numbers.computeIfAbsent(name.apply(prompt), _ -> numbers.size()))
                .toArray();
    }

    /// The parameter of a strength within the limit.
    private double known(double strength) {
        return strength <= limit ? parameter(strength) : Double.NaN;
    }

    private double kl(double theta) {
        return switch (method) {
            case BEST_OF_N -> BestOfN.kl(theta);
            case SOFT_BEST_OF_N -> Double.NaN;
            case BEST_OF_POISSON -> Double.isNaN(theta) ? theta : BestOfPoisson.kl(theta);
        };
    }

    /// Mean gold at a strength: the cubic between two of the grid that has their derivatives.
    private double goldAt(double strength) {
        double place = strength / limit * CELLS;
        int cell = Math.min((int) place, CELLS - 1);
        double x = place - cell;
        double width = limit / CELLS;
        double left = mean(gold, all(), cell);
        double step = mean(gold, all(), cell + 1) - left;
        double leftRise = mean(slope, all(), cell) * width;
        double rightRise = mean(slope, all(), cell + 1) * width;
        return Arrays.stream(origin).average().orElseThrow()
                + left
                + x * (leftRise + x * (3 * step - 2 * leftRise - rightRise + x * (leftRise + rightRise - 2 * step)));
    }
}
