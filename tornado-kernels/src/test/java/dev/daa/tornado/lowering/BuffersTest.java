package dev.daa.tornado.lowering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.LogitsMemory;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import dev.daa.tornado.Traits;
import dev.daa.tornado.kernel.Tables;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BuffersTest {
    @Test
    void aProgramWithoutABackwardPassHasNoGroupings() {
        Capacity capacity = Capacity.training(100, 1, 10, 10);
        int forward = new Tables(capacity, 0, Set.of(), false, false).ints.getSize();
        int both = new Tables(capacity, 0, Set.of(), false, true).ints.getSize();
        // Two groupings of rows by key, and those of targets and scores by row.
        assertThat(both - forward).isEqualTo(2 * 3 * 100 + (100 + 10) + (100 + 10));
        ParameterLayout policy = new ParameterLayout("policy");
        Graph graph = new Graph().with(policy);
        graph.embedding("hidden", policy.add("table", 7, 3), null);
        DeviceTraits traits = Traits.of(false);
        Buffers buffers = new Buffers(graph, capacity, List.of(new TornadoParameters(policy)), traits);
        assertThat(buffers.tables().ints.getSize()).isEqualTo(forward);
    }

    /// Logits that fit are kept for the backward pass, those that only the collision probability reads are not: the
    /// memory plan counts a block of them.
    @Test
    void logitsThatNoBackwardPassReadsTakeABlock() {
        ParameterLayout policy = new ParameterLayout("policy");
        Parameter weight = policy.add("weight", 7, 3);
        Graph graph = new Graph().with(policy);
        Tensor hidden = graph.embedding("hidden", policy.add("table", 7, 3), null);
        Op.TokenLogProb head = graph.tokenLogProb("head", hidden, weight);
        Op.TokenConcentration concentration = graph.tokenConcentration("concentration", hidden, weight, 1);
        graph.differentiate(policy, head.logProb());
        int targets = 2 * LogitsMemory.HOST.rows();
        Capacity capacity = Capacity.training(targets, 1, targets, 0);
        DeviceTraits traits = Traits.of(false);
        Buffers buffers = new Buffers(graph, capacity, List.of(new TornadoParameters(policy)), traits);
        assertThat(new HeadLowering(buffers, capacity).forward(List.of(head, concentration)))
                .extracting(Lowering.Blocks::rows)
                .containsExactly(targets, LogitsMemory.HOST.rows());
    }

    /// Training asks for the collision probability alone.
    @ParameterizedTest
    @CsvSource({"0,false", "1,true", "10,true"})
    void theLikeliestTokensAreLookedForWhereTheyAreWanted(int top, boolean wanted) {
        ParameterLayout policy = new ParameterLayout("policy");
        Parameter weight = policy.add("weight", 7, 3);
        Graph graph = new Graph().with(policy);
        Tensor hidden = graph.embedding("hidden", policy.add("table", 7, 3), null);
        Op.TokenConcentration concentration = graph.tokenConcentration("concentration", hidden, weight, top);
        Capacity capacity = Capacity.training(13, 1, 13, 0);
        DeviceTraits traits = Traits.of(false);
        Buffers buffers = new Buffers(graph, capacity, List.of(new TornadoParameters(policy)), traits);
        List<Launch> launches = new HeadLowering(buffers, capacity)
                .forward(List.of(concentration))
                .getFirst()
                .launches();
        assertThat(launches.stream().map(Launch::kernel)).contains("collision");
        assertThat(launches.stream().anyMatch(launch -> launch.kernel().equals("likeliest")))
                .isEqualTo(wanted);
    }
}
