package dev.daa.train.ppo;

/// What a term of the loss makes of the ratio ρ and the advantage A: `−A·g(ρ)`, or `−A·g(ρ)·log π` with g held fixed
/// under differentiation. 1 − ε_low and 1 + ε_high are the bounds, c the dual clip.
public enum Weighting {
    /// `A·g = min(A·ρ, A·clip(ρ, 1 − ε_low, 1 + ε_high))` (1707.06347, equation 7), for A < 0 at least `c·A` where
    /// c is set (1912.09729; the two-sided clip δ of 2505.07291).
    CLIP(false) {
        @Override
        Term of(double logRatio, double advantage, Bounds bounds) {
            double ratio = Math.exp(logRatio);
            double clipped = Math.clamp(ratio, 1 - bounds.low, 1 + bounds.high);
            if (bounds.dual > 0 && advantage < 0 && ratio > bounds.dual) {
                return Term.bounded(bounds.dual);
            }
            return -advantage * ratio >= -advantage * clipped ? new Term(ratio, ratio, false) : Term.bounded(clipped);
        }
    },
    /// g = 1, held fixed: no ratio.
    NONE(true) {
        @Override
        Term of(double logRatio, double advantage, Bounds bounds) {
            return new Term(1, 0, false);
        }
    },
    /// g = clip(ρ, 1 − ε_low, 1 + ε_high), held fixed: a ratio out of bounds keeps its gradient (MiniMax-M1,
    /// 2506.13585).
    CISPO(true) {
        @Override
        Term of(double logRatio, double advantage, Bounds bounds) {
            double ratio = Math.exp(logRatio);
            double clipped = Math.clamp(ratio, 1 - bounds.low, 1 + bounds.high);
            return new Term(clipped, 0, clipped != ratio);
        }
    },
    /// `g = 4/τ·σ(τ(ρ − 1))`, τ 1 for A > 0 and 1.05 otherwise (2511.20347).
    SAPO(false) {
        @Override
        Term of(double logRatio, double advantage, Bounds bounds) {
            double sharpness = advantage > 0 ? 1 : 1.05;
            double ratio = Math.exp(logRatio);
            double gate = 1 / (1 + Math.exp(-sharpness * (ratio - 1)));
            return new Term(4 / sharpness * gate, 4 * gate * (1 - gate) * ratio, false);
        }
    },
    /// `g = ρᵏ·e^{λ(1 − ρ)}`, held fixed, k 2 and λ 3 for A ≥ 0, 3 and 2 otherwise; ρ is taken between 1e-8 and
    /// e²⁰, as in TRL.
    VESPO(true) {
        @Override
        Term of(double logRatio, double advantage, Bounds bounds) {
            double power = advantage >= 0 ? 2 : 3;
            double decay = advantage >= 0 ? 3 : 2;
            double log = Math.clamp(logRatio, Math.log(1e-8), 20);
            return new Term(Math.exp(power * log + decay * (1 - Math.exp(log))), 0, false);
        }
    },
    /// g = ρ, the geometric mean of token ratios of which each is bounded by itself, in logarithms: `log ρ_t` at
    /// most ε_high for A > 0 and at least −ε_low for A < 0 (2507.20673).
    GMPO(false) {
        @Override
        Term of(double logRatio, double advantage, Bounds bounds) {
            double ratio = Math.exp(logRatio);
            return new Term(ratio, ratio, false);
        }

        @Override
        double ofToken(double logRatio, double advantage, Bounds bounds) {
            return advantage >= 0 ? Math.min(logRatio, bounds.high) : Math.max(logRatio, -bounds.low);
        }
    };

    private final boolean heldFixed;

    Weighting(boolean heldFixed) {
        this.heldFixed = heldFixed;
    }

    /// @param low ε_low
    /// @param high ε_high
    /// @param dual c; 0 for none
    record Bounds(double low, double high, double dual) {}

    /// @param value g
    /// @param slope its derivative with respect to log ρ; 0 where g is held fixed
    /// @param clipped whether a bound decided g
    record Term(double value, double slope, boolean clipped) {
        static Term bounded(double value) {
            return new Term(value, 0, true);
        }
    }

    /// Whether g is held fixed, and log π carries the gradient.
    boolean heldFixed() {
        return heldFixed;
    }

    /// g and its derivative.
    abstract Term of(double logRatio, double advantage, Bounds bounds);

    /// A token's log ρ as it goes into the mean over a response.
    double ofToken(double logRatio, double advantage, Bounds bounds) {
        return logRatio;
    }

    /// Whether bounds mean anything to it.
    boolean isBounded() {
        return this == CLIP || this == CISPO || this == GMPO;
    }
}
