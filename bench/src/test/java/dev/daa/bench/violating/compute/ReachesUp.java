package dev.daa.bench.violating.compute;

import dev.daa.bench.violating.model.Prints;

final class ReachesUp {
    Prints up = new Prints();
}
