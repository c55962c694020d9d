package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.Tensor.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every backend must do: each op against the [Oracle] at odd sizes, whole transformers, optimizers, sampling. A
/// backend's test extends this and opens its backend.
public abstract class BackendContract {
    private final List<Backend> opened = new ArrayList<>();

    /// Opens the backend under test.
    protected abstract Backend open(int threads);

    /// What graphs are compared by.
    protected GraphCheck.Terms terms() {
        return GraphCheck.Terms.STRICT;
    }

    protected final Backend backend() {
        Backend backend = open(2);
        opened.add(backend);
        return backend;
    }

    @AfterEach
    void closeBackends() {
        opened.forEach(Backend::close);
    }

    /// Rows of one segment, without targets.
    private static Batch rows(int count) {
        Batch batch = new Batch(Capacity.training(count + 3, 2, count + 3, count + 3));
        batch.addSegment(new int[count], 0, count, -1);
        return batch;
    }

    @ParameterizedTest
    @CsvSource({"1,1", "7,13", "33,33", "13,64", "257,7", "5,257"})
    void layerNorm(int rows, int width) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", width);
        Parameter bias = layout.add("bias", width);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, width);
        Tensor out = graph.layerNorm("out", in, weight, bias, 1e-5f);
        graph.differentiate(layout, out);
        Batch batch = rows(rows);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(2e-5)
                // Of one column the derivative is a difference of equal products, times 1/√epsilon.
                .magnitude(width == 1 && terms().contracts() ? 1 : 1e-3)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @CsvSource({"1,1", "7,13", "33,33", "13,64", "257,7", "5,257"})
    void rmsNorm(int rows, int width) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", width);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, width);
        Tensor out = graph.rmsNorm("out", in, weight, 1e-6f);
        graph.differentiate(layout, out);
        Batch batch = rows(rows);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(2e-5)
                // Of one column the derivative is a difference of equal products, times 1/√epsilon.
                .magnitude(width == 1 && terms().contracts() ? 1 : 1e-3)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,true,true",
        "7,13,33,true,false",
        "33,64,7,false,true",
        "257,33,13,false,false",
        "13,257,65,true,true",
        "1030,17,1034,true,true"
    })
    void linear(int rows, int inWidth, int outWidth, boolean withBias, boolean withResidual) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", outWidth, inWidth);
        Parameter bias = withBias ? layout.add("bias", outWidth) : null;
        Parameter table = layout.add("table", 5, outWidth);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, inWidth);
        Tensor residual = withResidual ? graph.embedding("residual", table, null) : null;
        Tensor out = graph.linear("out", in, weight, bias, residual);
        graph.differentiate(layout, out);
        Batch batch = rows(rows);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(1e-5)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @EnumSource(Op.GeluForm.class)
    void gelu(Op.GeluForm form) {
        for (int width : new int[] {1, 13, 64}) {
            ParameterLayout layout = new ParameterLayout("policy");
            layout.add("unused", 1);
            Graph graph = new Graph().with(layout);
            Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, width);
            Tensor out = graph.gelu("out", in, form);
            graph.differentiate(layout, out);
            Batch batch = rows(33);
            new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                    .inputs(in)
                    .outputs(out)
                    .scale(3)
                    .tolerance(1e-6)
                    .on(terms())
                    .run();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 64})
    void swiGlu(int inner) {
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, 2 * inner);
        Tensor out = graph.swiGlu("out", in);
        graph.differentiate(layout, out);
        Batch batch = rows(33);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .scale(2)
                .on(terms())
                .run();
    }

    @ParameterizedTest
    @CsvSource({"2,2,8,8", "4,2,12,4", "3,1,16,16", "2,1,20,10", "1,1,64,16"})
    void rotary(int heads, int keyValueHeads, int headSize, int rotarySize) {
        AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize);
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor qkv = GraphCheck.input(graph, "qkv", Extent.ROWS, shape.packedWidth());
        graph.rotary(qkv, shape, rotarySize, 10_000);
        graph.differentiate(layout, qkv);
        Batch batch = rows(33);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .outputs(qkv)
                .inputs(qkv)
                .on(terms())
                .run();
    }

    /// Segments of odd lengths, some of them sharing prefixes; the continuations of one prefix do not follow each
    /// other.
    static Batch segments(int... lengths) {
        Batch batch = new Batch(Capacity.training(600, 20, 600, 20));
        SplittableRandom random = new SplittableRandom(5);
        int first = -1;
        for (int i = 0; i < lengths.length; i++) {
            int length = Math.abs(lengths[i]);
            int[] tokens = random.ints(length, 0, 11).toArray();
            int segment = batch.addSegment(tokens, 0, length, lengths[i] < 0 ? first : -1);
            if (first < 0 || i == 3) {
                first = segment;
            }
        }
        return batch;
    }

    @ParameterizedTest
    @CsvSource({"2,2,8", "4,2,12", "3,1,16", "2,1,20", "2,2,32", "1,1,64", "2,1,80", "1,1,1"})
    void attention(int heads, int keyValueHeads, int headSize) {
        AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize);
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        // Positive lengths start anew, negative ones continue the first segment or (from the fourth on) the fourth.
        for (Batch batch : List.of(
                segments(1),
                segments(7, -13, -1, 5, -3, 2, -9),
                segments(33),
                segments(65, -70, -1),
                segments(7, -13, -1, 70, -129),
                segments(130, -64, 66))) {
            Graph graph = new Graph().with(layout);
            Tensor qkv = GraphCheck.input(graph, "qkv", Extent.ROWS, shape.packedWidth());
            Tensor out = graph.attention("out", qkv, shape);
            graph.differentiate(layout, out);
            new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                    .inputs(qkv)
                    .outputs(out)
                    .tolerance(5e-6)
                    .on(terms())
                    .run();
        }
    }

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
    void tokenLogProb(int vocabulary, int width, float temperature, int targets, int targetCapacity) {
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
    void scalarHead(int width) {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter weight = layout.add("weight", width);
        Graph graph = new Graph().with(layout);
        Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, width);
        Tensor out = graph.scalarHead("score", hidden, weight);
        graph.differentiate(layout, out);
        Batch batch = rows(33);
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
    void tokenKl(int vocabulary, int width, float temperature, int targets, int targetCapacity) {
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
    void divergenceOfKnownDistributions() {
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
        Batch batch = rows(1);
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

    /// What single values may be off by: more than `tolerance` only where products round what they multiply to so few
    /// bits that it shows in one of them, as bfloat16 does and TF32, which a library may use for a product or not.
    private Offset<Float> within(double tolerance) {
        double error = terms().normalizedError();
        return Offset.offset((float) (error > 1e-6 ? Math.sqrt(error) / 2 : tolerance));
    }

    @Test
    void theFirstModelOfADivergenceIsHeld() {
        ParameterLayout policy = new ParameterLayout("policy");
        Parameter weight = policy.add("weight", 3, 1);
        Graph graph = new Graph().with(policy);
        Tensor hidden = GraphCheck.input(graph, "hidden", Extent.ROWS, 1);
        Tensor out = graph.tokenKl("kl", hidden, weight, hidden, weight);
        assertThatThrownBy(() -> graph.differentiate(policy, out)).hasMessageContaining("has no derivative");
    }

    @Test
    void aHeadsEntropyIsNotDifferentiatedAlone() {
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
    void tokenConcentration(int vocabulary, int width, float temperature, int targets, int top) {
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

    @Test
    void gather() {
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor in = GraphCheck.input(graph, "in", Extent.ROWS, 13);
        Tensor out = graph.gather("out", in);
        Batch batch = rows(33);
        batch.addTarget(32, 0);
        batch.addTarget(0, 0);
        batch.addTarget(32, 0);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .inputs(in)
                .outputs(out)
                .tolerance(1e-7)
                .on(terms())
                .run();
    }

    @Test
    void tokensAndPositionsOutsideTheirTablesAreRefused() {
        ParameterLayout layout = new ParameterLayout("policy");
        Parameter table = layout.add("table", 5, 3);
        Parameter positions = layout.add("positions", 4, 3);
        Graph graph = new Graph().with(layout);
        graph.embedding("out", table, positions);
        Backend backend = backend();
        Capacity capacity = Capacity.training(9, 3, 0, 0);
        try (Program program = backend.compile(graph, capacity, List.of(backend.allocate(layout)))) {
            Batch batch = new Batch(capacity);
            batch.addSegment(new int[] {1, 5}, 0, 2, -1);
            assertThatThrownBy(() -> program.forward(batch))
                    .hasMessageContaining("token 5")
                    .hasMessageContaining("table");
            batch.clear();
            batch.addSegment(new int[5], 0, 5, -1);
            assertThatThrownBy(() -> program.forward(batch))
                    .hasMessageContaining("position 4")
                    .hasMessageContaining("positions");
        }
    }

    @Test
    void aBatchLargerThanTheProgramIsRefused() {
        ParameterLayout layout = new ParameterLayout("policy");
        Graph graph = new Graph().with(layout);
        graph.embedding("out", layout.add("table", 5, 3), null);
        Backend backend = backend();
        try (Program program =
                backend.compile(graph, Capacity.training(3, 2, 1, 1), List.of(backend.allocate(layout)))) {
            for (int[] size : new int[][] {{4, 1, 0, 0}, {3, 3, 0, 0}, {3, 1, 2, 0}, {3, 1, 0, 2}}) {
                Batch batch = new Batch(Capacity.training(9, 9, 9, 9));
                for (int segment = 0; segment < size[1]; segment++) {
                    batch.addSegment(new int[9], 0, size[0] / size[1], -1);
                }
                for (int target = 0; target < size[2]; target++) {
                    batch.addTarget(0, 0);
                }
                for (int score = 0; score < size[3]; score++) {
                    batch.addScore(0);
                }
                assertThatThrownBy(() -> program.forward(batch)).hasMessageContaining("the program was compiled for");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void transformer(SmallTransformer.Kind kind) {
        SmallTransformer model = new SmallTransformer(kind);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        Tensor score = graph.scalarHead("score", hidden, model.score());
        graph.differentiate(model.layout(), head.logProb(), score);
        Batch batch = segments(7, -13, -1, 5, -3, 2, -9);
        for (int row = 0; row < batch.rows(); row += 2) {
            batch.addTarget(row, row % 11);
        }
        batch.addTarget(4, 3);
        batch.addScore(batch.rows() - 1);
        new GraphCheck(backend(), graph, batch.capacity(), batch, 1)
                .outputs(head.logProb(), score)
                .scale(0.3)
                .tolerance(3e-5)
                .coordinates(4)
                .on(terms())
                .run();
    }

    @Test
    void aBatchWithoutTargetsHasNoGradients() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        Tensor score = graph.scalarHead("score", hidden, model.score());
        graph.differentiate(model.layout(), head.logProb(), score);
        Batch batch = segments(7, -13);
        Backend backend = backend();
        Parameters parameters = backend.allocate(model.layout());
        float[] values = new float[model.layout().size()];
        java.util.Arrays.fill(values, 0.1f);
        parameters.write(values);
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            program.forward(batch);
            program.backward(batch);
            float[] found = new float[values.length];
            program.gradients().read(found);
            assertThat(found).containsOnly(0f);
            batch.clear();
            program.forward(batch);
            program.backward(batch);
            program.gradients().read(found);
            assertThat(found).containsOnly(0f);
        }
    }

    @Test
    void firstNonFiniteNamesTheTensor() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        graph.tokenLogProb("logProb", hidden, model.head());
        Batch batch = segments(7);
        batch.addTarget(3, 3);
        Backend backend = backend();
        Parameters parameters = backend.allocate(model.layout());
        float[] values = new float[model.layout().size()];
        java.util.Arrays.fill(values, 1e30f);
        parameters.write(values);
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            program.forward(batch);
            assertThat(program.firstNonFinite(batch))
                    .hasValueSatisfying(name -> assertThat(name).contains("block.0"));
            values[model.head().offset()] = Float.NaN;
            parameters.write(values);
            assertThat(program.firstNonFinite(batch)).hasValue("parameter policy/embedding");
        }
    }
}
