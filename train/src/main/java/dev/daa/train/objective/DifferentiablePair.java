package dev.daa.train.objective;

import org.apache.commons.math3.analysis.differentiation.DerivativeStructure;

/// A pair function written once, in Commons Math's `DerivativeStructure`; its derivatives come by themselves.
@FunctionalInterface
public interface DifferentiablePair extends PairFunction {
    /// L(ρ_w, ρ_l).
    DerivativeStructure value(DerivativeStructure chosen, DerivativeStructure rejected);

    @Override
    default double value(double chosen, double rejected) {
        return at(chosen, rejected).getValue();
    }

    @Override
    default double dChosen(double chosen, double rejected) {
        return at(chosen, rejected).getPartialDerivative(1, 0);
    }

    @Override
    default double dRejected(double chosen, double rejected) {
        return at(chosen, rejected).getPartialDerivative(0, 1);
    }

    private DerivativeStructure at(double chosen, double rejected) {
        return value(new DerivativeStructure(2, 1, 0, chosen), new DerivativeStructure(2, 1, 1, rejected));
    }
}
