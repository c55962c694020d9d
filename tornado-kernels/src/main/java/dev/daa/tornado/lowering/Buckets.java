package dev.daa.tornado.lowering;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.ParameterLayout;
import dev.daa.tornado.kernel.Memory;
import java.util.ArrayList;
import java.util.List;

/// The sizes that a program has graphs for, where a step computes all rows that its graphs were built for. A step takes
/// the smallest that holds its batch, so that a graph is compiled only when a batch needs it.
///
/// The choice depends on the batch alone, never on what ran before: products of other sizes round otherwise, and a run
/// that goes on must give the bits of the one that was not stopped.
public final class Buckets {
    /// Operations of the largest step from which on smaller sizes pay. Compiling one takes up to 15 s on an H100,
    /// and saves a quarter of the products or more. 4·10¹² operations take 40 to 100 ms there (tf32, fp32), of
    /// which 10 to 25 are saved: 15 s are back after 600 to 1,500 steps. A step of a tenth of the operations would
    /// need ten times as many.
    public static final long LEAST_OPERATIONS = 4_000_000_000_000L;

    private static final int PARTS = 4;

    private Buckets() {}

    /// Rising; the last is the capacity.
    ///
    /// A step of decoding has a row for each sample, and those of the prompts that begin with it, from none to the
    /// whole capacity: one row a sample, four, sixteen and so on. Other steps have a quarter of the capacity, a
    /// half and three quarters.
    public static List<Capacity> of(Graph graph, Capacity capacity, DeviceTraits traits) {
        List<Capacity> rising = new ArrayList<>();
        if (traits.fixedRows() && capacity.cacheRows() > 0 && capacity.targets() > 0) {
            for (long rows = capacity.targets(); rows < capacity.rows(); rows *= 4) {
                rising.add(Capacity.decoding((int) rows, capacity.targets(), capacity.cacheRows()));
            }
        } else if (traits.fixedRows()
                && capacity.cacheRows() == 0
                && operations(graph, capacity) >= traits.bucketedFrom()) {
            for (int parts = 1; parts < PARTS; parts++) {
                Capacity part = part(capacity, parts);
                if (!part.equals(capacity) && !rising.contains(part)) {
                    rising.add(part);
                }
            }
        }
        rising.add(capacity);
        return rising;
    }

    private static Capacity part(Capacity capacity, int parts) {
        return Capacity.training(
                part(capacity.rows(), parts),
                capacity.segments(),
                part(capacity.targets(), parts),
                part(capacity.scores(), parts));
    }

    private static int part(int all, int parts) {
        return Math.min(all, Memory.wholeLines(Math.ceilDiv(all, PARTS) * parts));
    }

    /// Operations of the products: two for each parameter and row forward, four backward. Attention follows the
    /// batch.
    private static double operations(Graph graph, Capacity capacity) {
        long parameters =
                graph.layouts().stream().mapToLong(ParameterLayout::count).sum();
        return (graph.backward().isEmpty() ? 2.0 : 6.0) * parameters * capacity.rows();
    }

    /// Whether the batch fits.
    public static boolean holds(Capacity bucket, Batch batch) {
        return batch.rows() <= bucket.rows()
                && batch.targets() <= bucket.targets()
                && batch.scores() <= bucket.scores();
    }
}
