package dev.daa.cli;

import dev.daa.train.objective.DifferentiableMargin;
import org.apache.commons.math3.analysis.differentiation.DerivativeStructure;

/// max(0, 1 − x)² as a user would bring it: what `gpo_truncated_quadratic` has built in.
public final class TruncatedQuadratic implements DifferentiableMargin {
    @Override
    public DerivativeStructure value(DerivativeStructure x) {
        return x.getValue() < 1 ? x.subtract(1).pow(2) : x.multiply(0);
    }
}
