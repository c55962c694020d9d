package dev.daa.tornado.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Tensor.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// A batch as the kernels read it: one array of ints and one of floats, each written on the host and sent to the device
/// as a whole. The ints begin with the batch's counts; behind them lie its tables and, for every sum over rows that
/// share a token, a position, a source or a score, a [Grouping] that fixes the order of the sum.
public final class Tables {
    /// Places of the counts.
    static final int ROWS = 0;

    public static final int TARGETS = 1;
    static final int SCORES = 2;
    public static final int TOKEN_GROUPS = 3;
    public static final int POSITION_GROUPS = 4;
    public static final int TOP_K = 5;
    public static final int GREEDY = 6;
    private static final int HEADER = 7;

    /// Places of the floats.
    public static final int INVERSE_TEMPERATURE = 0;

    public static final int TOP_P = 1;
    /// What optimizers read: four floats for each.
    public static final int OPTIMIZERS = 2;

    public final int token;
    public final int position;
    /// Records of [AttentionTiles#SEGMENT_RECORD] ints.
    public final int segment;
    public final int targetRow;
    public final int targetToken;
    public final int scoreRow;
    public final int cacheWrite;
    public final int prefixStart;
    public final int prefixLength;
    public final int ownStart;
    public final int uniform;
    public final Grouping byToken;
    public final Grouping byPosition;
    public final Grouping targetsOfRow;
    public final Grouping scoresOfRow;

    /// On the host, sent with every batch.
    public final IntArray hostInts;
    public final FloatArray hostFloats;
    /// On the device, read by the kernels.
    public final IntArray ints;
    public final FloatArray floats;

    /// Rows of a segment behind the batch.
    private static final int FILLER = 32;

    private final Capacity capacity;
    private final boolean fixedRows;
    private final boolean sums;
    private final List<AttentionTiles> tiles = new ArrayList<>();
    private int size = HEADER;

    /// @param optimizers of the graph
    /// @param tileSizes rows of the tiles that its attention works on
    /// @param fixedRows whether every batch is filled up to the rows of its bucket with rows that nothing reads, in
    ///   segments of their own, so that derivatives there are 0
    /// @param sums whether derivatives are summed over rows, by the groupings
    public Tables(Capacity capacity, int optimizers, Set<Integer> tileSizes, boolean fixedRows, boolean sums) {
        this.capacity = capacity;
        this.fixedRows = fixedRows;
        this.sums = sums;
        int rows = capacity.rows();
        int segments = segments(capacity);
        boolean decoding = capacity.cacheRows() > 0;
        token = take(rows);
        position = take(rows);
        segment = take(AttentionTiles.SEGMENT_RECORD * segments);
        for (int tileRows : tileSizes) {
            tiles.add(new AttentionTiles(tileRows, take(AttentionTiles.size(capacity, segments, tileRows))));
        }
        targetRow = take(capacity.targets());
        targetToken = take(capacity.targets());
        scoreRow = take(capacity.scores());
        cacheWrite = take(decoding ? rows : 0);
        prefixStart = take(decoding ? rows : 0);
        prefixLength = take(decoding ? rows : 0);
        ownStart = take(decoding ? rows : 0);
        int grouped = sums ? rows : 0;
        byToken = new Grouping(take(grouped), take(grouped + 1), take(grouped));
        byPosition = new Grouping(take(grouped), take(grouped + 1), take(grouped));
        targetsOfRow = new Grouping(-1, take(grouped + 1), take(sums ? capacity.targets() : 0));
        scoresOfRow = new Grouping(-1, take(grouped + 1), take(sums ? capacity.scores() : 0));
        uniform = OPTIMIZERS + 4 * optimizers;
        hostInts = Memory.ints(size);
        hostFloats = Memory.floats(uniform + (decoding ? capacity.targets() : 0));
        ints = Memory.ints(size);
        floats = Memory.floats(hostFloats.getSize());
    }

    private int take(int count) {
        int at = size;
        size += count;
        return at;
    }

    /// Place of the count that an extent is measured by.
    public static int count(Extent extent) {
        return switch (extent) {
            case ROWS -> ROWS;
            case TARGETS -> TARGETS;
            case SCORES -> SCORES;
        };
    }

    /// Segments of a batch, those behind it included.
    private int segments(Capacity bucket) {
        return bucket.segments() + (fixedRows ? Math.ceilDiv(bucket.rows(), FILLER) : 0);
    }

    /// Writes the batch to the host's arrays.
    ///
    /// @param bucketRows rows that a step of fixed rows computes
    public void fill(Batch batch, int bucketRows) {
        int rows = batch.rows();
        hostInts.set(TARGETS, batch.targets());
        hostInts.set(SCORES, batch.scores());
        hostInts.set(TOP_K, batch.topK);
        hostInts.set(GREEDY, batch.temperature == 0 ? 1 : 0);
        hostFloats.set(INVERSE_TEMPERATURE, batch.temperature == 0 ? 1 : 1 / batch.temperature);
        hostFloats.set(TOP_P, batch.topP);
        copy(batch.token, token, rows);
        copy(batch.position, position, rows);
        int segments = batch.segments();
        for (int i = 0; i < segments; i++) {
            segment(i, batch.segmentStart[i], batch.segmentLength[i], batch.segmentPrefix[i]);
        }
        int filled = rows;
        while (fixedRows && filled < bucketRows) {
            int length = Math.min(FILLER, bucketRows - filled);
            segment(segments++, filled, length, -1);
            for (int row = filled; row < filled + length; row++) {
                hostInts.set(token + row, 0);
                hostInts.set(position + row, 0);
            }
            filled += length;
        }
        hostInts.set(ROWS, filled);
        for (AttentionTiles each : tiles) {
            each.fill(hostInts, segment, segments);
        }
        copy(batch.targetRow, targetRow, batch.targets());
        copy(batch.targetToken, targetToken, batch.targets());
        copy(batch.scoreRow, scoreRow, batch.scores());
        if (capacity.cacheRows() > 0) {
            copy(batch.cacheWrite, cacheWrite, rows);
            copy(batch.prefixStart, prefixStart, rows);
            copy(batch.prefixLength, prefixLength, rows);
            copy(batch.ownStart, ownStart, rows);
            for (int target = 0; target < batch.targets(); target++) {
                hostFloats.set(uniform + target, batch.uniform[target]);
            }
        }
        if (sums) {
            group(batch, rows, filled);
        }
    }

    private void group(Batch batch, int rows, int filled) {
        hostInts.set(TOKEN_GROUPS, byToken.byKey(batch.token, rows, hostInts));
        hostInts.set(POSITION_GROUPS, byPosition.byKey(batch.position, rows, hostInts));
        targetsOfRow.byRow(batch.targetRow, batch.targets(), filled, hostInts);
        scoresOfRow.byRow(batch.scoreRow, batch.scores(), filled, hostInts);
    }

    private void segment(int number, int start, int length, int prefix) {
        hostInts.set(segment + number * AttentionTiles.SEGMENT_RECORD, start);
        hostInts.set(segment + number * AttentionTiles.SEGMENT_RECORD + 1, length);
        hostInts.set(segment + number * AttentionTiles.SEGMENT_RECORD + 2, prefix);
    }

    /// Place of the tiles of that many rows.
    public int tiles(int tileRows) {
        return tiles.stream()
                .filter(each -> each.rows() == tileRows)
                .findFirst()
                .orElseThrow()
                .at();
    }

    /// Most tiles of that many rows that a batch of the bucket has.
    public int mostTiles(int tileRows, Capacity bucket) {
        return AttentionTiles.most(bucket, segments(bucket), tileRows);
    }

    private void copy(int[] from, int at, int count) {
        for (int i = 0; i < count; i++) {
            hostInts.set(at + i, from[i]);
        }
    }
}
