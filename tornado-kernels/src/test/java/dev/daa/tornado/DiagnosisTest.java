package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("host")
final class DiagnosisTest {
    /// What an earlier backward pass left in the second of them; the step itself is finite.
    @Test
    void theGradientsOfEveryTrainedLayoutAreLookedAt() {
        ParameterLayout policy = new ParameterLayout("policy");
        ParameterLayout critic = new ParameterLayout("critic");
        Graph graph = new Graph().with(policy).with(critic);
        policy.add("unused", 1);
        Tensor value = graph.embedding("value", critic.add("table", 5, 2), null);
        graph.differentiate(critic, value).rmsProp(policy, 0, 0.9f, 1, 0).rmsProp(critic, 0, 0.9f, 1, 0);
        Batch batch = new Batch(Capacity.training(3, 1, 0, 0));
        batch.addSegment(new int[] {1, 2, 3}, 0, 3, -1);
        try (HostBackend backend = new HostBackend(false)) {
            List<Parameters> parameters = List.of(backend.allocate(policy), backend.allocate(critic));
            try (Program program = backend.compile(graph, batch.capacity(), parameters)) {
                backward(program, graph, value, batch, new float[] {0, 0, 0, Float.NaN, 0, 0});
                backward(program, graph, value, batch, new float[6]);
                assertThat(program.firstNonFinite(batch)).contains("gradient of parameter critic/table");
            }
        }
    }

    private static void backward(Program program, Graph graph, Tensor tensor, Batch batch, float[] derivatives) {
        program.forward(batch);
        program.write(graph.gradient(tensor), batch, derivatives);
        program.backward(batch);
    }
}
