package dev.daa.train.objective;

/// A convex-or-not function g of the scaled margin x = β·(ρ_w − ρ_l): the shape that distinguishes DPO, IPO and SLiC.
/// Implement this (or [DifferentiableMargin], which needs no derivative) to add an objective of your own.
public interface MarginFunction {
    /// g(x).
    double value(double x);

    /// g′(x).
    double derivative(double x);
}
