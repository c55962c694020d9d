package dev.daa.compute.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import org.junit.jupiter.api.Test;

class CpuBackendTest extends BackendContract {
    @Override
    protected Backend open(int threads) {
        return Backend.open("cpu", threads);
    }

    @Test
    void adoptedValuesLieInMemoryOnce() {
        ParameterLayout layout = new ParameterLayout("adopted");
        layout.add("weight", 2, 3);
        float[][] arrays = layout.zeros();
        arrays[0][5] = 7;
        try (Backend backend = open(1)) {
            Parameters parameters = backend.adopt(layout, () -> arrays);
            assertThat(parameters.copy(0)).containsExactly(arrays[0]);
            arrays[0][0] = 3;
            assertThat(parameters.copy(0)[0]).isEqualTo(3);
        }
    }
}
