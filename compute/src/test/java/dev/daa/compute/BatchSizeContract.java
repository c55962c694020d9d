package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What every backend must do with batches of any size: a program takes them one after the other, up to its capacity,
/// and gives what programs of the CPU that are just as large give. What a larger batch left behind the rows of a
/// smaller one has no part in it, nor has what ran before: the same batch gives the same bits.
public abstract class BatchSizeContract {
    private static final Capacity LARGEST = Capacity.training(160, 3, 150, 7);

    /// Rows and targets of the batches.
    private static final int[][] SIZES = {{125, 13}, {10, 3}, {70, 70}, {9, 110}, {1, 1}, {97, 1}, {150, 140}};

    /// Opens the backend under test.
    protected abstract Backend open(int threads);

    /// Gradients of each batch, and its log-probabilities.
    private record Results(List<float[]> gradients, List<float[]> logProbs) {}

    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void oneProgramGivesWhatProgramsOfJustTheseSizesGive(SmallTransformer.Kind kind) {
        Results alone = new Results(new ArrayList<>(), new ArrayList<>());
        try (Backend cpu = Backend.open("cpu", 1)) {
            Training training = new Training(kind, cpu);
            for (int number = 0; number < SIZES.length; number++) {
                Capacity exact = Capacity.training(SIZES[number][0], 3, SIZES[number][1], 1);
                try (Program program = training.compile(exact)) {
                    training.step(program, exact, number, alone);
                }
            }
        }
        try (Backend backend = open(2)) {
            Training training = new Training(kind, backend);
            try (Program program = training.compile(LARGEST)) {
                Results together = training.all(program);
                for (int number = 0; number < SIZES.length; number++) {
                    assertClose(together.logProbs.get(number), alone.logProbs.get(number), "log-probability", number);
                    assertClose(together.gradients.get(number), alone.gradients.get(number), "gradient", number);
                }
                assertThat(training.all(program)).usingRecursiveComparison().isEqualTo(together);
            }
        }
    }

    private static void assertClose(float[] found, float[] expected, String what, int number) {
        double largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) found[i])
                    .as("%s %d of batch %d", what, i, number)
                    .isCloseTo(expected[i], within(2e-5 * largest));
        }
    }

    /// A small transformer with a language head and a scalar head.
    private static final class Training {
        private final SmallTransformer model;
        private final Graph graph;
        private final Op.TokenLogProb head;
        private final Tensor score;
        private final Backend backend;
        private final Parameters parameters;

        Training(SmallTransformer.Kind kind, Backend backend) {
            this.backend = backend;
            model = new SmallTransformer(kind);
            graph = new Graph().with(model.layout());
            Tensor hidden = model.hidden(graph);
            head = graph.tokenLogProb("logProb", hidden, model.head());
            score = graph.scalarHead("score", hidden, model.score());
            graph.differentiate(model.layout(), head.logProb(), score).adamW(model.layout(), 1, 0.9f, 0.95f, 1e-8f, 0);
            parameters = backend.allocate(model.layout());
            parameters.write(StepContract.normal(model.layout().size(), 0.3, 8));
        }

        Program compile(Capacity capacity) {
            return backend.compile(graph, capacity, List.of(parameters));
        }

        /// All batches by one program.
        Results all(Program program) {
            Results results = new Results(new ArrayList<>(), new ArrayList<>());
            for (int number = 0; number < SIZES.length; number++) {
                step(program, LARGEST, number, results);
            }
            return results;
        }

        void step(Program program, Capacity capacity, int number, Results into) {
            int rows = SIZES[number][0];
            int targets = SIZES[number][1];
            Batch batch = new Batch(capacity);
            int[] tokens = new SplittableRandom(number).ints(rows, 0, 11).toArray();
            int prefix = batch.addSegment(tokens, 0, Math.ceilDiv(rows, 3), -1);
            for (int from = Math.ceilDiv(rows, 3); from < rows; from += Math.ceilDiv(rows, 3)) {
                batch.addSegment(tokens, from, Math.min(rows, from + Math.ceilDiv(rows, 3)), prefix);
            }
            for (int target = 0; target < targets; target++) {
                batch.addTarget(target * 7 % rows, target % 11);
            }
            batch.addScore(rows / 3);
            program.forward(batch);
            float[] logProbs = new float[targets];
            program.read(head.logProb(), batch, logProbs);
            program.write(graph.gradient(head.logProb()), batch, StepContract.normal(targets, 1, number));
            program.write(graph.gradient(score), batch, new float[] {0.5f});
            program.backward(batch);
            float[] gradients = new float[model.layout().size()];
            program.gradients().read(gradients);
            // A learning rate of 0 leaves the weights, and gradients of 0.
            program.update(0, number + 1);
            into.gradients.add(gradients);
            into.logProbs.add(logProbs);
        }
    }
}
