package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.MemoryPlan.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryPlanTest {
    private static final Capacity CAPACITY = Capacity.training(33, 3, 29, 2);

    private static Graph training(SmallTransformer model) {
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        return graph.differentiate(model.layout(), head.logProb()).adamW(model.layout(), 1, 0.9f, 0.95f, 1e-8f, 0);
    }

    /// Plays the step by hand: a value that an op reads must still be the one that was written for it.
    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void everyValueIsThereWhenItIsRead(SmallTransformer.Kind kind) {
        Graph graph = training(new SmallTransformer(kind));
        MemoryPlan plan = MemoryPlan.of(graph, CAPACITY);
        int[] owner = new int[plan.bufferSizes().size()];
        Arrays.fill(owner, -1);
        // What the caller writes is there from the start.
        graph.tensors().stream().filter(plan::kept).forEach(tensor -> owner[plan.buffer(tensor)] = tensor.id());
        List<Op> ops = new ArrayList<>(graph.forward());
        ops.addAll(graph.backward());
        for (Op op : ops) {
            Access access = Access.of(op);
            for (Tensor tensor : access.reads()) {
                assertThat(owner[plan.buffer(tensor)])
                        .as("%s in %s", tensor, op)
                        .isEqualTo(tensor.id());
            }
            for (Tensor tensor : access.writes()) {
                assertThat(plan.bufferSizes().get(plan.buffer(tensor)))
                        .isGreaterThanOrEqualTo((long) tensor.rows(CAPACITY) * tensor.width());
                for (Tensor read : access.reads()) {
                    assertThat(read.equals(tensor) || plan.buffer(read) != plan.buffer(tensor))
                            .as("%s reads %s and writes %s", op, read, tensor)
                            .isTrue();
                }
                owner[plan.buffer(tensor)] = tensor.id();
            }
        }
        graph.tensors().stream()
                .filter(plan::kept)
                .forEach(tensor -> assertThat(owner[plan.buffer(tensor)]).isEqualTo(tensor.id()));
    }

    @Test
    void tensorsThatDoNotMeetShareMemory() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph forward = new Graph().with(model.layout());
        forward.tokenLogProb("logProb", model.hidden(forward), model.head());
        long unshared = forward.tensors().stream()
                .mapToLong(tensor -> 4L * tensor.rows(CAPACITY) * tensor.width())
                .sum();
        MemoryPlan plan = MemoryPlan.of(forward, CAPACITY);
        assertThat(plan.bytes(Part.ACTIVATIONS)).isLessThan(unshared / 2);
        assertThat(plan.bytes(Part.GRADIENTS)).isZero();
        assertThat(plan.bytes(Part.OPTIMIZER)).isZero();
        assertThat(plan.bytes(Part.CACHE)).isZero();
    }

    @Test
    void partsAreCounted() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.LLAMA);
        MemoryPlan plan = MemoryPlan.of(training(model), CAPACITY);
        long parameters = 4L * model.layout().size();
        assertThat(plan.bytes(Part.PARAMETERS)).isEqualTo(parameters);
        assertThat(plan.bytes(Part.GRADIENTS)).isEqualTo(parameters);
        assertThat(plan.bytes(Part.OPTIMIZER)).isEqualTo(2 * parameters);
        // 29 targets of 11 logits, and their rows of 24 values with derivatives.
        assertThat(plan.bytes(Part.LOGITS)).isEqualTo(4L * 29 * (11 + 2 * 24));
        assertThat(plan.totalBytes())
                .isEqualTo(Arrays.stream(Part.values()).mapToLong(plan::bytes).sum());

        Graph decoding = new Graph().with(model.layout());
        model.decodingHidden(decoding);
        // Two layers of keys and values of one head of 8 for 50 positions.
        assertThat(MemoryPlan.of(decoding, Capacity.decoding(3, 3, 50)).bytes(Part.CACHE))
                .isEqualTo(4L * 2 * 2 * 8 * 50);
    }

    @Test
    void programsOnADeviceHaveACopyOfTheirParametersEach() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph graph = training(model);
        long parameters = 4L * model.layout().size();
        MemoryPlan host = MemoryPlan.of(graph, CAPACITY);
        MemoryPlan device = MemoryPlan.onDevice(graph, CAPACITY, LogitsMemory.HOST);
        assertThat(JointMemory.of(host, host).add(model.layout()).bytes(Part.PARAMETERS))
                .isEqualTo(parameters);
        JointMemory copies = JointMemory.of(device).add(JointMemory.of(device).add(model.layout()));
        assertThat(copies.bytes(Part.PARAMETERS)).isEqualTo(2 * parameters);
        assertThat(copies.totalBytes()).isEqualTo(2 * device.totalBytes());
        assertThat(copies.toString()).contains("parameters " + MemoryPlan.mebibytes(2 * parameters));
    }

    @Test
    void whatOneArrayCannotHoldIsRefused() {
        MemoryPlan plan = MemoryPlan.of(training(new SmallTransformer(SmallTransformer.Kind.GPT2)), CAPACITY);
        long largest =
                plan.bufferSizes().stream().mapToLong(Long::longValue).max().orElseThrow();
        plan.requireArraysHold(largest, Map.of());
        assertThatThrownBy(() -> plan.requireArraysHold(largest - 1, Map.of(Part.ACTIVATIONS, "--micro-batch")))
                .isInstanceOf(InputException.class)
                .hasMessage("a tensor of " + largest + " values is needed, an array has at most " + (largest - 1)
                        + ": reduce --micro-batch");
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph decoding = new Graph().with(model.layout());
        model.decodingHidden(decoding);
        MemoryPlan cached = MemoryPlan.of(decoding, Capacity.decoding(1, 1, 1 << 20));
        assertThatThrownBy(() -> cached.requireArraysHold(1 << 20, Map.of(Part.CACHE, "--max-tokens")))
                .hasMessageEndingWith("an array has at most 1048576: reduce --max-tokens");
    }

    @Test
    void tooMuchIsRefusedWithBothNumbersAndARemedy() {
        MemoryPlan plan = MemoryPlan.of(training(new SmallTransformer(SmallTransformer.Kind.GPT2)), CAPACITY);
        plan.requireFits(plan.totalBytes(), Map.of());
        assertThatThrownBy(() -> plan.requireFits(
                        1 << 16,
                        Map.of(Part.ACTIVATIONS, "--batch", Part.OPTIMIZER, "the model", Part.LOGITS, "--batch")))
                .isInstanceOf(InputException.class)
                .hasMessageMatching("needs 0\\.\\d MiB of memory, 0\\.1 MiB are available; "
                        + "the largest part is (activations|optimizer) \\(0\\.\\d MiB\\): reduce (--batch|the model)");
    }
}
