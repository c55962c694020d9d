package dev.daa.tornado;

import dev.daa.compute.Backend;

/// The device that the tests run on: the first GPU or else the first device, or what `-Ddaa.device=tornado:1:0` names.
final class TestedDevice {
    static final String NAME = System.getProperty("daa.device", "tornado");

    private TestedDevice() {}

    static boolean isCuda() {
        try (Backend backend = Backend.open(NAME, 1)) {
            return backend.description().contains("CUDA");
        }
    }
}
