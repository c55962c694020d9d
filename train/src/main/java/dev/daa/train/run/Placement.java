package dev.daa.train.run;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.train.config.Setting;

/// Where a run computes; changes no result beyond the stated tolerance between backends.
public record Placement(
        @Setting(
                value = "where graphs run: cpu, or what `daa devices` lists; auto takes the first GPU, else the CPU",
                byDefault = "auto")
        String backend,

        @Setting(value = "matrix products: fp32, on CUDA devices also tf32 or bf16", byDefault = "fp32")
        String matmulPrecision,

        @Setting(value = "threads; 0 takes one per core", byDefault = "0")
        int threads) {
    public Placement {
        MatmulPrecision.of(matmulPrecision);
        if (threads < 0) {
            throw new InputException("threads is " + threads + ", expected 0 (one per core) or more");
        }
    }

    /// The backend that [#open] takes: `cpu`, `tornado:0:0`.
    public String chosen() {
        return Backend.choose(backend).name();
    }

    public Backend open() {
        return Backend.open(
                backend,
                threads == 0 ? Runtime.getRuntime().availableProcessors() : threads,
                MatmulPrecision.of(matmulPrecision));
    }
}
