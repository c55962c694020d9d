package dev.daa.compute;

import java.util.Arrays;

/// What moves into the device in one step: token ids, positions and the tables that say which rows belong
/// together. Rows of different sequences lie one after the other, without padding. One instance is filled again
/// for every step.
///
/// *Segments* describe training and scoring batches: segment `s` is the rows `[start, start + length)`; row `i`
/// of it sees the rows `[start, i]` and, when the segment continues a shared prefix, all rows of that prefix
/// segment. A prefix is a segment without a prefix of its own, and lies before the segments that continue it.
///
/// *Targets* are the scored tokens: target `t` asks for the log-probability of `targetToken[t]` after row
/// `targetRow[t]`. Several targets may share a row (the last row of a shared prompt scores the first token of
/// chosen and rejected).
///
/// *Cache positions* replace segments in decoding batches: row `i` writes its key and value to `cacheWrite[i]`
/// and then sees the cache rows `[prefixStart[i], prefixStart[i] + prefixLength[i])` followed by `[ownStart[i],
/// cacheWrite[i]]`.
public final class Batch {
    private final Capacity capacity;
    private int rows;
    private int segments;
    private int targets;
    private int scores;

    /// Token id of each row.
    public final int[] token;
    /// Position of each row in its sequence, prefix included, from 0.
    public final int[] position;
    /// First row of each segment.
    public final int[] segmentStart;
    /// Rows of each segment.
    public final int[] segmentLength;
    /// Index of the segment that this one continues, or -1.
    public final int[] segmentPrefix;
    /// Row whose next token each target scores.
    public final int[] targetRow;
    /// Token id that each target scores.
    public final int[] targetToken;
    /// Row that each position of the scalar head reads.
    public final int[] scoreRow;
    /// Cache row that each row writes (decoding).
    public final int[] cacheWrite;
    /// First cache row of the prefix that each row sees (decoding).
    public final int[] prefixStart;
    /// Cache rows of the prefix that each row sees (decoding).
    public final int[] prefixLength;
    /// First cache row of each row's own sequence (decoding).
    public final int[] ownStart;
    /// Uniform random number in [0, 1) with which each target is sampled (decoding).
    public final float[] uniform;
    /// Token that was sampled for each target (decoding; written by the program).
    public final int[] sampledToken;

    /// Divides the logits wherever a distribution is formed; 0 means greedy in sampling and counts as 1
    /// elsewhere.
    public float temperature = 1;
    /// Sampling keeps the `topK` largest logits; 0 keeps all.
    public int topK;
    /// Sampling keeps the smallest set of tokens whose probability reaches `topP`; 1 keeps all.
    public float topP = 1;

    public Batch(Capacity capacity) {
        this.capacity = capacity;
        boolean decoding = capacity.cacheRows() > 0;
        token = new int[capacity.rows()];
        position = new int[capacity.rows()];
        segmentStart = new int[capacity.segments()];
        segmentLength = new int[capacity.segments()];
        segmentPrefix = new int[capacity.segments()];
        targetRow = new int[capacity.targets()];
        targetToken = new int[capacity.targets()];
        scoreRow = new int[capacity.scores()];
        cacheWrite = new int[decoding ? capacity.rows() : 0];
        prefixStart = new int[decoding ? capacity.rows() : 0];
        prefixLength = new int[decoding ? capacity.rows() : 0];
        ownStart = new int[decoding ? capacity.rows() : 0];
        uniform = new float[decoding ? capacity.targets() : 0];
        sampledToken = new int[decoding ? capacity.targets() : 0];
    }

    public Capacity capacity() {
        return capacity;
    }

    public int rows() {
        return rows;
    }

    public int segments() {
        return segments;
    }

    public int targets() {
        return targets;
    }

    public int scores() {
        return scores;
    }

    /// Empties the batch; the arrays keep their contents but are no longer read.
    public void clear() {
        rows = 0;
        segments = 0;
        targets = 0;
        scores = 0;
    }

    /// Appends the tokens `[from, to)` of `source` as one segment.
    ///
    /// @param prefix segment that this one continues, or -1
    /// @return index of the new segment
    public int addSegment(int[] source, int from, int to, int prefix) {
        int length = to - from;
        require("segments", segments + 1, capacity.segments());
        require("rows", rows + length, capacity.rows());
        if (prefix >= segments || (prefix >= 0 && segmentPrefix[prefix] >= 0)) {
            throw new IllegalArgumentException("segment " + segments + " continues segment " + prefix
                    + ", expected an earlier segment that has no prefix itself, or -1");
        }
        int firstPosition = prefix < 0 ? 0 : segmentLength[prefix];
        segmentStart[segments] = rows;
        segmentLength[segments] = length;
        segmentPrefix[segments] = prefix;
        for (int i = 0; i < length; i++) {
            token[rows + i] = source[from + i];
            position[rows + i] = firstPosition + i;
        }
        rows += length;
        return segments++;
    }

    /// Appends one decoding row.
    public void addCachedRow(
            int tokenId, int rowPosition, int writeRow, int sharedStart, int sharedLength, int ownFirst) {
        require("rows", rows + 1, capacity.rows());
        require("cache rows", writeRow + 1, capacity.cacheRows());
        token[rows] = tokenId;
        position[rows] = rowPosition;
        cacheWrite[rows] = writeRow;
        prefixStart[rows] = sharedStart;
        prefixLength[rows] = sharedLength;
        ownStart[rows] = ownFirst;
        rows++;
    }

    /// Asks for the log-probability of `tokenId` after `row`.
    ///
    /// @return index of the new target
    public int addTarget(int row, int tokenId) {
        require("targets", targets + 1, capacity.targets());
        targetRow[targets] = row;
        targetToken[targets] = tokenId;
        return targets++;
    }

    /// Asks for the scalar head's value at `row`.
    ///
    /// @return index of the new score
    public int addScore(int row) {
        require("scores", scores + 1, capacity.scores());
        scoreRow[scores] = row;
        return scores++;
    }

    /// Refuses a batch that a program compiled for `compiled` has no room for.
    public void requireFits(Capacity compiled) {
        require("rows", rows, compiled.rows());
        require("segments", segments, compiled.segments());
        require("targets", targets, compiled.targets());
        require("scores", scores, compiled.scores());
        for (int row = 0; row < Math.min(rows, cacheWrite.length); row++) {
            require("cache rows", cacheWrite[row] + 1, compiled.cacheRows());
            require("cache rows", prefixStart[row] + prefixLength[row], compiled.cacheRows());
        }
    }

    private static void require(String what, int needed, int available) {
        if (needed > available) {
            throw new IllegalArgumentException(
                    "batch needs " + needed + " " + what + ", the program was compiled for " + available);
        }
    }

    @Override
    public String toString() {
        return "Batch[rows=" + rows + ", segments=" + segments + ", targets=" + targets + ", scores=" + scores
                + ", tokens=" + Arrays.toString(Arrays.copyOf(token, Math.min(rows, 16))) + "]";
    }
}
