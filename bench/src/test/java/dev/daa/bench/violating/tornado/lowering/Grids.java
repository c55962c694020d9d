package dev.daa.bench.violating.tornado.lowering;

public final class Grids {}
