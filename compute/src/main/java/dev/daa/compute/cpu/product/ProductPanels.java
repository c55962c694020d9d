package dev.daa.compute.cpu.product;

/// B's panels as the tiles of [BlockedProduct] read them: panel q begins at `offset + q·stride`.
final class ProductPanels {
    private float[] packed = {};
    float[] values = packed;
    private int offset;
    private int stride;

    void inPlace(float[] panels, int offset, int stride) {
        values = panels;
        this.offset = offset;
        this.stride = stride;
    }

    /// Values that so many panels of `depth` steps take.
    static long packedValues(long panels, int depth) {
        return Packing.ALIGNED + panels * depth * PanelTiles.WIDTH;
    }

    /// Room for `count` panels of `depth` steps.
    void packed(int count, int depth) {
        stride = depth * PanelTiles.WIDTH;
        packed = Packing.atLeast(packed, Math.toIntExact(packedValues(count, depth)));
        values = packed;
        offset = Packing.ALIGNED;
    }

    int at(int panel) {
        return offset + panel * stride;
    }
}
