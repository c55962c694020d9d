package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.DeviceProfile.Passes;
import dev.daa.compute.Graph;
import dev.daa.compute.MatmulPrecision;
import dev.daa.compute.Op;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import dev.daa.tornado.lowering.Buckets;
import dev.daa.tornado.lowering.DeviceTraits;
import dev.daa.tornado.lowering.Launch;
import dev.daa.tornado.lowering.TornadoParameters;
import dev.daa.tornado.plan.Chunk;
import dev.daa.tornado.plan.LaunchPlan;
import dev.daa.tornado.plan.Profile;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

@Tag("host")
final class BucketsTest {
    private static final Capacity TRAINING = Capacity.training(1000, 8, 500, 9);

    private final ParameterLayout layout = new ParameterLayout("policy");
    private final Graph graph = new Graph().with(layout);
    private final Tensor hidden = graph.linear(
            "hidden",
            graph.embedding("in", layout.add("table", 11, 4), null),
            layout.add("weight", 4, 4),
            layout.add("bias", 4),
            null);
    private final Op.TokenLogProb head = graph.tokenLogProb("head", hidden, layout.add("head", 11, 4));

    static Stream<Arguments> decoding() {
        return Stream.of(
                Arguments.of(1088, 64, List.of(64, 256, 1024, 1088)),
                Arguments.of(1024, 64, List.of(64, 256, 1024)),
                Arguments.of(65, 64, List.of(64, 65)),
                Arguments.of(64, 64, List.of(64)),
                Arguments.of(63, 64, List.of(63)),
                Arguments.of(21, 1, List.of(1, 4, 16, 21)),
                Arguments.of(1088, 0, List.of(1088)),
                Arguments.of(Integer.MAX_VALUE, 1 << 29, List.of(1 << 29, Integer.MAX_VALUE)));
    }

    /// A step computes at most four times its rows, or those of one row a sample.
    @ParameterizedTest
    @MethodSource("decoding")
    void rowsRiseByFourFromOneRowASampleToTheCapacity(int rows, int targets, List<Integer> expected) {
        Capacity capacity = Capacity.decoding(rows, targets, 5000);
        List<Capacity> found = Buckets.of(graph, capacity, Traits.fixedRows(Buckets.LEAST_OPERATIONS));
        assertThat(found.stream().map(Capacity::rows)).containsExactlyElementsOf(expected);
        assertThat(found).last().isEqualTo(capacity);
        assertThat(found).allSatisfy(each -> {
            assertThat(each.targets()).isEqualTo(targets);
            assertThat(each.cacheRows()).isEqualTo(5000);
        });
    }

    @Test
    void otherStepsHaveQuartersInWholeLines() {
        assertThat(Buckets.of(graph, TRAINING, Traits.fixedRows(0)))
                .containsExactly(
                        Capacity.training(256, 8, 128, 9),
                        Capacity.training(512, 8, 256, 9),
                        Capacity.training(768, 8, 384, 9),
                        TRAINING);
        Capacity small = Capacity.training(40, 8, 40, 0);
        assertThat(Buckets.of(graph, small, Traits.fixedRows(0)))
                .containsExactly(Capacity.training(32, 8, 32, 0), small);
        Capacity least = Capacity.training(1, 1, 0, 0);
        assertThat(Buckets.of(graph, least, Traits.fixedRows(0))).containsExactly(least);
    }

    @Test
    void stepsThatFollowTheBatchHaveOneSize() {
        Capacity decoding = Capacity.decoding(1088, 64, 5000);
        assertThat(Buckets.of(graph, decoding, Traits.of(true))).containsExactly(decoding);
        assertThat(Buckets.of(graph, TRAINING, Traits.of(true))).containsExactly(TRAINING);
    }

    /// Two operations for each of 108 parameters and row forward, four more backward.
    @Test
    void smallStepsHaveOneSize() {
        long forward = 2L * layout.count() * 1000;
        assertThat(layout.count()).isEqualTo(108);
        assertThat(Buckets.of(graph, TRAINING, Traits.fixedRows(forward))).hasSize(4);
        assertThat(Buckets.of(graph, TRAINING, Traits.fixedRows(forward + 1))).hasSize(1);
        graph.differentiate(layout, head.logProb());
        assertThat(Buckets.of(graph, TRAINING, Traits.fixedRows(3 * forward))).hasSize(4);
        assertThat(Buckets.of(graph, TRAINING, Traits.fixedRows(3 * forward + 1)))
                .hasSize(1);
    }

    /// Work-items of all that ran.
    private static final class Counted implements LaunchPlan {
        private final LaunchPlan plan = new HostPlan();
        private final List<Chunk> chunks = new ArrayList<>();
        private long items;

        @Override
        public int add(Chunk chunk, Object... sent) {
            chunks.add(chunk);
            return plan.add(chunk, sent);
        }

        @Override
        public boolean isOpen() {
            return plan.isOpen();
        }

        @Override
        public void open() {
            plan.open();
        }

        @Override
        public void run(int number) {
            for (Launch launch : chunks.get(number).launches()) {
                items += launch.grid() == null
                        ? 0
                        : (long) launch.grid().x() * launch.grid().y();
            }
            plan.run(number);
        }

        @Override
        public void toHost(Object array) {
            plan.toHost(array);
        }

        @Override
        public void write(FloatArray array, MemorySegment from, int count) {
            plan.write(array, from, count);
        }

        @Override
        public void close() {
            plan.close();
        }
    }

    /// A batch of rows each of which is a target takes the smallest bucket that holds it, forward and backward,
    /// whatever ran before.
    @Test
    void aStepComputesTheSmallestBucketThatHoldsItsBatch() {
        graph.differentiate(layout, head.logProb());
        Counted counted = new Counted();
        Profile profile = new Profile();
        Capacity capacity = Capacity.training(4096, 8, 4096, 0);
        try (TornadoProgram program = new TornadoProgram(
                graph, capacity, List.of(new TornadoParameters(layout)), Traits.fixedRows(0), profile, _ -> counted)) {
            long all = step(program, counted, capacity, 3073, 4096);
            long quarter = step(program, counted, capacity, 1024, 1024);
            assertThat(quarter).isLessThan(all / 3);
            assertThat(step(program, counted, capacity, 1025, 700)).isBetween(quarter + 1, all * 2 / 3);
            assertThat(step(program, counted, capacity, 1000, 1025)).isBetween(quarter + 1, all * 2 / 3);
            assertThat(step(program, counted, capacity, 4096, 1)).isEqualTo(all);
            assertThat(step(program, counted, capacity, 1, 1)).isEqualTo(quarter);
        }
        assertThat(profile.snapshot().passes())
                .containsExactly(new Passes(1024, 2, 1025), new Passes(2048, 2, 2025), new Passes(4096, 2, 7169));
    }

    private long step(TornadoProgram program, Counted counted, Capacity capacity, int rows, int targets) {
        Batch batch = new Batch(capacity);
        batch.addSegment(new int[rows], 0, rows, -1);
        for (int target = 0; target < targets; target++) {
            batch.addTarget(target % rows, 3);
        }
        long before = counted.items;
        program.forward(batch);
        program.write(graph.gradient(head.logProb()), batch, new float[targets]);
        program.backward(batch);
        return counted.items - before;
    }

    /// The memory plan holds for the largest batch; factors and products in bf16 are counted beside it.
    @ParameterizedTest
    @EnumSource(MatmulPrecision.class)
    void bucketsTakeNoMemory(MatmulPrecision precision) {
        graph.differentiate(layout, head.logProb());
        assertThat(roundedBytes(Traits.cuda(precision))).isEqualTo(roundedBytes(Traits.cudaOfOneSize(precision)));
    }

    private long roundedBytes(DeviceTraits traits) {
        try (TornadoProgram program = new TornadoProgram(
                graph, TRAINING, List.of(new TornadoParameters(layout)), traits, null, _ -> new HostPlan())) {
            return program.roundedBytes();
        }
    }
}
