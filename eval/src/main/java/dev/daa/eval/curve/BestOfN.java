package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.apache.commons.math3.special.Beta;
import org.apache.commons.math3.special.Gamma;

/// The best of n samples as a policy: its distance from the sampler and its expected reward.
public final class BestOfN {
    private static final int PANEL_POINTS = 16;
    /// Panels of one width below and above the fall of the density of the best k.
    private static final int NEAR_PANELS = 10;

    private static final int FAR_PANELS = 40;
    /// Share of the sampler that is left out of the integral.
    private static final double NEGLIGIBLE = 1e-12;

    private BestOfN() {}

    /// KL(best of n ‖ sampler) = log n − (n − 1)/n, nats (Stiennon et al. 2009.01325, appendix G.3). Exact when no
    /// two samples tie, an upper bound otherwise.
    public static double kl(long n) {
        if (n < 1) {
            throw InputException.of("best of n", Long.toString(n), "n >= 1", "");
        }
        return Math.log(n) - (n - 1.0) / n;
    }

    /// The same between whole n, for the density n·u^(n−1) of the quantile.
    static double kl(double n) {
        return Math.log(n) - (n - 1) / n;
    }

    /// KL(best of n ‖ sampler), nats, where scores tie: a group of samples with one score is taken as one mass
    /// whose share of the best of n is spread evenly over it, so that choosing by score says nothing within it.
    /// Samples whose score nobody shares are taken as draws from a continuum, as in [#kl(long)], to which this
    /// reduces without ties. For a discrete distribution that all samples are copies of it is exact: Σ_s (F_s^n −
    /// F_{s−1}^n) log[(F_s^n − F_{s−1}^n)/(F_s − F_{s−1})] over its scores s with cumulated mass F.
    ///
    /// @param score `[N]` scores of samples of one prompt
    public static double kl(double[] score, int n) {
        if (n < 1 || score.length < 1) {
            throw InputException.of("best of n", "n " + n + " of " + score.length + " scores", "at least 1 each", "");
        }
        double[] sorted = score.clone();
        Arrays.sort(sorted);
        double kl = kl(n);
        int from = 0;
        while (from < sorted.length) {
            int to = from + 1;
            while (to < sorted.length && sorted[to] == sorted[from]) {
                to++;
            }
            if (to - from > 1) {
                double low = (double) from / sorted.length;
                double high = (double) to / sorted.length;
                double mass = Math.pow(high, n) - Math.pow(low, n);
                kl += mass > 0 ? mass * Math.log(mass / (high - low)) : 0;
                kl -= densityEntropy(high, n) - densityEntropy(low, n);
            }
            from = to;
        }
        return kl;
    }

    /// ∫₀^u p log p for the density p = n·u^(n−1) of the quantile of the best of n: uⁿ(log n + (n − 1)(log u −
    /// 1/n)).
    private static double densityEntropy(double u, int n) {
        return u > 0 ? Math.pow(u, n) * (Math.log(n) + (n - 1) * (Math.log(u) - 1.0 / n)) : 0;
    }

    /// KL of one uniformly chosen member of the best k of n, nats: ∫ g log g over the share v ∈ [0, 1] of the
    /// sampler that scores higher, with g(v) = (1/k) Σ_{j=1..k} n!/((j−1)!(n−j)!) v^{j−1} (1−v)^{n−j}, which is n/k
    /// times the probability that fewer than k of n − 1 samples score higher.
    public static double kl(int k, int n) {
        if (k < 1 || n < k) {
            throw InputException.of("best k of n", "k " + k + ", n " + n, "1 <= k <= n", "");
        }
        if (k == n) {
            return 0;
        }
        // g falls from n/k to 0 about v = k/n, within a few of these widths: an integral in equal steps misses it.
        double fall = (double) k / n;
        double width = Math.sqrt(fall * (1 - fall) / n);
        double kl = 0;
        double from = 0;
        for (int panel = -NEAR_PANELS; 1 - from > NEGLIGIBLE; panel++) {
            // Halfway to 1 at most: g log g has no derivative there.
            double to = (1 + from) / 2;
            if (panel < FAR_PANELS) {
                to = Math.min(to, fall + panel * width);
            }
            if (to > from) {
                kl += integral(v -> entropyTerm(topDensity(k, n, v)), from, to);
                from = to;
            }
        }
        return kl;
    }

    /// What bounds KL(soft best of n ‖ sampler), nats, in the mean over draws of n samples: `log n − H(w)` with the
    /// weights `w_i ∝ e^{λ·score_i}` by which one of them is taken, H their entropy. The mean is the KL of samples
    /// and choice together to samples and a choice at random, and what is taken is a function of both. For λ → ∞ it
    /// is log n, (n − 1)/n above [#kl(long)].
    ///
    /// @param score `[n]` scores of n samples of one prompt
    /// @param sharpness λ
    public static double softKlBound(double[] score, double sharpness) {
        double greatest = Arrays.stream(score).max().orElseThrow();
        double sum = 0;
        double above = 0;
        for (double of : score) {
            double weight = Math.exp(sharpness * (of - greatest));
            sum += weight;
            above += weight == 0 ? 0 : weight * sharpness * (of - greatest);
        }
        return Math.log(score.length) + above / sum - Math.log(sum);
    }

    private static double integral(UnivariateFunction function, double from, double to) {
        return new GaussIntegratorFactory().legendre(PANEL_POINTS, from, to).integrate(function);
    }

    /// Unbiased estimate of E[reward of the best of n by score] from N ≥ n samples of one prompt (Nakano et al.
    /// 2112.09332, appendix I): Σ_{i=n..N} C(i−1, n−1)/C(N, n) · r_(i), samples in ascending order of score, ties
    /// by position.
    ///
    /// @param score  `[N]` by which the best is chosen (proxy reward)
    /// @param reward `[N]` what is averaged (gold reward, or the score again)
    /// @param n      samples the best is chosen from
    public static double expectedReward(double[] score, double[] reward, int n) {
        int samples = score.length;
        if (reward.length != samples) {
            throw InputException.of("rewards", samples + " scores, " + reward.length + " rewards", "equally many", "");
        }
        if (n < 1 || n > samples) {
            throw InputException.of("best of n", "n " + n, "1 to " + samples + ", the number of samples", "");
        }
        Integer[] order = new Integer[samples];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> score[i]));
        double logAll = logBinomial(samples, n);
        double expected = 0;
        for (int rank = n; rank <= samples; rank++) {
            expected += Math.exp(logBinomial(rank - 1, n - 1) - logAll) * reward[order[rank - 1]];
        }
        return expected;
    }

    /// `[N]` the share F_k of the best of n that falls on the k lowest of N samples, k = 1 … N, for any real n from
    /// 1 to N: Γ(k+1)Γ(N−n+1)/(Γ(k−n+1)Γ(N+1)) above k = n − 1, else 0. At whole n it is C(k, n)/C(N, n), so that
    /// the mean reward by it is that of [#expectedReward]; between them it stands for u^n without bias but for the
    /// lowest samples.
    static double[] rankCdf(double n, int samples) {
        double[] cdf = new double[samples];
        cdf[samples - 1] = 1;
        for (int k = samples; k > n && k > 1; k--) {
            cdf[k - 2] = cdf[k - 1] * (k - n) / k;
        }
        return cdf;
    }

    /// `[N]` ∂F_k/∂n of [#rankCdf], that from below at whole n.
    static double[] rankCdfSlope(double n, int samples) {
        double[] cdf = rankCdf(n, samples);
        double[] slope = new double[samples];
        for (int k = samples; k >= n && k > 1; k--) {
            slope[k - 2] = (slope[k - 1] * (k - n) - cdf[k - 1]) / k;
        }
        return slope;
    }

    /// g(v) of [#kl(int, int)], k < n.
    private static double topDensity(int k, int n, double v) {
        return (double) n / k * Beta.regularizedBeta(1 - v, n - k, k);
    }

    private static double entropyTerm(double density) {
        return density > 0 ? density * Math.log(density) : 0;
    }

    private static double logBinomial(int n, int k) {
        return Gamma.logGamma(n + 1.0) - Gamma.logGamma(k + 1.0) - Gamma.logGamma(n - k + 1.0);
    }
}
