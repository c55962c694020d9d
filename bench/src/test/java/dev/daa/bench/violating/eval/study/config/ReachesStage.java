package dev.daa.bench.violating.eval.study.config;

import dev.daa.bench.violating.eval.study.stage.SomeStage;

final class ReachesStage {
    SomeStage up = new SomeStage();
}
