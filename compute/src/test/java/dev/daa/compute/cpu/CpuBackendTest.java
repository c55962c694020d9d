package dev.daa.compute.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.Backend;
import dev.daa.compute.BackendContract;
import dev.daa.compute.Batch;
import dev.daa.compute.DeviceProfile;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.SmallBatches;
import dev.daa.compute.SmallTransformer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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

    /// Every kernel counts once a pass, products by their sizes, and only in programs compiled since the start.
    @Test
    void aProfileCountsTheKernelsOfEachPass() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph graph = new Graph().with(model.layout());
        Op.TokenLogProb head = graph.tokenLogProb("logProb", model.hidden(graph), model.head());
        graph.differentiate(model.layout(), head.logProb()).adamW(model.layout(), 1, 0.9f, 0.95f, 1e-8f, 0.01f);
        Batch batch = SmallBatches.segments(5, 7);
        batch.addTarget(3, 1);
        try (Backend backend = open(2)) {
            List<Parameters> parameters = List.of(backend.allocate(model.layout()));
            assertThatThrownBy(backend::profile).isInstanceOf(IllegalStateException.class);
            try (Program before = backend.compile(graph, batch.capacity(), parameters)) {
                backend.startProfile();
                before.forward(batch);
                assertThat(backend.profile().kernels()).isEmpty();
            }
            try (Program program = backend.compile(graph, batch.capacity(), parameters)) {
                for (int step = 1; step <= 3; step++) {
                    program.forward(batch);
                    program.backward(batch);
                    program.update(0.01f, step);
                }
                program.forward(batch);
            }
            Map<String, Long> launches = backend.profile().kernels().stream()
                    .collect(Collectors.toMap(DeviceProfile.Kernel::name, DeviceProfile.Kernel::launches));
            assertThat(launches)
                    .containsEntry("attention", 8L)
                    .containsEntry("attentionBackward", 6L)
                    .containsEntry("layerNorm", 20L)
                    .containsEntry("linear 24→40", 8L)
                    .containsEntry("linearBackward 40→24", 6L)
                    .containsEntry("update", 3L);
            assertThat(backend.profile().kernels())
                    .allSatisfy(kernel -> assertThat(kernel.seconds()).isPositive())
                    .isSortedAccordingTo(Comparator.comparingDouble(DeviceProfile.Kernel::seconds)
                            .reversed());
        }
    }
}
