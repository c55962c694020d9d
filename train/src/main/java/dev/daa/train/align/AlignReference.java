package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.objective.Objective;
import dev.daa.train.pairwise.PairUpdater;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What a policy is compared with: log-probabilities computed once, and the reference model itself for the objectives
/// that ask it anew in every step.
///
/// @param logProbs of the pairs under the reference that training starts from
/// @param model that the reference moves with, or that more than log-probabilities is asked of
/// @param moving for objectives that move their reference, and for no others
public record AlignReference(
        ReferenceLogProbs logProbs,
        @Nullable Model model,
        @Nullable MovingReference moving) {

    /// Log-probabilities alone, for objectives that neither move the reference nor ask more of it.
    public static AlignReference of(ReferenceLogProbs logProbs) {
        return new AlignReference(logProbs, null, null);
    }

    /// @param load makes a reference model named differently from the policy; called where the objective needs it
    /// @param longest tokens of the longest sequence, prompt included
    /// @param rows packed tokens per forward pass of a reference that moves
    public static AlignReference of(
            Backend backend,
            Objective objective,
            ReferenceLogProbs logProbs,
            Supplier<Model> load,
            int longest,
            int rows) {
        boolean moves = objective.referenceUpdate().isPresent();
        if (!moves && !PairUpdater.needsReferenceModel(objective)) {
            return of(logProbs);
        }
        Model model = load.get();
        return new AlignReference(
                logProbs,
                model,
                objective
                        .referenceUpdate()
                        .map(update -> new MovingReference(backend, model, update, longest, rows))
                        .orElse(null));
    }
}
