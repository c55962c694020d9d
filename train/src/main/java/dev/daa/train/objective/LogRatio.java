package dev.daa.train.objective;

import java.util.EnumSet;
import java.util.Set;

/// What of a response enters a loss: ρ = log π_θ(y|x) − log π_ref(y|x), or log π_θ(y|x) alone, summed or per token.
///
/// @param reference whether log π_ref is subtracted
/// @param average   sum, or mean over the response tokens
public record LogRatio(boolean reference, Average average) {
    /// ρ as in DPO: with reference, summed.
    public static final LogRatio SUMMED = new LogRatio(true, Average.SUM);

    public double value(Responses responses, int response) {
        double sum = responses.policy()[response];
        if (reference) {
            sum -= responses.reference()[response];
        }
        return sum * scale(responses, response);
    }

    /// ∂ρ / ∂ log π_θ(y|x).
    public double scale(Responses responses, int response) {
        return switch (average) {
            case SUM -> 1;
            case MEAN -> 1.0 / responses.length()[response];
        };
    }

    public Set<Need> needs() {
        Set<Need> needs = EnumSet.noneOf(Need.class);
        if (reference) {
            needs.add(Need.REFERENCE);
        }
        if (average == Average.MEAN) {
            needs.add(Need.LENGTHS);
        }
        return needs;
    }
}
