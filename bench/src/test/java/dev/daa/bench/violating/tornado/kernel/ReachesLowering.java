package dev.daa.bench.violating.tornado.kernel;

import dev.daa.bench.violating.tornado.lowering.Grids;

final class ReachesLowering {
    Grids up = new Grids();
}
