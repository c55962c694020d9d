package dev.daa.train.objective;

/// A loss of the two log-ratios ρ_w and ρ_l that is more than a function of their difference.
public interface PairFunction {
    /// L(ρ_w, ρ_l).
    double value(double chosen, double rejected);

    /// ∂L / ∂ρ_w.
    double dChosen(double chosen, double rejected);

    /// ∂L / ∂ρ_l.
    double dRejected(double chosen, double rejected);
}
