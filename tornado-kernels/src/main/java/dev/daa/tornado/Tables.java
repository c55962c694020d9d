package dev.daa.tornado;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Tensor.Extent;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// A batch as the kernels read it: one array of ints and one of floats, each written on the host and sent to the device
/// as a whole. The ints begin with the batch's counts; behind them lie its tables and, for every sum over rows that
/// share a token, a position, a source or a score, a [Grouping] that fixes the order of the sum.
final class Tables {
    /// Places of the counts.
    static final int ROWS = 0;

    static final int SEGMENTS = 1;
    static final int TARGETS = 2;
    static final int SCORES = 3;
    static final int TOKEN_GROUPS = 4;
    static final int POSITION_GROUPS = 5;
    static final int TOP_K = 6;
    static final int GREEDY = 7;
    private static final int HEADER = 8;

    /// Places of the floats.
    static final int INVERSE_TEMPERATURE = 0;

    static final int TOP_P = 1;
    /// What optimizers read: four floats for each.
    static final int OPTIMIZERS = 2;

    final int token;
    final int position;
    final int segmentOf;
    final int segmentStart;
    final int segmentLength;
    final int segmentPrefix;
    final int targetRow;
    final int targetToken;
    final int scoreRow;
    final int cacheWrite;
    final int prefixStart;
    final int prefixLength;
    final int ownStart;
    final int uniform;
    final Grouping byToken;
    final Grouping byPosition;
    final Grouping targetsOfRow;
    final Grouping scoresOfRow;

    /// On the host, sent with every batch.
    final IntArray hostInts;
    final FloatArray hostFloats;
    /// On the device, read by the kernels.
    final IntArray ints;
    final FloatArray floats;

    private final Capacity capacity;
    private int size = HEADER;

    Tables(Capacity capacity, int optimizers) {
        this.capacity = capacity;
        int rows = capacity.rows();
        boolean decoding = capacity.cacheRows() > 0;
        token = take(rows);
        position = take(rows);
        segmentOf = take(rows);
        segmentStart = take(capacity.segments());
        segmentLength = take(capacity.segments());
        segmentPrefix = take(capacity.segments());
        targetRow = take(capacity.targets());
        targetToken = take(capacity.targets());
        scoreRow = take(capacity.scores());
        cacheWrite = take(decoding ? rows : 0);
        prefixStart = take(decoding ? rows : 0);
        prefixLength = take(decoding ? rows : 0);
        ownStart = take(decoding ? rows : 0);
        byToken = new Grouping(take(rows), take(rows + 1), take(rows));
        byPosition = new Grouping(take(rows), take(rows + 1), take(rows));
        targetsOfRow = new Grouping(-1, take(rows + 1), take(capacity.targets()));
        scoresOfRow = new Grouping(-1, take(rows + 1), take(capacity.scores()));
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
    static int count(Extent extent) {
        return switch (extent) {
            case ROWS -> ROWS;
            case TARGETS -> TARGETS;
            case SCORES -> SCORES;
        };
    }

    /// Writes the batch to the host's arrays.
    void fill(Batch batch) {
        int rows = batch.rows();
        hostInts.set(ROWS, rows);
        hostInts.set(SEGMENTS, batch.segments());
        hostInts.set(TARGETS, batch.targets());
        hostInts.set(SCORES, batch.scores());
        hostInts.set(TOP_K, batch.topK);
        hostInts.set(GREEDY, batch.temperature == 0 ? 1 : 0);
        hostFloats.set(INVERSE_TEMPERATURE, batch.temperature == 0 ? 1 : 1 / batch.temperature);
        hostFloats.set(TOP_P, batch.topP);
        copy(batch.token, token, rows);
        copy(batch.position, position, rows);
        copy(batch.segmentStart, segmentStart, batch.segments());
        copy(batch.segmentLength, segmentLength, batch.segments());
        copy(batch.segmentPrefix, segmentPrefix, batch.segments());
        for (int segment = 0; segment < batch.segments(); segment++) {
            int start = batch.segmentStart[segment];
            for (int row = start; row < start + batch.segmentLength[segment]; row++) {
                hostInts.set(segmentOf + row, segment);
            }
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
        hostInts.set(TOKEN_GROUPS, byToken.byKey(batch.token, rows, hostInts));
        hostInts.set(POSITION_GROUPS, byPosition.byKey(batch.position, rows, hostInts));
        targetsOfRow.byRow(batch.targetRow, batch.targets(), rows, hostInts);
        scoresOfRow.byRow(batch.scoreRow, batch.scores(), rows, hostInts);
    }

    private void copy(int[] from, int at, int count) {
        for (int i = 0; i < count; i++) {
            hostInts.set(at + i, from[i]);
        }
    }
}
