package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MatmulPrecision;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LinearLoweringTest {
    /// The gradient of an adapter's second map has few values, each a sum over all rows: lanes share the rows.
    @ParameterizedTest
    @CsvSource({"96,2,64", "512,16,32", "4096,128,1"})
    void lanesShareTheRowsOfAnAdaptersGradient(int columns, int rank, int parts) {
        ParameterLayout policy = new ParameterLayout("policy");
        Parameter up = policy.add("B", columns, rank);
        Graph graph = new Graph().with(policy);
        Tensor low = graph.embedding("low", policy.add("table", 7, rank), null);
        Tensor out = graph.embedding("out", policy.add("wide", 7, columns), null);
        graph.addLinear(low, up, 1, 0, out);
        graph.differentiate(policy, out);
        Op.AddLinearBackward backward = graph.backward().stream()
                .filter(Op.AddLinearBackward.class::isInstance)
                .map(Op.AddLinearBackward.class::cast)
                .findFirst()
                .orElseThrow();
        Capacity capacity = Capacity.training(100, 1, 0, 0);
        DeviceTraits traits = new DeviceTraits(false, false, true, MatmulPrecision.FP32);
        Buffers buffers = new Buffers(graph, capacity, List.of(new TornadoParameters(policy)), traits);
        List<Launch> launches = new LinearLowering(buffers, capacity).addLinearBackward(backward);
        assertThat(launches.stream().map(Launch::kernel))
                .containsExactly("addLinearParts", "columnTotals", "addLinearInput");
        assertThat(launches.getFirst().grid()).isEqualTo(Grid.lanes((long) parts * columns * rank));
        assertThat(buffers.columnParts(columns * rank, 0).getSize()).isEqualTo(parts * columns * rank);
    }
}
