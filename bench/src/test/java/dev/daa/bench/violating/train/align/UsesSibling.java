package dev.daa.bench.violating.train.align;

import dev.daa.bench.violating.train.data.KnowsAnAlgorithm;
import dev.daa.bench.violating.train.sft.Peeks;

public final class UsesSibling {
    Peeks sibling = new Peeks();
    KnowsAnAlgorithm data = new KnowsAnAlgorithm();
}
