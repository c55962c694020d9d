package dev.daa.eval.analysis;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Picks the best of several candidates on some of the data and asks the rest what it is worth, so that the winner's
/// luck with prompts is not counted twice; its luck with seeds is, since the prompts left out are of the same seeds. A
/// replica draws seeds with replacement and, for each drawn seed, prompts with
/// replacement; the winner has the highest mean there, and its worth is its mean over the prompts that were not drawn.
///
/// @param winner `[families]` candidate with the highest mean over the drawn prompts, the first of equals
/// @param worth `[families]` mean of that candidate over the prompts left out; NaN where none was
public record SelectionBootstrap(int[] winner, double[] worth) {

    /// Draws replicas.
    ///
    /// @param reward `[candidates][seeds][prompts]` reward on each prompt; every candidate has the same seeds, and
    ///   a seed the same prompts for every candidate
    /// @param families sets of candidates, each of which names a winner of its own from the same draw
    public static SelectionBootstrap[] draw(double[][][] reward, List<int[]> families, int replicas, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        SelectionBootstrap[] drawn = new SelectionBootstrap[replicas];
        for (int replica = 0; replica < replicas; replica++) {
            drawn[replica] = replica(reward, families, random);
        }
        return drawn;
    }

    private static SelectionBootstrap replica(double[][][] reward, List<int[]> families, RandomGenerator random) {
        int candidates = reward.length;
        int seeds = reward[0].length;
        int[] times = new int[seeds];
        int[][] count = new int[seeds][];
        for (int seed = 0; seed < seeds; seed++) {
            count[seed] = new int[reward[0][seed].length];
        }
        for (int slot = 0; slot < seeds; slot++) {
            int seed = random.nextInt(seeds);
            times[seed]++;
            for (int k = 0; k < count[seed].length; k++) {
                count[seed][random.nextInt(count[seed].length)]++;
            }
        }
        double[] inside = new double[candidates];
        double[] outside = new double[candidates];
        int measured = 0;
        for (int seed = 0; seed < seeds; seed++) {
            // Of a seed that was drawn twice, a prompt is left out if neither draw has it.
            int left =
                    (int) Arrays.stream(count[seed]).filter(drawn -> drawn == 0).count();
            boolean usable = times[seed] > 0 && left > 0;
            measured += usable ? times[seed] : 0;
            for (int c = 0; c < candidates; c++) {
                double sum = 0;
                double rest = 0;
                for (int p = 0; p < count[seed].length; p++) {
                    double value = reward[c][seed][p];
                    sum += count[seed][p] * value;
                    rest += count[seed][p] == 0 ? value : 0;
                }
                inside[c] += sum / count[seed].length;
                outside[c] += usable ? times[seed] * rest / left : 0;
            }
        }
        int[] winner = new int[families.size()];
        double[] worth = new double[families.size()];
        for (int f = 0; f < winner.length; f++) {
            int best = families.get(f)[0];
            for (int candidate : families.get(f)) {
                if (inside[candidate] > inside[best]) {
                    best = candidate;
                }
            }
            winner[f] = best;
            worth[f] = outside[best] / measured;
        }
        return new SelectionBootstrap(winner, worth);
    }
}
