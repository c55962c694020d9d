package dev.daa.bench.violating.eval.study.stage;

public final class SomeStage {}
