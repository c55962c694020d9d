package dev.daa.bench.violating.compute.cpu.product;

import dev.daa.bench.violating.compute.cpu.kernel.ScaleKernel;

final class ReachesKernel {
    ScaleKernel up = new ScaleKernel();
}
