package dev.daa.train.objective;

import java.util.Optional;
import java.util.Set;

/// An alignment objective: a pure function from the log-probs of a batch to losses and derivatives.
///
/// An implementation holds parameters only. What it remembers between batches (a running mean) is the caller's
/// `double[]` state,
/// so that a checkpoint can hold it; what the literature wraps in a stop-gradient (weights, reference points) comes out
/// of
/// [#constants] and goes into [#evaluate], so that the derivative is always the exact one of `evaluate`
/// and finite differences can check it.
public interface Objective {

    /// Name as in configs, tables and error messages.
    String name();

    /// What a batch must carry for this objective.
    Set<Need> needs();

    /// Whether single tokens get a derivative beyond the one of their sequence.
    default boolean perToken() {
        return false;
    }

    /// Whether every response is a loss term of its own, so that none needs a partner.
    default boolean unary() {
        return false;
    }

    /// How the reference moves during training; empty for a fixed one.
    default Optional<ReferenceUpdate> referenceUpdate() {
        return Optional.empty();
    }

    /// State before the first batch; empty for objectives without memory.
    default double[] initialState() {
        return new double[0];
    }

    /// Quantities of this batch that are held constant under differentiation. Updates `state` in place.
    default double[] constants(PairBatch batch, double[] state) {
        return new double[0];
    }

    /// Losses and derivatives of a batch, given its constants.
    ///
    /// @param batch     log-probs in nats
    /// @param constants as [#constants] returned them for this batch
    /// @param out       overwritten
    void evaluate(PairBatch batch, double[] constants, PairLoss out);

    /// What a trainer calls once per batch: checks the batch, updates the state, evaluates.
    default void loss(PairBatch batch, double[] state, PairLoss out) {
        batch.requireNeedsOf(this);
        evaluate(batch, constants(batch, state), out);
    }
}
