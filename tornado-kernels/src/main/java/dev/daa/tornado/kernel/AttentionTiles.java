package dev.daa.tornado.kernel;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Capacity;
import dev.daa.compute.InputException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// The rows of a batch in tiles of equal size that lie in one segment each, as the attention kernels read them: a
/// count, then a record of ints for each tile.
///
/// @param rows of a tile, the last one of a segment may have fewer
/// @param at place of the count in the tables
public record AttentionTiles(int rows, int at) {
    /// Places in a tile's record.
    static final int FIRST_ROW = 0;

    static final int ROWS = 1;
    /// Keys that the tile's last row sees, the prefix's included.
    static final int SEEN = 2;
    static final int OWN_START = 3;
    static final int PREFIX_START = 4;
    static final int PREFIX_LENGTH = 5;
    static final int SEGMENT = 6;
    /// The last segment whose rows see the tile's keys.
    static final int LAST_READER = 7;

    private static final int RECORD = 8;

    /// Ints of a segment's record: start, length, prefix.
    static final int SEGMENT_RECORD = 3;

    private static final int LARGEST_HEAD = 256;

    /// Rows of a tile: as many as leave room for the matrices of a backward pass in 48 KiB of local memory.
    public static int rowsFor(AttentionShape shape) {
        requireSize(shape);
        return shape.headSize() <= 64 ? 32 : shape.headSize() <= 128 ? 16 : 8;
    }

    public static void requireSize(AttentionShape shape) {
        if (shape.headSize() > LARGEST_HEAD) {
            throw new InputException("the model's head size is " + shape.headSize() + ", the tornado backend takes at"
                    + " most " + LARGEST_HEAD + ": use --backend cpu");
        }
    }

    /// Most tiles of a batch.
    static int most(Capacity capacity, int segments, int rows) {
        return capacity.rows() / rows + segments;
    }

    /// Ints that the tiles take.
    public static int size(Capacity capacity, int segments, int rows) {
        return 1 + RECORD * most(capacity, segments, rows);
    }

    /// Place of a tile's record.
    static int record(int tiles, int tile) {
        return tiles + 1 + tile * RECORD;
    }

    /// @param segmentTable place of the segments' records, which are there already
    void fill(IntArray into, int segmentTable, int segments) {
        int[] lastReader = new int[segments];
        for (int segment = 0; segment < segments; segment++) {
            lastReader[segment] = segment;
            int prefix = into.get(segmentTable + segment * SEGMENT_RECORD + 2);
            if (prefix >= 0) {
                lastReader[prefix] = segment;
            }
        }
        int count = 0;
        for (int segment = 0; segment < segments; segment++) {
            int start = into.get(segmentTable + segment * SEGMENT_RECORD);
            int length = into.get(segmentTable + segment * SEGMENT_RECORD + 1);
            int prefix = into.get(segmentTable + segment * SEGMENT_RECORD + 2);
            int before = prefix < 0 ? 0 : into.get(segmentTable + prefix * SEGMENT_RECORD + 1);
            for (int from = 0; from < length; from += rows) {
                int here = Math.min(rows, length - from);
                int record = record(at, count++);
                into.set(record + FIRST_ROW, start + from);
                into.set(record + ROWS, here);
                into.set(record + SEEN, before + from + here);
                into.set(record + OWN_START, start);
                into.set(record + PREFIX_START, prefix < 0 ? 0 : into.get(segmentTable + prefix * SEGMENT_RECORD));
                into.set(record + PREFIX_LENGTH, before);
                into.set(record + SEGMENT, segment);
                into.set(record + LAST_READER, lastReader[segment]);
            }
        }
        into.set(at, count);
    }
}
