package dev.daa.compute.cpu;

import dev.daa.compute.Batch;

/// One op of a program with its buffers, ready to run.
interface Kernel {
    void run(Batch batch);
}
