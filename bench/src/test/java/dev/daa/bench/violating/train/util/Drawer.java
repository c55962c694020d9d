package dev.daa.bench.violating.train.util;

final class Drawer {}
