package dev.daa.compute.cpu.product;

import dev.daa.compute.cpu.parallel.Workers;
import java.util.Arrays;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;

/// What the matrix product reaches on this machine, measured when `daa bench` asks: the yardstick of the speeds that it
/// tells, and the check that the kernels were compiled well, which cannot be taken for granted.
///
/// @param gflops speed of [Gemm] on all workers, operands in the caches, in 10⁹ floating-point operations a second
/// @param expectedGflops what a well-compiled kernel reaches at least: [#LEAST_PER_LANE] per vector lane and core
public record GemmPeak(double gflops, double expectedGflops) {
    /// One multiply-add a cycle at 2.5 GHz. Good kernels reach 6 to 14, bad compilations 3 and less.
    private static final double LEAST_PER_LANE = 5;

    private static final int ROWS_PER_WORKER = 240;
    private static final int WIDTH = 512;
    private static final int SUM = 384;
    private static final long DEADLINE_NANOS = 3_000_000_000L;
    private static final long SETTLE_NANOS = 100_000_000L;
    private static final int WARM_PRODUCTS = 1_500;

    /// Measures on the workers of `workers`. Takes about half a second in a fresh JVM, because the compiler needs
    /// it, a tenth of a second later on, and three seconds when the kernels stay slow. Products that follow
    /// are fast from the first one on.
    public static GemmPeak measure(Workers workers) {
        Gemm gemm = new Gemm(workers);
        warmUp(new Gemm(new Workers(1)));
        double expected = LEAST_PER_LANE * FloatVector.SPECIES_PREFERRED.length() * workers.count();
        int m = ROWS_PER_WORKER * workers.count();
        float[] a = ones(m * SUM);
        float[] b = ones(SUM * WIDTH);
        float[] c = new float[m * WIDTH];
        double flops = 2.0 * m * WIDTH * SUM;
        double best = 0;
        long begin = System.nanoTime();
        long improved = begin;
        for (long now = begin;
                now - begin < DEADLINE_NANOS && (best < expected || now - improved < SETTLE_NANOS);
                now = System.nanoTime()) {
            long start = System.nanoTime();
            gemm.nn(m, WIDTH, SUM, a, 0, SUM, b, 0, WIDTH, c, 0, WIDTH, Initial.ZERO);
            long end = System.nanoTime();
            double gflops = flops / (end - start);
            if (gflops > 1.01 * best) {
                improved = end;
            }
            best = Math.max(best, gflops);
        }
        return new GemmPeak(best, expected);
    }

    /// Whether the kernels are slower than they should be: badly compiled, or the cores are busy with something
    /// else.
    public boolean isLow() {
        return gflops < expectedGflops;
    }

    /// One line for people.
    public String describe() {
        return isLow()
                ? String.format(
                        Locale.ROOT,
                        "GEMM runs at %.0f GFLOP/s, expected at least %.0f: other work on the cores, or a badly"
                                + " compiled kernel (then start again)",
                        gflops,
                        expectedGflops)
                : String.format(Locale.ROOT, "GEMM peak %.0f GFLOP/s", gflops);
    }

    /// Many products with short sums: the compiler counts calls, and these are soon counted.
    private static void warmUp(Gemm gemm) {
        int m = 2 * PanelTiles.ROWS + 1;
        int n = PanelTiles.WIDTH + PanelTiles.NARROW_WIDTH + 1;
        int k = 17;
        float[] a = ones(m * k);
        float[] b = ones(k * n);
        float[] c = new float[m * n];
        for (int product = 0; product < WARM_PRODUCTS; product++) {
            int sum = product < WARM_PRODUCTS / 2 ? 1 : k;
            gemm.nn(m, n, sum, a, 0, sum, b, 0, n, c, 0, n, Initial.ZERO);
            if (product % 4 == 0) {
                gemm.nt(m, n, k, a, 0, k, b, 0, k, c, 0, n, Initial.ZERO);
                gemm.tn(m, n, k, a, 0, m, b, 0, n, c, 0, n, Initial.ACCUMULATE);
            }
        }
    }

    private static float[] ones(int length) {
        float[] values = new float[length];
        Arrays.fill(values, 1f);
        return values;
    }
}
