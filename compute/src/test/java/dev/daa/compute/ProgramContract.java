package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What every backend must do of whole programs: transformers against the [Oracle], and batches that it must refuse.
interface ProgramContract extends TestedBackend {
    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    default void transformer(SmallTransformer.Kind kind) {
        SmallTransformer model = new SmallTransformer(kind);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        Tensor score = graph.scalarHead("score", hidden, model.score());
        graph.differentiate(model.layout(), head.logProb(), score);
        Batch batch = SmallBatches.segments(7, -13, -1, 5, -3, 2, -9);
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
    default void aBatchWithoutTargetsHasNoGradients() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        Tensor score = graph.scalarHead("score", hidden, model.score());
        graph.differentiate(model.layout(), head.logProb(), score);
        Batch batch = SmallBatches.segments(7, -13);
        Backend backend = backend();
        Parameters parameters = backend.allocate(model.layout());
        float[] values = new float[model.layout().size()];
        Arrays.fill(values, 0.1f);
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
    default void firstNonFiniteNamesTheTensor() {
        SmallTransformer model = new SmallTransformer(SmallTransformer.Kind.GPT2);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        graph.tokenLogProb("logProb", hidden, model.head());
        Batch batch = SmallBatches.segments(7);
        batch.addTarget(3, 3);
        Backend backend = backend();
        Parameters parameters = backend.allocate(model.layout());
        float[] values = new float[model.layout().size()];
        Arrays.fill(values, 1e30f);
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

    @Test
    default void tokensAndPositionsOutsideTheirTablesAreRefused() {
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
    default void aBatchLargerThanTheProgramIsRefused() {
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
}
