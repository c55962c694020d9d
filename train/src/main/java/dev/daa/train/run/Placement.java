package dev.daa.train.run;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;

/// Where a run computes; changes no result beyond the stated tolerance between backends.
public record Placement(
        @Setting(value = "where graphs run; `daa devices` lists what there is", byDefault = "cpu")
        String backend,

        @Setting(value = "threads; 0 takes one per core", byDefault = "0")
        int threads) {
    public Placement {
        if (threads < 0) {
            throw new InputException("threads is " + threads + ", expected 0 (one per core) or more");
        }
    }

    public Backend open() {
        return Backend.open(backend, threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    }
}
