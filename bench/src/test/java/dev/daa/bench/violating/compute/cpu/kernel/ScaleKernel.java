package dev.daa.bench.violating.compute.cpu.kernel;

public final class ScaleKernel {}
