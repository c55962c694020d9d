package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.LogitsMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.tornado.lowering.Buffers;
import dev.daa.tornado.lowering.DeviceTraits;
import dev.daa.tornado.lowering.Lowering;
import dev.daa.tornado.lowering.TornadoParameters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// All heads that scoring has, over two models: log-probabilities, both divergences and the concentration.
@Tag("host")
final class HeadLoweringTest {
    private static final int VOCABULARY = 7;
    private static final int WIDTH = 5;

    private final ParameterLayout policy = new ParameterLayout("policy");
    private final ParameterLayout reference = new ParameterLayout("reference");
    private final Parameter weight = policy.add("weight", VOCABULARY, WIDTH);
    private final Parameter referenceWeight = reference.add("weight", VOCABULARY, WIDTH);
    private final Graph graph = new Graph().with(policy).with(reference);
    private final Tensor hidden = graph.embedding("hidden", policy.add("table", VOCABULARY, WIDTH), null);
    private final Tensor held = graph.embedding("held", reference.add("table", VOCABULARY, WIDTH), null);
    private final Op.TokenLogProb logProb = graph.tokenLogProb("logProb", hidden, weight);
    private final Op.TokenLogProb referenceLogProb = graph.tokenLogProb("reference", held, referenceWeight);
    private final Tensor kl = graph.tokenKl("kl", hidden, weight, held, referenceWeight);
    private final Tensor forwardKl = graph.tokenKl("forwardKl", held, referenceWeight, hidden, weight);
    private final Op.TokenConcentration concentration = graph.tokenConcentration("concentration", hidden, weight, 3);

    /// More than two blocks on a host.
    private static final Capacity CAPACITY = Capacity.training(40, 1, 2 * LogitsMemory.HOST.rows() + 13, 0);

    private static List<Lowering.Step> blocks(Graph graph, List<Parameters> parameters) {
        DeviceTraits traits = Traits.of(false);
        Buffers buffers = new Buffers(graph, CAPACITY, parameters, traits);
        return Lowering.of(graph.forward(), buffers, CAPACITY).stream()
                .filter(Lowering.Blocks.class::isInstance)
                .toList();
    }

    private static long products(List<Lowering.Step> blocks) {
        return blocks.stream()
                .flatMap(step -> ((Lowering.Blocks) step).launches().stream())
                .filter(launch -> launch.kernel().equals("headLogits"))
                .count();
    }

    @Test
    void headsThatReadTheSameLogitsFormThemOnce() {
        List<Parameters> parameters = List.of(new TornadoParameters(policy), new TornadoParameters(reference));
        List<Lowering.Step> together = blocks(graph, parameters);
        assertThat(together).hasSize(1);
        assertThat(products(together)).isEqualTo(2);
        assertThat(MemoryPlan.onDevice(graph, CAPACITY, LogitsMemory.HOST).bytes(MemoryPlan.Part.LOGITS))
                .isEqualTo(2L * (LogitsMemory.HOST.rows() * VOCABULARY + CAPACITY.targets() * WIDTH) * Float.BYTES);
    }

    /// A backward pass turns the logits of each head into their derivatives.
    @Test
    void headsOfATrainingStepHaveLogitsOfTheirOwn() {
        graph.differentiate(reference, referenceLogProb.logProb());
        List<Parameters> parameters = List.of(new TornadoParameters(policy), new TornadoParameters(reference));
        List<Lowering.Step> apart = blocks(graph, parameters);
        assertThat(apart).hasSize(5);
        assertThat(products(apart)).isEqualTo(7);
    }

    @Test
    void allOfThemGiveWhatTheCpuGives() {
        Map<Tensor, float[]> expected;
        try (Backend cpu = Backend.open("cpu", 1)) {
            expected = results(cpu);
        }
        Map<Tensor, float[]> found = results(new HostBackend(false));
        expected.forEach((tensor, values) -> {
            float[] own = Objects.requireNonNull(found.get(tensor));
            for (int i = 0; i < values.length; i++) {
                assertThat(own[i]).as("%s %d", tensor, i).isCloseTo(values[i], within(1e-5f));
            }
        });
    }

    private Map<Tensor, float[]> results(Backend backend) {
        SplittableRandom random = new SplittableRandom(5);
        List<Parameters> parameters = new ArrayList<>();
        for (ParameterLayout layout : graph.layouts()) {
            Parameters values = backend.allocate(layout);
            float[] drawn = new float[layout.size()];
            for (int i = 0; i < drawn.length; i++) {
                drawn[i] = (float) random.nextGaussian();
            }
            values.write(drawn);
            parameters.add(values);
        }
        Batch batch = new Batch(CAPACITY);
        batch.addSegment(random.ints(33, 0, VOCABULARY).toArray(), 0, 33, -1);
        for (int target = 0; target < CAPACITY.targets() - 1; target++) {
            batch.addTarget(random.nextInt(33), random.nextInt(VOCABULARY));
        }
        batch.temperature = 0.7f;
        Map<Tensor, float[]> results = new HashMap<>();
        try (Program program = backend.compile(graph, CAPACITY, parameters)) {
            program.forward(batch);
            for (Tensor tensor : List.of(
                    logProb.logProb(),
                    logProb.entropy(),
                    referenceLogProb.logProb(),
                    kl,
                    forwardKl,
                    concentration.logCollision(),
                    Objects.requireNonNull(concentration.topEntropy()),
                    Objects.requireNonNull(concentration.topMass()))) {
                float[] values = new float[batch.targets()];
                program.read(tensor, batch, values);
                results.put(tensor, values);
            }
        }
        return results;
    }
}
