package dev.daa.compute.cpu.product;

/// The memory that products of [BlockedProduct] take beside their operands. They share it: each part grows to what the
/// largest needs.
public final class ProductScratch {
    private final int threads;
    private long sharedRows;
    private long ownRows;
    private long sharedPanels;
    private long ownPanels;

    public ProductScratch(int threads) {
        this.threads = threads;
    }

    /// Counts a product of at most these sizes: a smaller one may be shared out in another way.
    public void add(int m, int n, int k, boolean transposedA) {
        int depth = Math.min(BlockedProduct.K_BLOCK, k);
        int columns = Math.min(BlockedProduct.N_BLOCK, n);
        long rowTiles = Math.ceilDiv(m, PanelTiles.ROWS);
        boolean panelsOut = BlockedProduct.sharesPanelsOut(m, n, threads);
        ownPanels = Math.max(
                ownPanels,
                threads
                        * ProductPanels.packedValues(
                                Math.min(BlockedProduct.OWN_PANELS, Math.ceilDiv(n, PanelTiles.WIDTH)), depth));
        if (!panelsOut) {
            int steps = transposedA ? BlockedProduct.K_BLOCK : BlockedProduct.sharedSteps(columns, k);
            sharedPanels = Math.max(
                    sharedPanels,
                    ProductPanels.packedValues(Math.ceilDiv(columns, PanelTiles.WIDTH), Math.min(steps, k)));
        }
        if (transposedA && (panelsOut || n > m)) {
            sharedRows = Math.max(
                    sharedRows, ProductRows.packedValues(rowTiles, Math.min(BlockedProduct.sharedSteps(m, k), k)));
        }
        if (transposedA && !panelsOut) {
            long own = Math.min(rowTiles, Math.ceilDiv(BlockedProduct.M_BLOCK, PanelTiles.ROWS));
            ownRows = Math.max(ownRows, ProductRows.packedValues(threads * own, depth));
        }
    }

    public long values() {
        return sharedRows + ownRows + sharedPanels + ownPanels;
    }
}
