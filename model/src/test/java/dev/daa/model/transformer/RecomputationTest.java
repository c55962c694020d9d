package dev.daa.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Flops;
import dev.daa.compute.Graph;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.MemoryPlan.Part;
import dev.daa.compute.Op;
import dev.daa.compute.Program;
import dev.daa.model.score.Packing;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Activations that are computed again instead of kept.
final class RecomputationTest {
    private static final int VOCABULARY = 33;

    static List<TransformerConfig> families() {
        return List.of(
                TransformerConfig.gpt2(VOCABULARY, 24, 5, 3, 64),
                TransformerConfig.gptNeox(VOCABULARY, 24, 5, 3, 64, 0.25f),
                TransformerConfig.llama(VOCABULARY, 24, 5, 4, 2, 40, 64));
    }

    private record Recorded(Graph graph, Op.TokenLogProb output) {
        static Recorded of(TransformerParameters parameters, boolean recompute) {
            Graph graph = new Graph();
            Op.TokenLogProb output =
                    graph.tokenLogProb("logProb", Transformer.record(graph, parameters), parameters.headWeight());
            graph.differentiate(parameters.layout(), recompute, output.logProb());
            return new Recorded(graph, output);
        }
    }

    private static float[] gradients(Backend backend, Model model, boolean recompute) {
        Recorded recorded = Recorded.of(model.parameters(), recompute);
        Capacity capacity = Capacity.training(64, 8, 64, 0);
        Batch batch = new Batch(capacity);
        Packing packing = new Packing(batch);
        packing.clear();
        packing.addScored(new int[] {1, 2, 3}, new int[] {4, 5, 6, 7, 8, 9, 0});
        packing.addScored(new int[] {1, 2, 3}, new int[] {10, 11, 0});
        packing.addScored(new int[] {12}, new int[] {13, 14, 15, 16, 17, 0});
        float[] derivatives = new float[batch.targets()];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < derivatives.length; i++) {
            derivatives[i] = (float) random.nextDouble(-1, 1);
        }
        try (Program program = backend.compile(recorded.graph(), capacity, List.of(model.weights()))) {
            for (int repetition = 0; repetition < 2; repetition++) {
                program.forward(batch);
                program.write(recorded.graph().gradient(recorded.output().logProb()), batch, derivatives);
                program.backward(batch);
            }
            float[] gradients = new float[model.parameters().layout().size()];
            program.gradients().read(gradients);
            return gradients;
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void givesTheSameGradientsToTheBit(TransformerConfig config) {
        try (Backend backend = Backend.open("cpu", 2)) {
            Model model = Model.initialize(
                    backend, new TransformerParameters(config, Head.LANGUAGE, "policy"), new SplittableRandom(3));
            float[] kept = gradients(backend, model, false);
            assertThat(kept).doesNotContain(Float.NaN).isNotEqualTo(new float[kept.length]);
            assertThat(gradients(backend, model, true)).isEqualTo(kept);
        }
    }

    /// With L layers a step keeps L inputs of blocks and the activations of one block instead of those of L blocks.
    @ParameterizedTest
    @MethodSource("families")
    void keepsTheInputsOfBlocksOnly(TransformerConfig small) {
        int layers = 24;
        TransformerConfig config = switch (small.family()) {
            case GPT2 -> TransformerConfig.gpt2(VOCABULARY, 240, layers, 3, 64);
            case GPT_NEOX -> TransformerConfig.gptNeox(VOCABULARY, 240, layers, 3, 64, 0.25f);
            case LLAMA -> TransformerConfig.llama(VOCABULARY, 240, layers, 4, 2, 960, 64);
        };
        TransformerParameters parameters = new TransformerParameters(config, Head.LANGUAGE, "policy");
        Capacity capacity = Capacity.training(256, 8, 256, 0);
        long kept = activations(parameters, false, capacity);
        long again = activations(parameters, true, capacity);
        long inputs = (long) layers * 256 * 240 * Float.BYTES;
        assertThat(again).isGreaterThan(inputs);
        // One block: about 16 rows of the width, forward and backward, beside the 24 inputs; 14 × 24 without.
        assertThat(again).isLessThan(inputs + kept / layers * 3);
    }

    private static long activations(TransformerParameters parameters, boolean recompute, Capacity capacity) {
        return MemoryPlan.of(Recorded.of(parameters, recompute).graph(), capacity)
                .bytes(Part.ACTIVATIONS);
    }

    @ParameterizedTest
    @MethodSource("families")
    void countsNoOperationTwice(TransformerConfig config) {
        TransformerParameters parameters = new TransformerParameters(config, Head.LANGUAGE, "policy");
        Batch batch = new Batch(Capacity.training(64, 8, 64, 0));
        Packing packing = new Packing(batch);
        packing.clear();
        packing.addScored(new int[] {1, 2, 3}, new int[] {4, 5, 6});
        assertThat(Flops.backward(Recorded.of(parameters, true).graph(), batch))
                .isEqualTo(Flops.backward(Recorded.of(parameters, false).graph(), batch));
    }
}
