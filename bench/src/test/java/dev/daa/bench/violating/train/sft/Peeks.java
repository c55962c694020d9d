package dev.daa.bench.violating.train.sft;

public final class Peeks {
    double goldReward = 1;
}
