package dev.daa.bench.violating.train.data;

import dev.daa.bench.violating.train.align.UsesSibling;
import java.util.ArrayList;
import java.util.List;

public final class KnowsAnAlgorithm {
    List<UsesSibling> algorithms = new ArrayList<>();

    void add() {
        algorithms.add(new UsesSibling());
    }
}
