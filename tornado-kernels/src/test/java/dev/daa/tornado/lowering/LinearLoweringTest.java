package dev.daa.tornado.lowering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.MatmulPrecision;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import dev.daa.tornado.Traits;
import dev.daa.tornado.kernel.Memory;
import java.util.List;
import org.junit.jupiter.api.Test;
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
        DeviceTraits traits = Traits.of(true);
        Buffers buffers = new Buffers(graph, capacity, List.of(new TornadoParameters(policy)), traits);
        List<Launch> launches = new LinearLowering(buffers, capacity).addLinearBackward(backward);
        assertThat(launches.stream().map(Launch::kernel))
                .containsExactly("addLinearParts", "columnTotals", "addLinearInput");
        assertThat(launches.getFirst().grid()).isEqualTo(Grid.lanes((long) parts * columns * rank));
        assertThat(buffers.columnParts(columns * rank, 0).getSize()).isEqualTo(parts * columns * rank);
    }

    /// A matrix of 11 rows that lie 32 apart, as it is, transposed with 29 of its columns, and in a longer array;
    /// one value; a single column, whose array ends with its last value.
    @ParameterizedTest
    @CsvSource({"352,11,32,32,1,352", "352,29,1,11,32,352", "1000,29,1,11,32,352", "1,1,1,1,1,1", "321,11,32,1,1,321"})
    void aMatrixIsRoundedInWholeRows(int array, int rows, int row, int columns, int column, int expected) {
        assertThat(Product.places(Memory.floats(array), rows, row, columns, column))
                .isEqualTo(expected);
    }

    /// In bfloat16 the gradients of the weight and of the rows both read the derivatives, as they are and
    /// transposed: these are rounded once. Needs TornadoVM's binding of cuBLAS.
    @Test
    void whatTwoProductsReadIsRoundedOnce() {
        assumeTrue(hasCublas(), "TornadoVM was built without cuBLAS");
        ParameterLayout policy = new ParameterLayout("policy");
        Graph graph = new Graph().with(policy);
        Tensor in = graph.embedding("in", policy.add("table", 7, 3), null);
        Tensor out = graph.linear("out", in, policy.add("weight", 5, 3), null, null);
        graph.differentiate(policy, out);
        Op.LinearBackward backward = graph.backward().stream()
                .filter(Op.LinearBackward.class::isInstance)
                .map(Op.LinearBackward.class::cast)
                .findFirst()
                .orElseThrow();
        Capacity capacity = Capacity.training(100, 1, 0, 0);
        DeviceTraits traits = Traits.cuda(MatmulPrecision.BF16);
        Buffers buffers = new Buffers(graph, capacity, List.of(new TornadoParameters(policy)), traits);
        List<Launch> launches = new LinearLowering(buffers, capacity).linearBackward(backward);
        assertThat(launches.stream().map(Launch::kernel))
                .containsExactly(
                        "linearWeightRound",
                        "linearWeightRound",
                        "linearWeight",
                        "linearWeightFinish",
                        "linearInputRound",
                        "linearInput",
                        "linearInputFinish");
        assertThat(launches.get(2).arguments())
                .contains(launches.getFirst().arguments().get(2));
        assertThat(launches.get(5).arguments())
                .contains(launches.getFirst().arguments().get(2));
    }

    private static boolean hasCublas() {
        try {
            Class.forName("uk.ac.manchester.tornado.cublas.CuBlas");
            return true;
        } catch (ClassNotFoundException _) {
            return false;
        }
    }
}
