package dev.daa.train.bestofn;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.random.RandomGenerator;

/// Which of n samples are kept.
///
/// @param keep the k best; 1 for best of n
/// @param sharpness λ of soft best-of-n: one sample drawn with probability ∝ e^{λ·score}; 0 for none of this. λ → ∞ is
/// best of n, λ → 0 the sampler itself
public record Selection(int keep, double sharpness) {
    public Selection {
        if (keep < 1) {
            throw new InputException("keep is " + keep + ", expected at least 1");
        }
        if (!(sharpness >= 0) || Double.isInfinite(sharpness)) {
            throw new InputException("sharpness is " + sharpness + ", expected 0 (best of n) or a number above");
        }
        if (sharpness > 0 && keep > 1) {
            throw new InputException("keep is " + keep + " with sharpness " + sharpness + ", expected 1: soft best of n"
                    + " draws one sample");
        }
    }

    /// Numbers of the kept samples, best first; ties by position.
    ///
    /// @param score `[n]`
    /// @param random asked by soft best-of-n only
    public int[] choose(double[] score, RandomGenerator random) {
        if (keep > score.length) {
            throw new InputException("keep is " + keep + ", expected at most the " + score.length + " samples");
        }
        if (sharpness > 0) {
            return new int[] {drawn(score, random.nextDouble())};
        }
        Integer[] order = new Integer[score.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -score[i]));
        return Arrays.stream(order).limit(keep).mapToInt(Integer::intValue).toArray();
    }

    private int drawn(double[] score, double uniform) {
        double greatest = Arrays.stream(score).max().orElseThrow();
        double[] weight = Arrays.stream(score)
                .map(of -> Math.exp(sharpness * (of - greatest)))
                .toArray();
        double left = uniform * Arrays.stream(weight).sum();
        for (int i = 0; i < weight.length; i++) {
            left -= weight[i];
            if (left < 0) {
                return i;
            }
        }
        return weight.length - 1;
    }

    /// The least of the scores, the first of equals.
    public static int worst(double[] score) {
        int worst = 0;
        for (int i = 1; i < score.length; i++) {
            worst = score[i] < score[worst] ? i : worst;
        }
        return worst;
    }
}
