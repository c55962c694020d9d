package dev.daa.train.objective;

import dev.daa.compute.InputException;

/// A moving reference: every `everySteps` optimiser steps, π_ref ← mix·π_θ + (1 − mix)·π_ref on the weights; `mix` 1 is
/// a hard copy.
public record ReferenceUpdate(double mix, int everySteps) {
    public ReferenceUpdate {
        if (!(mix > 0 && mix <= 1)) {
            throw new InputException("reference mix: found " + mix + ", expected a number in (0, 1]");
        }
        if (everySteps < 1) {
            throw new InputException("reference update interval: found " + everySteps + ", expected at least 1 step");
        }
    }
}
