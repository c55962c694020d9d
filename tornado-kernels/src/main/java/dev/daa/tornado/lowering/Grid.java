package dev.daa.tornado.lowering;

import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid2D;

/// How many work-items a kernel is launched with, and how they are grouped.
///
/// @param x work-items in all, a multiple of `groupX`
/// @param y work-items in the second dimension, a multiple of `groupY`
/// @param groupX work-items of a group, which share local memory
/// @param groupY work-items of a group in the second dimension
public record Grid(int x, int y, int groupX, int groupY) {
    private static final int LANES = 256;

    /// At least `count` independent work-items; the kernel itself leaves out those behind its count.
    public static Grid lanes(long count) {
        return new Grid(Math.toIntExact(multiple(Math.max(1, count), LANES)), 1, LANES, 1);
    }

    /// `count` groups of `size` work-items that work together.
    public static Grid groups(long count, int size) {
        return new Grid(Math.toIntExact(Math.max(1, count) * size), 1, size, 1);
    }

    /// `x × y` groups of `size` work-items that work together.
    public static Grid groups(int x, int y, int size) {
        return new Grid(Math.multiplyExact(Math.max(1, x), size), y, size, 1);
    }

    /// Groups of `group × group` work-items for tiles of `tile × tile` values of a matrix.
    public static Grid tiles(int rows, int columns, int tile, int group) {
        return new Grid(
                Math.ceilDiv(Math.max(1, columns), tile) * group,
                Math.ceilDiv(Math.max(1, rows), tile) * group,
                group,
                group);
    }

    public WorkerGrid worker() {
        WorkerGrid2D grid = new WorkerGrid2D(x, y);
        grid.setLocalWork(groupX, groupY, 1);
        return grid;
    }

    private static long multiple(long count, int of) {
        return Math.ceilDiv(count, of) * of;
    }
}
