package dev.daa.bench.violating.model;

public final class Prints {
    void print() {
        System.out.println();
    }
}
