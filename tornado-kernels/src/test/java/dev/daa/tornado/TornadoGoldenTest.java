package dev.daa.tornado;

import dev.daa.compute.Backend;
import dev.daa.train.GoldenTrajectoryTest;

class TornadoGoldenTest extends GoldenTrajectoryTest {
    @Override
    protected Backend open() {
        return Backend.open(TestedDevice.NAME, 2);
    }
}
