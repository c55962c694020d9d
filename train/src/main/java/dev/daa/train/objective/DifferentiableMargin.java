package dev.daa.train.objective;

import org.apache.commons.math3.analysis.differentiation.DerivativeStructure;

/// A margin function written once, in Commons Math's `DerivativeStructure`; its derivative comes by itself.
@FunctionalInterface
public interface DifferentiableMargin extends MarginFunction {
    /// g(x), e.g. `x -> x.negate().exp().add(1).log()` for DPO.
    DerivativeStructure value(DerivativeStructure x);

    @Override
    default double value(double x) {
        return value(new DerivativeStructure(1, 1, 0, x)).getValue();
    }

    @Override
    default double derivative(double x) {
        return value(new DerivativeStructure(1, 1, 0, x)).getPartialDerivative(1);
    }
}
