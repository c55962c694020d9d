package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import java.util.Arrays;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.apache.commons.math3.distribution.GammaDistribution;
import org.apache.commons.math3.special.Gamma;

/// The best of n = 1 + Poisson(μ) samples as a policy (Khalaf et al. 2506.19248): the quantile u of its score among the
/// sampler's has the distribution function u·e^{μ(u−1)} and the density (μu + 1)·e^{μ(u−1)}, which is close to that of
/// the policy ∝ π_ref·e^{λu} with the same mean, the nearest one that scores so high.
public final class BestOfPoisson {
    private static final int PANEL_POINTS = 16;
    /// Beyond it e^{−w} adds nothing to a double.
    private static final double NEGLIGIBLE = 40;
    /// Poisson probabilities below it are left out.
    private static final double RARE = 1e-18;

    private BestOfPoisson() {}

    /// KL(best of Poisson ‖ sampler), nats: log(1 + μ) − 1 + ∫₀¹ e^{−μv}/(1 + μ − μv) dv, where the integral is
    /// e^{−(1+μ)}(Ei(1 + μ) − Ei(1))/μ. Exact when no two samples tie, an upper bound otherwise.
    public static double kl(double mean) {
        requireMean(mean);
        if (mean == 0) {
            return 0;
        }
        double end = Math.min(mean, NEGLIGIBLE);
        int panels = (int) Math.ceil(end);
        double integral = 0;
        for (int panel = 0; panel < panels; panel++) {
            GaussIntegrator rule = new GaussIntegratorFactory()
                    .legendre(PANEL_POINTS, panel * end / panels, (panel + 1) * end / panels);
            integral += rule.integrate(w -> Math.exp(-w) / (1 + mean - w));
        }
        return Math.log1p(mean) - 1 + integral / mean;
    }

    /// Estimate of E[reward of the best of 1 + Poisson(μ) by score] from N samples of one prompt: the mean of
    /// [BestOfN#expectedReward] over n, where an n beyond N is taken as N. It is unbiased for that capped draw, so
    /// that its bias is P(n > N) times what more than N samples would gain over N of them.
    ///
    /// @param score  `[N]` by which the best is chosen (proxy reward)
    /// @param reward `[N]` what is averaged (gold reward, or the score again)
    /// @param mean   μ ≥ 0
    public static double expectedReward(double[] score, double[] reward, double mean) {
        requireMean(mean);
        return new ScoredPrompt("", "", score, reward).expected(rankCdf(mean, score.length));
    }

    /// The greatest μ for which n exceeds a number of samples with at most this probability.
    static double greatestMean(int samples, double probability) {
        return new GammaDistribution(samples, 1).inverseCumulativeProbability(probability);
    }

    /// `[N]` the probability that the estimate gives to the k lowest of N samples, k = 1 … N: the mean of
    /// C(k, n)/C(N, n) over the capped n.
    static double[] rankCdf(double mean, int samples) {
        double[] probability = poisson(mean, samples);
        probability[samples - 1] =
                Math.max(0, 1 - Arrays.stream(probability, 0, samples - 1).sum());
        return mixed(probability);
    }

    /// `[N]` ∂/∂μ of [#rankCdf]: the mean over m ~ Poisson(μ) of C(k, m+2)/C(N, m+2) − C(k, m+1)/C(N, m+1), 0 for
    /// m + 2 > N.
    static double[] rankCdfSlope(double mean, int samples) {
        double[] more = new double[samples];
        double[] poisson = poisson(mean, samples);
        for (int m = 0; m + 1 < samples; m++) {
            more[m] -= poisson[m];
            more[m + 1] += poisson[m];
        }
        return mixed(more);
    }

    /// `[count]` Poisson probabilities of 0, 1, …
    private static double[] poisson(double mean, int count) {
        double[] probability = new double[count];
        for (int m = 0; m < count; m++) {
            double log = (m == 0 ? 0 : m * Math.log(mean)) - mean - Gamma.logGamma(m + 1.0);
            double value = Math.exp(log);
            probability[m] = value < RARE ? 0 : value;
        }
        return probability;
    }

    /// `[N]` Σ_n weight_{n−1}·C(k, n)/C(N, n).
    private static double[] mixed(double[] weight) {
        int samples = weight.length;
        double[] sum = new double[samples];
        for (int n = 1; n <= samples; n++) {
            if (weight[n - 1] != 0) {
                double[] cdf = BestOfN.rankCdf(n, samples);
                for (int k = n - 1; k < samples; k++) {
                    sum[k] += weight[n - 1] * cdf[k];
                }
            }
        }
        return sum;
    }

    private static void requireMean(double mean) {
        if (!(mean >= 0) || Double.isInfinite(mean)) {
            throw InputException.of("best of Poisson", "μ " + mean, "μ >= 0", "");
        }
    }
}
