package dev.daa.compute.cpu.product;

/// A's rows as the tiles of [BlockedProduct] read them.
final class ProductRows {
    /// Keeps groups of packed columns from falling on the same places of the cache.
    private static final int PADDING = 16;

    private float[] packed = {};
    float[] values = packed;
    private int offset;
    int tile;
    int row;
    int step;

    /// A's own, which begin at `offset`.
    void inPlace(float[] a, int offset, int stride) {
        values = a;
        this.offset = offset;
        tile = PanelTiles.ROWS * stride;
        row = stride;
        step = 1;
    }

    /// Values that so many tiles of `depth` steps take when packed.
    static long packedValues(long tiles, int depth) {
        return tiles * (PanelTiles.ROWS * depth + PADDING);
    }

    /// Room for `count` rows of `depth` steps, as many of them side by side as a tile has.
    void packed(int count, int depth) {
        tile = PanelTiles.ROWS * depth + PADDING;
        packed = Packing.atLeast(packed, Math.ceilDiv(count, PanelTiles.ROWS) * tile);
        values = packed;
        offset = 0;
        row = 1;
        step = PanelTiles.ROWS;
    }

    /// Where row `index`, the first of a tile, begins.
    int at(int index) {
        return offset + index / PanelTiles.ROWS * tile;
    }
}
