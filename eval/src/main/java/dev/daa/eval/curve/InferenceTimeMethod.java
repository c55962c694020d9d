package dev.daa.eval.curve;

import java.util.Locale;

/// A way to pick among samples by their proxy reward, with the number that says how hard it is done.
public enum InferenceTimeMethod {
    /// The best of n, which a draw reaches with the quantile u of its score distributed as `n·u^(n−1)`.
    BEST_OF_N("n", 1),
    /// One of n samples with probability ∝ e^{λ·score}.
    SOFT_BEST_OF_N("lambda", 0),
    /// The best of 1 + Poisson(μ), [BestOfPoisson].
    BEST_OF_POISSON("mu", 0);

    private final String parameter;
    private final double least;

    InferenceTimeMethod(String parameter, double least) {
        this.parameter = parameter;
        this.least = least;
    }

    /// Its parameter's name in files.
    public String parameter() {
        return parameter;
    }

    /// Its name in files.
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// The parameter with which it is the sampler.
    public double least() {
        return least;
    }
}
