package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.Tensor.Extent;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every backend must do of heads: log-probabilities, scores and divergences against the [Oracle] and closed
/// forms.
interface HeadContract extends TestedBackend {
    /// The fifth case takes more rows than a block has; the capacity of the last is too large for logits to be kept
    /// between the passes.
    @ParameterizedTest
    @CsvSource({
        "86,64,1,29,29",
        "7,13,0.7,29,30",
        "257,33,1.3,29,29",
        "5003,7,0.5,5,9",
        "7,13,0.7,1100,1200",
        "5003,7,0.5,5,14000"
    })
    default void tokenLogProb(int vocabulary, int width, float temperature, int targets, int targetCapacity) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", vocabulary, width);
        Batch batch = new Batch(Capacity.training(36, 1, targetCapacity, 0));
        batch.addSegment(new int[33], 0, 33, -1);
        batch.temperature = temperature;
        SplittableRandom random = new SplittableRandom(3);
        for (int t = 0; t < targets; t++) {
            batch.addTarget(t < 5 ? 4 : random.nextInt(33), random.nextInt(vocabulary));
        }
        for (boolean withEntropy : new boolean[] {false, true}) {
            Graph graph = new Graph().with(layout);
            Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, width);
            Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, weight);
            GraphCheck check = new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                    .inputs(hidden)
                    .outputs(head.logProb());
            if (withEntropy) {
                check.outputs(head.entropy());
                graph.differentiate(layout, head.logProb(), head.entropy());
            } else {
                graph.differentiate(layout, head.logProb());
            }
            check.tolerance(1e-5)
                    .scale(0.5)
                    .coordinates(vocabulary > 1000 ? 5 : 12)
                    .on(terms())
                    .run();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 64, 257})
    default void scalarHead(int width) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", width);
        Graph graph = new Graph().with(layout);
        Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, width);
        Tensor out = graph.scalarHead("score", hidden, weight);
        graph.differentiate(layout, out);
        Batch batch = SmallBatches.rows(33);
        for (int row : new int[] {0, 7, 7, 32, 13}) {
            batch.addScore(row);
        }
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(hidden)
                .outputs(out)
                .on(terms())
                .run();
    }

    /// The last case takes more rows than a block has, the one before it too many targets for logits to be kept
    /// between the passes.
    @ParameterizedTest
    @CsvSource({"86,64,1,13,36", "7,13,0.7,13,36", "5003,7,1.5,13,36", "5003,7,0.5,13,14000", "7,13,0.7,1100,1200"})
    default void tokenKl(int vocabulary, int width, float temperature, int targets, int targetCapacity) {
        ParameterLayout policy = new ParameterLayout("policy");
        ParameterLayout reference = new ParameterLayout("reference");
        Parameter weight = policy.add("weight", vocabulary, width);
        Parameter referenceWeight = reference.add("weight", vocabulary, width);
        Batch batch = new Batch(Capacity.training(36, 1, targetCapacity, 0));
        SplittableRandom random = new SplittableRandom(3);
        batch.addSegment(random.ints(33, 0, vocabulary).toArray(), 0, 33, -1);
        batch.temperature = temperature;
        for (int t = 0; t < targets; t++) {
            batch.addTarget(t < 3 ? 4 : random.nextInt(33), random.nextInt(vocabulary));
        }
        for (boolean withLogProb : new boolean[] {false, true}) {
            Graph graph = new Graph().with(policy).with(reference);
            Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, width);
            // The reference's rows depend on no trained parameter.
            Tensor held = graph.embedding("held", referenceWeight, null);
            Tensor out = graph.tokenKl("kl", held, referenceWeight, hidden, weight);
            GraphCheck check = new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                    .inputs(hidden)
                    .outputs(out)
                    .on(terms());
            if (withLogProb) {
                // Two heads bring their derivatives to the same hidden rows.
                Tensor logProb = graph.tokenLogProb("logProb", hidden, weight).logProb();
                check.outputs(logProb);
                graph.differentiate(policy, out, logProb);
            } else {
                graph.differentiate(policy, out);
            }
            check.scale(0.5).coordinates(vocabulary > 1000 ? 5 : 12).run();
        }
    }

    /// One model against itself has no divergence, and a shift of all its logits changes nothing; two certain
    /// models that disagree are as far apart as their logits say.
    @Test
    default void divergenceOfKnownDistributions() {
        ParameterLayout policy = new ParameterLayout("policy");
        ParameterLayout reference = new ParameterLayout("reference");
        Parameter weight = policy.add("weight", 3, 1);
        Parameter referenceWeight = reference.add("weight", 3, 1);
        Graph graph = new Graph().with(policy).with(reference);
        Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, 1);
        Tensor held = graph.embedding("held", reference.add("one", 1, 1), null);
        Tensor out = graph.tokenKl("kl", held, referenceWeight, hidden, weight);
        Op.TokenConcentration concentration = graph.tokenConcentration("concentration", hidden, weight, 2);
        graph.differentiate(policy, out);
        Batch batch = SmallBatches.rows(1);
        batch.addTarget(0, 0);
        Backend backend = backend();
        Parameters values = backend.allocate(policy);
        Parameters referenceValues = backend.allocate(reference);
        try (Program program = backend.compile(graph, batch.capacity(), List.of(values, referenceValues))) {
            program.write(hidden, batch, new float[] {1});
            float[] found = new float[1];
            float[] gradient = new float[3];

            values.write(new float[] {7 + (float) Math.log(0.5), 7 + (float) Math.log(0.3), 7 + (float) Math.log(0.2)});
            referenceValues.write(new float[] {(float) Math.log(0.5), (float) Math.log(0.3), (float) Math.log(0.2), 1});
            program.forward(batch);
            program.read(out, batch, found);
            assertThat(found[0]).isCloseTo(0, within(1e-6));
            program.read(concentration.logCollision(), batch, found);
            // 0.25 + 0.09 + 0.04
            assertThat(found[0]).isCloseTo((float) Math.log(0.38), within(1e-5));
            program.read(Objects.requireNonNull(concentration.topMass()), batch, found);
            assertThat(found[0]).isCloseTo(0.8f, within(1e-5));
            // Of 5/8 and 3/8.
            program.read(Objects.requireNonNull(concentration.topEntropy()), batch, found);
            assertThat(found[0]).isCloseTo(0.6615632f, within(1e-5));

            values.write(new float[] {(float) Math.log(0.2), (float) Math.log(0.2), (float) Math.log(0.6)});
            program.write(hidden, batch, new float[] {1});
            program.forward(batch);
            program.read(out, batch, found);
            double expected = 0.5 * Math.log(0.5 / 0.2) + 0.3 * Math.log(0.3 / 0.2) + 0.2 * Math.log(0.2 / 0.6);
            assertThat(found[0]).isCloseTo((float) expected, within(1e-6));
            // Of 3/4 and 1/4: of two equal tokens one is among the likeliest.
            program.read(Objects.requireNonNull(concentration.topEntropy()), batch, found);
            assertThat(found[0]).isCloseTo(0.5623351f, within(1e-5));
            program.write(graph.gradient(out), batch, new float[] {2});
            program.backward(batch);
            program.gradients().read(gradient);
            // 2·(q − p)
            assertThat(gradient).containsExactly(new float[] {-0.6f, -0.2f, 0.8f}, within(1e-6));

            values.write(new float[] {0, 80, -1000});
            referenceValues.write(new float[] {80, 0, -1000, 1});
            program.write(hidden, batch, new float[] {1});
            program.forward(batch);
            program.read(out, batch, found);
            assertThat(found[0]).isCloseTo(80, within(1e-4));
        }
    }

    /// What single values may be off by: more than `tolerance` only where products round what they multiply to so
    /// few bits that it shows in one of them, as bfloat16 does and TF32, which a library may use for a product or
    /// not.
    private Offset<Float> within(double tolerance) {
        double error = terms().normalizedError();
        return Offset.offset((float) (error > 1e-6 ? Math.sqrt(error) / 2 : tolerance));
    }

    @Test
    default void theFirstModelOfADivergenceIsHeld() {
        ParameterLayout policy = new ParameterLayout("policy");
        Parameter weight = policy.add("weight", 3, 1);
        Graph graph = new Graph().with(policy);
        Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, 1);
        Tensor out = graph.tokenKl("kl", hidden, weight, hidden, weight);
        assertThatThrownBy(() -> graph.differentiate(policy, out)).hasMessageContaining("has no derivative");
    }

    @Test
    default void aHeadsEntropyIsNotDifferentiatedAlone() {
        for (boolean entropy : new boolean[] {true, false}) {
            ParameterLayout policy = new ParameterLayout("policy");
            Graph graph = new Graph().with(policy);
            Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, 1);
            Op.TokenLogProb head = graph.tokenLogProb("head", hidden, policy.add("weight", 3, 1));
            assertThatThrownBy(() -> graph.differentiate(policy, entropy ? head.entropy() : head.logSumExp()))
                    .hasMessageContaining("has no derivative");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "86,64,1,13,10",
        "7,13,0.7,33,10",
        "5003,7,1.5,5,64",
        "7,13,0.7,1100,1",
        "257,1,0.5,33,3",
        "86,33,0.7,35,0"
    })
    default void tokenConcentration(int vocabulary, int width, float temperature, int targets, int top) {
        ParameterLayout policy = new ParameterLayout("policy");
        Graph graph = new Graph().with(policy);
        Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, width);
        Op.TokenConcentration head =
                graph.tokenConcentration("concentration", hidden, policy.add("weight", vocabulary, width), top);
        Batch batch = new Batch(Capacity.training(36, 1, targets + 3, 0));
        batch.addSegment(new int[33], 0, 33, -1);
        batch.temperature = temperature;
        for (int t = 0; t < targets; t++) {
            batch.addTarget(t % 33, 0);
        }
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(hidden)
                .outputs(Access.of(head).writes().toArray(Tensor[]::new))
                .scale(0.5)
                .on(terms())
                .run();
    }
}
