package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;

/// One op of a program with its buffers, ready to run.
public interface Kernel {
    void run(Batch batch);
}
