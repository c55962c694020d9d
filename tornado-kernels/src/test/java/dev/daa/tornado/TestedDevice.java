package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.compute.GraphCheck;

/// The device that the tests run on: the first GPU or else the first device, or what `-Ddaa.device=tornado:1:0` names.
final class TestedDevice {
    static final String NAME = System.getProperty("daa.device", "tornado");

    private TestedDevice() {}

    /// On CUDA products always have as many rows as their program can take, and the compiler contracts products.
    static GraphCheck.Terms terms() {
        return new GraphCheck.Terms(!isCuda(), 0, isCuda());
    }

    static boolean isCuda() {
        try (Backend backend = Backend.open(NAME, 1)) {
            return backend.description().contains("CUDA");
        }
    }
}
