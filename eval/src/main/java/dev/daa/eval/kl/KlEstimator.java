package dev.daa.eval.kl;

/// How a KL was estimated; numbers of different estimators are never mixed. ℓ = log π − log π_ref of a sampled token.
public enum KlEstimator {
    /// KL(π‖π_ref): Σ_v π(v)·(log π(v) − log π_ref(v)) at every sampled prefix; unbiased, least variance.
    EXACT("kl/exact"),
    /// KL(π‖π_ref): ℓ; unbiased, can be negative.
    K1("kl/k1"),
    /// KL(π‖π_ref): ½ℓ²; biased, by an amount that grows with the KL; never negative.
    K2("kl/k2"),
    /// KL(π‖π_ref): e^{−ℓ} − 1 + ℓ; unbiased, never negative, heavy tail where π_ref ≫ π.
    K3("kl/k3"),
    /// KL(π_ref‖π): −ℓ on samples of the reference; unbiased, can be negative.
    FORWARD("kl/forward"),
    /// KL(π_ref‖π): Σ_v π_ref(v)·(log π_ref(v) − log π(v)) at every prefix of samples of the reference.
    FORWARD_EXACT("kl/forward_exact");

    private final String metric;

    KlEstimator(String metric) {
        this.metric = metric;
    }

    /// Key of the estimate among a run's metrics.
    public String metric() {
        return metric;
    }
}
