package dev.daa.train.objective;

import java.util.Optional;
import java.util.Set;

/// An objective whose reference follows the policy: TR-DPO (2404.09656). The loss is the base's; the trainer moves the
/// reference.
///
/// @param name   as in configs
/// @param base   the loss
/// @param update how far and how often the reference moves
public record MovingReferenceObjective(String name, Objective base, ReferenceUpdate update) implements Objective {

    @Override
    public Set<Need> needs() {
        return base.needs();
    }

    @Override
    public boolean perToken() {
        return base.perToken();
    }

    @Override
    public Optional<ReferenceUpdate> referenceUpdate() {
        return Optional.of(update);
    }

    @Override
    public double[] initialState() {
        return base.initialState();
    }

    @Override
    public double[] constants(PairBatch batch, double[] state) {
        return base.constants(batch, state);
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        base.evaluate(batch, constants, out);
    }
}
