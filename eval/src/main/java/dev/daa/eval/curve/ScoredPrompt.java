package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.Comparator;

/// Samples of one prompt with what a proxy and gold say of each.
///
/// @param prompt its name; prompts of one name are drawn together, whatever their seed
/// @param seed of the policy and proxy
/// @param proxy `[N]` reward by which one is picked
/// @param gold `[N]` reward that is meant
public record ScoredPrompt(String prompt, String seed, double[] proxy, double[] gold) {
    public ScoredPrompt {
        if (proxy.length < 1 || proxy.length != gold.length) {
            throw InputException.of(
                    "prompt " + prompt,
                    proxy.length + " proxy and " + gold.length + " gold rewards",
                    "equally many, one at least",
                    "");
        }
    }

    int samples() {
        return proxy.length;
    }

    /// `[N]` gold in ascending order of the proxy; samples of one score, between which a pick by it is by chance,
    /// have the mean of their gold.
    double[] goldByRank() {
        Integer[] order = new Integer[samples()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> proxy[i]));
        double[] ranked = new double[samples()];
        int from = 0;
        while (from < ranked.length) {
            int to = from;
            double over = 0; // the first sample's, so that a constant gold stays what it is to the last bit
            while (to < ranked.length && proxy[order[to]] == proxy[order[from]]) {
                over += gold[order[to]] - gold[0];
                to++;
            }
            Arrays.fill(ranked, from, to, gold[0] + over / (to - from));
            from = to;
        }
        return ranked;
    }

    /// Mean gold of a pick whose rank among the samples has a distribution function.
    ///
    /// @param rankCdf `[N]`
    double expected(double[] rankCdf) {
        return weighed(rankCdf, goldByRank());
    }

    /// Σ_k (F_k − F_{k−1})·value_k.
    static double weighed(double[] rankCdf, double[] value) {
        double sum = 0;
        double before = 0;
        for (int k = 0; k < value.length; k++) {
            sum += (rankCdf[k] - before) * value[k];
            before = rankCdf[k];
        }
        return sum;
    }
}
