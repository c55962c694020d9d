package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every backend must do over whole steps: optimizers by their formulas, shared prefixes, the same bits for any
/// number of threads, decoding that agrees with training. A backend's test extends this and opens its backend.
public abstract class StepContract {
    private final List<Backend> opened = new ArrayList<>();
    private final List<Decoding> decodings = new ArrayList<>();

    /// Opens the backend under test.
    protected abstract Backend open(int threads);

    private Backend backend(int threads) {
        Backend backend = open(threads);
        opened.add(backend);
        return backend;
    }

    @AfterEach
    void closeBackends() {
        decodings.forEach(Decoding::close);
        opened.forEach(Backend::close);
    }

    /// Normal values of mean 0.
    static float[] normal(int size, double deviation, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }

    /// A table of 7 × 13 whose gradient is exactly what the test writes.
    private static Graph tableGraph(ParameterLayout layout) {
        Graph graph = new Graph().with(layout);
        Tensor out = graph.embedding("out", layout.add("table", 7, 13), null);
        return graph.differentiate(layout, out);
    }

    private static Batch everyToken() {
        Batch batch = new Batch(Capacity.training(7, 1, 0, 0));
        batch.addSegment(new int[] {0, 1, 2, 3, 4, 5, 6}, 0, 7, -1);
        return batch;
    }

    @ParameterizedTest
    @ValueSource(floats = {0f, 0.5f, 1e6f})
    void adamW(float clip) {
        ParameterLayout layout = new ParameterLayout("policy");
        Graph graph = tableGraph(layout).adamW(layout, clip, 0.9f, 0.95f, 1e-8f, 0.1f);
        Tensor out = graph.tensors().getFirst();
        Backend backend = backend(2);
        Parameters parameters = backend.allocate(layout);
        float[] start = normal(91, 1, 1);
        parameters.write(start);
        double[] w = widened(start);
        double[] m = new double[91];
        double[] v = new double[91];
        Batch batch = everyToken();
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            for (int step = 1; step <= 3; step++) {
                float[] g = normal(91, 1, 10 + step);
                double norm = accumulate(program, graph.gradient(out), batch, g);
                double scale = clip == 0 ? 1 : Math.min(1, clip / (norm + 1e-6));
                assertThat((double) program.update(0.01f, step)).isCloseTo(norm, within(1e-5 * norm));
                for (int i = 0; i < 91; i++) {
                    double d = scale * g[i];
                    m[i] = 0.9f * m[i] + (1 - 0.9f) * d;
                    v[i] = 0.95f * v[i] + (1 - 0.95f) * d * d;
                    double mHat = m[i] / (1 - Math.pow(0.9f, step));
                    double vHat = v[i] / (1 - Math.pow(0.95f, step));
                    w[i] -= 0.01f * (0.1f * w[i] + mHat / (Math.sqrt(vHat) + 1e-8f));
                }
                assertClose(read(parameters), w, 2e-6);
                assertThat(read(program.gradients())).containsOnly(0f);
            }
            assertThat(program.optimizerState()).containsOnlyKeys("m", "v");
            assertClose(read(Objects.requireNonNull(program.optimizerState().get("m"))), m, 1e-6);
            assertClose(read(Objects.requireNonNull(program.optimizerState().get("v"))), v, 1e-6);
        }
    }

    /// Values and gradients of one parameter are read and written beside those of the others, also between a
    /// backward pass and the update.
    @Test
    void oneParameterAlone() {
        ParameterLayout layout = new ParameterLayout("policy");
        Graph graph = tableGraph(layout).adamW(layout, 0, 0.5f, 0.95f, 1e-8f, 0);
        Parameter table = layout.parameters().getFirst();
        Parameter other = layout.add("other", 3);
        Backend backend = backend(2);
        Parameters parameters = backend.allocate(layout);
        float[] start = normal(94, 1, 1);
        parameters.write(start);
        Batch batch = everyToken();
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            float[] g = normal(91, 1, 10);
            accumulate(program, graph.gradient(graph.tensors().getFirst()), batch, g);
            assertThat(program.gradients().copy(other)).containsOnly(0f);
            assertThat(program.gradients().copy(table))
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(g);
            program.gradients().write(other, new float[] {1, 2, 4});
            program.update(0.25f, 1);
            Parameters moment = Objects.requireNonNull(program.optimizerState().get("m"));
            assertThat(moment.copy(other)).usingComparatorWithPrecision(1e-6f).containsExactly(0.5f, 1, 2);
            float[] moved = parameters.copy(table);
            assertThat(parameters.copy(other))
                    .usingComparatorWithPrecision(1e-4f)
                    .containsExactly(start[91] - 0.25f, start[92] - 0.25f, start[93] - 0.25f);
            parameters.write(other, new float[] {7, 8, 9});
            assertThat(parameters.copy(other)).containsExactly(7, 8, 9);
            assertThat(parameters.copy(table)).containsExactly(moved);
        }
    }

    @Test
    void aLayoutOfSeveralArraysTrainsToTheSameBits() {
        assertThat(trained(91)).isEqualTo(trained(ParameterLayout.LONGEST_ARRAY));
    }

    /// Parameters after three steps.
    ///
    /// @param longestArray most values of an array of the layout
    private float[] trained(int longestArray) {
        ParameterLayout layout = new ParameterLayout("policy", longestArray);
        Parameter table = layout.add("table", 7, 13);
        Parameter weight = layout.add("weight", 5, 13);
        Parameter bias = layout.add("bias", 5);
        Graph graph = new Graph().with(layout);
        Tensor out = graph.linear("out", graph.embedding("in", table, null), weight, bias, null);
        graph.differentiate(layout, out).adamW(layout, 0.5f, 0.9f, 0.95f, 1e-8f, 0.1f);
        Backend backend = backend(2);
        Parameters parameters = backend.allocate(layout);
        float[] start = normal(161, 1, 1);
        float[][] arrays = layout.zeros();
        int from = 0;
        for (float[] array : arrays) {
            System.arraycopy(start, from, array, 0, array.length);
            from += array.length;
        }
        parameters.write(arrays);
        Batch batch = everyToken();
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            for (int step = 1; step <= 3; step++) {
                program.forward(batch);
                program.write(graph.gradient(out), batch, normal(35, 1, step));
                program.backward(batch);
                program.update(0.01f, step);
            }
        }
        float[] all = new float[161];
        from = 0;
        for (float[] array : parameters.copy()) {
            System.arraycopy(array, 0, all, from, array.length);
            from += array.length;
        }
        return all;
    }

    @Test
    void firstStepOfAdamMovesEveryWeightByTheLearningRate() {
        ParameterLayout layout = new ParameterLayout("policy");
        Graph graph = tableGraph(layout).adamW(layout, 0, 0.9f, 0.999f, 1e-12f, 0);
        Backend backend = backend(1);
        Parameters parameters = backend.allocate(layout);
        Batch batch = everyToken();
        float[] g = normal(91, 3, 4);
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            accumulate(program, graph.gradient(graph.tensors().getFirst()), batch, g);
            program.update(0.125f, 1);
        }
        float[] found = read(parameters);
        for (int i = 0; i < 91; i++) {
            assertThat(found[i]).isCloseTo(-0.125f * Math.signum(g[i]), within(1e-5f));
        }
    }

    @Test
    void rmsProp() {
        ParameterLayout layout = new ParameterLayout("policy");
        Graph graph = tableGraph(layout).rmsProp(layout, 2f, 0.99f, 1e-8f, 0.1f);
        Backend backend = backend(2);
        Parameters parameters = backend.allocate(layout);
        float[] start = normal(91, 1, 1);
        parameters.write(start);
        double[] w = widened(start);
        double[] v = new double[91];
        Batch batch = everyToken();
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            for (int step = 1; step <= 3; step++) {
                float[] g = normal(91, 1, 10 + step);
                double norm = accumulate(program, graph.gradient(graph.tensors().getFirst()), batch, g);
                double scale = Math.min(1, 2 / (norm + 1e-6));
                program.update(0.01f, step);
                for (int i = 0; i < 91; i++) {
                    double d = scale * g[i];
                    v[i] = 0.99f * v[i] + (1 - 0.99f) * d * d;
                    w[i] -= 0.01f * (0.1f * w[i] + d / (Math.sqrt(v[i]) + 1e-8f));
                }
                assertClose(read(parameters), w, 1e-5);
            }
            assertThat(program.optimizerState()).containsOnlyKeys("v");
        }
    }

    /// Half of the gradient in each of two backward passes; returns the norm of their sum.
    private static double accumulate(Program program, Tensor gradient, Batch batch, float[] g) {
        float[] half = new float[g.length];
        double squares = 0;
        for (int i = 0; i < g.length; i++) {
            half[i] = g[i] / 2;
            squares += (double) g[i] * g[i];
        }
        for (int pass = 0; pass < 2; pass++) {
            program.forward(batch);
            program.write(gradient, batch, half);
            program.backward(batch);
        }
        return Math.sqrt(squares);
    }

    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void theSameBitsForAnyNumberOfThreads(SmallTransformer.Kind kind) {
        float[] one = trained(kind, 1);
        assertThat(trained(kind, 2)).isEqualTo(one);
        assertThat(trained(kind, 3)).isEqualTo(one);
        for (float value : one) {
            assertThat(value).isFinite();
        }
    }

    /// Parameters after three steps, followed by the last step's log-probabilities.
    private float[] trained(SmallTransformer.Kind kind, int threads) {
        SmallTransformer model = new SmallTransformer(kind);
        Graph graph = new Graph().with(model.layout());
        Tensor hidden = model.hidden(graph);
        Op.TokenLogProb head = graph.tokenLogProb("logProb", hidden, model.head());
        Tensor score = graph.scalarHead("score", hidden, model.score());
        graph.differentiate(model.layout(), head.logProb(), head.entropy(), score)
                .adamW(model.layout(), 1, 0.9f, 0.95f, 1e-8f, 0.01f);
        Batch batch = SmallBatches.segments(40, -13, -1, 65, -3, 20, -90, 33, 7);
        for (int row = 0; row < batch.rows(); row++) {
            batch.addTarget(row, row * 7 % 11);
        }
        batch.addTarget(39, 5);
        batch.addScore(3);
        Backend backend = backend(threads);
        Parameters parameters = backend.allocate(model.layout());
        parameters.write(normal(model.layout().size(), 0.3, 8));
        float[] logProbs = new float[batch.targets()];
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            for (int step = 1; step <= 3; step++) {
                program.forward(batch);
                program.read(head.logProb(), batch, logProbs);
                program.write(graph.gradient(head.logProb()), batch, normal(batch.targets(), 1, step));
                program.write(graph.gradient(head.entropy()), batch, normal(batch.targets(), 0.1, step));
                program.write(graph.gradient(score), batch, new float[] {0.5f});
                program.backward(batch);
                program.update(0.01f, step);
            }
        }
        float[] weights = read(parameters);
        float[] both = Arrays.copyOf(weights, weights.length + logProbs.length);
        System.arraycopy(logProbs, 0, both, weights.length, logProbs.length);
        return both;
    }

    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void aSharedPrefixGivesWhatRepeatedPromptsGive(SmallTransformer.Kind kind) {
        int[] prompt = {1, 5, 9, 3, 3, 0, 7};
        int[][] responses = {{2, 4}, {10, 10, 1, 6, 8}, {7}};
        Batch shared = new Batch(Capacity.training(40, 4, 8, 0));
        Batch repeated = new Batch(Capacity.training(40, 4, 8, 0));
        int prefix = shared.addSegment(prompt, 0, prompt.length, -1);
        for (int[] response : responses) {
            int segment = shared.addSegment(response, 0, response.length, prefix);
            int[] whole = Arrays.copyOf(prompt, prompt.length + response.length);
            System.arraycopy(response, 0, whole, prompt.length, response.length);
            int start = repeated.segmentStart[repeated.addSegment(whole, 0, whole.length, -1)];
            for (int i = 0; i < response.length; i++) {
                int row = i == 0 ? prompt.length - 1 : shared.segmentStart[segment] + i - 1;
                shared.addTarget(row, response[i]);
                repeated.addTarget(start + prompt.length + i - 1, response[i]);
            }
        }
        float[][] first = logProbsAndGradient(kind, shared);
        float[][] second = logProbsAndGradient(kind, repeated);
        assertClose(first[0], widened(second[0]), 1e-5);
        assertClose(first[1], widened(second[1]), 2e-5);
    }

    private float[][] logProbsAndGradient(SmallTransformer.Kind kind, Batch batch) {
        SmallTransformer model = new SmallTransformer(kind);
        Graph graph = new Graph().with(model.layout());
        Op.TokenLogProb head = graph.tokenLogProb("logProb", model.hidden(graph), model.head());
        graph.differentiate(model.layout(), head.logProb());
        Backend backend = backend(2);
        Parameters parameters = backend.allocate(model.layout());
        parameters.write(normal(model.layout().size(), 0.3, 8));
        float[] logProbs = new float[batch.targets()];
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            program.forward(batch);
            program.read(head.logProb(), batch, logProbs);
            program.write(graph.gradient(head.logProb()), batch, normal(batch.targets(), 1, 2));
            program.backward(batch);
            return new float[][] {logProbs, read(program.gradients())};
        }
    }

    /// Of a program that takes 30 rows and 2 targets, the prompt's step has 3 rows and the others 2.
    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void decodingGivesTrainingsLogProbs(SmallTransformer.Kind kind) {
        Decoding decoding = decoding(kind, 2, 2);
        Batch batch = decoding.batch;
        int[] prompt = {1, 5, 9};
        // The prompt in cache rows 2 … 4; two samples continue it from rows 21 and 40 on.
        for (int i = 0; i < 3; i++) {
            batch.addCachedRow(prompt[i], i, 2 + i, 0, 0, 2);
        }
        batch.addTarget(2, 0);
        batch.uniform[0] = 0.3f;
        batch.temperature = 0.8f;
        decoding.step();
        int first = batch.sampledToken[0];
        List<List<Integer>> tokens = List.of(new ArrayList<>(List.of(first)), new ArrayList<>(List.of(first)));
        List<List<Float>> logProbs =
                List.of(new ArrayList<>(List.of(decoding.logProbs[0])), new ArrayList<>(List.of(decoding.logProbs[0])));
        SplittableRandom random = new SplittableRandom(6);
        for (int step = 0; step < 17; step++) {
            batch.clear();
            for (int sample = 0; sample < 2; sample++) {
                int own = sample == 0 ? 21 : 40;
                batch.addCachedRow(tokens.get(sample).getLast(), 3 + step, own + step, 2, 3, own);
                batch.uniform[batch.addTarget(sample, 0)] = (float) random.nextDouble();
            }
            decoding.step();
            for (int sample = 0; sample < 2; sample++) {
                tokens.get(sample).add(batch.sampledToken[sample]);
                logProbs.get(sample).add(decoding.logProbs[sample]);
            }
        }
        for (int sample = 0; sample < 2; sample++) {
            assertClose(toArray(logProbs.get(sample)), scored(kind, prompt, tokens.get(sample), 0.8f), 2e-5);
        }
    }

    /// Log-probabilities of the response by the training graph.
    private double[] scored(SmallTransformer.Kind kind, int[] prompt, List<Integer> response, float temperature) {
        SmallTransformer model = new SmallTransformer(kind);
        Graph graph = new Graph().with(model.layout());
        Op.TokenLogProb head = graph.tokenLogProb("logProb", model.hidden(graph), model.head());
        int[] whole = Arrays.copyOf(prompt, prompt.length + response.size());
        for (int i = 0; i < response.size(); i++) {
            whole[prompt.length + i] = response.get(i);
        }
        Batch batch = new Batch(Capacity.training(whole.length, 1, response.size(), 0));
        batch.temperature = temperature;
        batch.addSegment(whole, 0, whole.length, -1);
        for (int i = 0; i < response.size(); i++) {
            batch.addTarget(prompt.length - 1 + i, response.get(i));
        }
        Backend backend = backend(1);
        Parameters parameters = backend.allocate(model.layout());
        parameters.write(normal(model.layout().size(), 0.3, 8));
        float[] found = new float[response.size()];
        try (Program program = backend.compile(graph, batch.capacity(), List.of(parameters))) {
            program.forward(batch);
            program.read(head.logProb(), batch, found);
        }
        return widened(found);
    }

    @ParameterizedTest
    @EnumSource(SmallTransformer.Kind.class)
    void aRowIsTheSameAloneAndInCompany(SmallTransformer.Kind kind) {
        float[] alone = promptLogProbs(kind, 0, 5);
        assertThat(promptLogProbs(kind, 9, 37)).isEqualTo(alone);
        assertThat(promptLogProbs(kind, 2, 19)).isEqualTo(alone);
    }

    private Decoding decoding(SmallTransformer.Kind kind, int threads, int targets) {
        Decoding decoding = new Decoding(kind, backend(threads), targets);
        decodings.add(decoding);
        return decoding;
    }

    /// Sampled log-probabilities of one prompt whose own cache rows start at `own`, among `others` other rows.
    private float[] promptLogProbs(SmallTransformer.Kind kind, int others, int own) {
        Decoding decoding = decoding(kind, 2, 30);
        Batch batch = decoding.batch;
        for (int i = 0; i < others; i++) {
            batch.addCachedRow(i % 11, 0, 80 + i, 0, 0, 80 + i);
        }
        float[] found = new float[18];
        for (int i = 0; i < found.length; i++) {
            batch.addCachedRow(i % 11, i, own + i, 0, 0, own);
            batch.uniform[batch.addTarget(others + i, 0)] = 0.5f;
        }
        decoding.step();
        System.arraycopy(decoding.logProbs, 0, found, 0, found.length);
        return found;
    }

    @Test
    void weightsAreUpToDateInDecoding() {
        Decoding decoding = decoding(SmallTransformer.Kind.GPT2, 1, 30);
        decoding.batch.addCachedRow(1, 0, 0, 0, 0, 0);
        decoding.batch.addTarget(0, 0);
        decoding.step();
        float before = decoding.logProbs[0];
        decoding.parameters.write(normal(decoding.parameters.layout().size(), 0.3, 9));
        decoding.step();
        assertThat(decoding.logProbs[0]).isNotEqualTo(before);
        decoding.parameters.write(normal(decoding.parameters.layout().size(), 0.3, 8));
        decoding.step();
        assertThat(decoding.logProbs[0]).isEqualTo(before);
    }

    /// A decoding program of a small transformer.
    private static final class Decoding {
        final Batch batch;
        final float[] logProbs = new float[30];
        final Parameters parameters;
        private final Program program;
        private final Tensor logProb;

        Decoding(SmallTransformer.Kind kind, Backend backend, int targets) {
            batch = new Batch(Capacity.decoding(30, targets, 100));
            SmallTransformer model = new SmallTransformer(kind);
            Graph graph = new Graph().with(model.layout());
            Tensor last = graph.gather("last", model.decodingHidden(graph));
            logProb = graph.sample("sample", graph.linear("logits", last, model.head(), null, null));
            parameters = backend.allocate(model.layout());
            parameters.write(normal(model.layout().size(), 0.3, 8));
            program = backend.compile(graph, batch.capacity(), List.of(parameters));
        }

        void close() {
            program.close();
        }

        void step() {
            program.forward(batch);
            program.read(logProb, batch, logProbs);
        }
    }

    private static float[] read(Parameters parameters) {
        float[] values = new float[parameters.layout().size()];
        parameters.read(values);
        return values;
    }

    private static double[] widened(float[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    private static float[] toArray(List<Float> values) {
        float[] result = new float[values.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = values.get(i);
        }
        return result;
    }

    /// Errors relative to the largest value.
    private static void assertClose(float[] found, double[] expected, double tolerance) {
        assertThat(found).hasSize(expected.length);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as("value %d", i).isCloseTo(expected[i], within(tolerance * largest));
        }
    }
}
