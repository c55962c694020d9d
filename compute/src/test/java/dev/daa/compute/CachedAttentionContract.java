package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Tensor.Extent;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What every backend's attention of decoding must do, for heads of many sizes: against the oracle over several steps,
/// with sequences that begin anywhere in the cache.
public abstract class CachedAttentionContract {
    private static final int ROWS = 40;
    private static final int CACHE_ROWS = 100;

    private final SplittableRandom random = new SplittableRandom(5);

    /// Opens the backend under test.
    protected abstract Backend open(int threads);

    @ParameterizedTest
    @CsvSource({
        "4,4,32", "5,5,32", "6,6,64", "8,4,32", "12,3,64", "9,9,16", "12,2,8", "3,1,20", "3,3,33", "2,2,128", "2,1,160",
        "2,1,1"
    })
    void attendsToThePrefixAndItsOwnSequence(int heads, int keyValueHeads, int headSize) {
        AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize);
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("unused", 1);
        Graph graph = new Graph().with(layout);
        Tensor qkv = GraphCheck.input(graph, "qkv", Extent.ROWS, shape.packedWidth());
        Tensor out = graph.cachedAttention("out", qkv, shape, 0);
        Batch batch = new Batch(Capacity.decoding(ROWS, 1, CACHE_ROWS));
        Oracle oracle = new Oracle();
        try (Backend backend = open(2);
                Program program = backend.compile(graph, batch.capacity(), List.of(backend.allocate(layout)))) {
            // A prompt at 3 … 20, another at 50 … 52.
            for (int place = 3; place <= 20; place++) {
                batch.addCachedRow(0, place - 3, place, 0, 0, 3);
            }
            for (int place = 50; place <= 52; place++) {
                batch.addCachedRow(0, place - 50, place, 0, 0, 50);
            }
            step(program, oracle, graph, batch, qkv, out);
            // Two samples that continue the first prompt, one that continues part of it, and the second prompt itself.
            for (int step = 0; step < 19; step++) {
                batch.clear();
                batch.addCachedRow(0, 18 + step, 30 + step, 3, 18, 30);
                batch.addCachedRow(0, 18 + step, 77 + step, 3, 18, 77);
                if (step < 7) {
                    batch.addCachedRow(0, 5 + step, 21 + step, 3, 5, 21);
                }
                batch.addCachedRow(0, 3 + step, 53 + step, 0, 0, 50);
                step(program, oracle, graph, batch, qkv, out);
            }
        }
    }

    private void step(Program program, Oracle oracle, Graph graph, Batch batch, Tensor qkv, Tensor out) {
        float[] given = new float[ROWS * qkv.width()];
        double[] widened = new double[batch.rows() * qkv.width()];
        for (int i = 0; i < widened.length; i++) {
            given[i] = (float) (2 * random.nextGaussian());
            widened[i] = given[i];
        }
        program.write(qkv, batch, given);
        program.forward(batch);
        float[] found = new float[ROWS * out.width()];
        program.read(out, batch, found);
        oracle.input(qkv, widened);
        oracle.forward(graph, batch);
        double[] expected = oracle.value(out);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) found[i])
                    .as("row %d of %d, column %d", i / out.width(), batch.rows(), i % out.width())
                    .isCloseTo(expected[i], within(5e-6 * largest));
        }
    }
}
