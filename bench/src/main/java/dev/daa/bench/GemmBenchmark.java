package dev.daa.bench;

import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Gemm;
import dev.daa.compute.cpu.product.GemmPeak;
import dev.daa.compute.cpu.product.Initial;
import dev.daa.compute.cpu.product.PackedMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// The matrix product against OpenBLAS over the models' shapes: both with the same number of threads, both bound to
/// cores, in turn in one JVM. Prints GFLOP/s (best of the rounds, for both), the median of the rounds' ratios, and of
/// that the geometric mean and the worst. Other work on the machine takes turns by the minute, so that the ratio of two
/// best rounds may compare two machines; the two sides of a round are some milliseconds apart.
///
/// Arguments: `[threads] [rounds] [group …]`, groups `S M L tiny decode`; default `2 9 S M L`.
///
/// Forms as a linear layer with weights `[out, in]` needs them on `rows` rows: NT is the forward pass, NN the input's
/// gradient, TN the weights' gradient, accumulated. PK is the forward pass with weights packed beforehand; OpenBLAS
/// runs NT there.
public final class GemmBenchmark {
    private static final long WARM_NANOS = 250_000_000;
    private static final long BLOCK_NANOS = 8_000_000;
    /// Idle time before our turn: OpenBLAS threads spin for 26 ms after a call and would run into it.
    private static final long PAUSE_MILLIS = 30;

    private enum Form {
        NT,
        NN,
        TN,
        PK
    }

    /// One linear layer on `rows` rows.
    private record Shape(String group, String name, int rows, int out, int in) {}

    /// One product: C `[m, n]`, sums of length k.
    private record Case(Shape shape, Form form) {
        int m() {
            return form == Form.TN ? shape.out() : shape.rows();
        }

        int n() {
            return switch (form) {
                case NT, PK -> shape.out();
                case NN, TN -> shape.in();
            };
        }

        int k() {
            return switch (form) {
                case NT, PK -> shape.in();
                case NN -> shape.out();
                case TN -> shape.rows();
            };
        }

        double flops() {
            return 2.0 * m() * n() * k();
        }
    }

    /// Speeds in GFLOP/s; without OpenBLAS, its speed and the ratio are not numbers.
    private record Result(Case product, double ours, double theirs, double ratio) {}

    private final Workers workers;
    private final Gemm gemm;
    private final @Nullable OpenBlas blas;
    private final int rounds;

    private GemmBenchmark(Workers workers, @Nullable OpenBlas blas, int rounds) {
        this.workers = workers;
        this.gemm = new Gemm(workers);
        this.blas = blas;
        this.rounds = rounds;
    }

    public static void main(String[] arguments) throws InterruptedException {
        int threads = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 9;
        List<String> groups =
                arguments.length > 2 ? Arrays.asList(arguments).subList(2, arguments.length) : List.of("S", "M", "L");
        try (Workers workers = new Workers(threads)) {
            boolean pinned = Cores.bind(workers);
            Optional<OpenBlas> blas = OpenBlas.load(threads, pinned);
            System.out.printf(
                    "%d threads%s, %s%n",
                    threads,
                    pinned ? ", pinned" : "",
                    blas.map(library -> "against " + library.description()).orElse("OpenBLAS not found: left out"));
            // Compiles the kernels, so that the first shapes do not pay for it.
            System.out.println(GemmPeak.measure(workers).describe());
            new GemmBenchmark(workers, blas.orElse(null), rounds).run(groups);
        }
    }

    private void run(List<String> groups) throws InterruptedException {
        List<Result> results = new ArrayList<>();
        System.out.printf(
                "%-6s %-9s %-4s %5s %5s %5s %9s %9s %6s%n",
                "", "layer", "form", "m", "n", "k", "ours", "OpenBLAS", "ratio");
        for (Shape shape : shapes()) {
            if (!groups.contains(shape.group())) {
                continue;
            }
            Form[] forms =
                    shape.group().equals("decode") ? new Form[] {Form.PK} : new Form[] {Form.NT, Form.NN, Form.TN};
            for (Form form : forms) {
                Result result = measure(new Case(shape, form));
                results.add(result);
                print(result);
            }
        }
        for (String group : groups) {
            summarise(
                    group,
                    results.stream()
                            .filter(result -> result.product().shape().group().equals(group))
                            .toList());
        }
        summarise("all", results);
    }

    private static void print(Result result) {
        Case product = result.product();
        System.out.printf(
                Locale.ROOT,
                "%-6s %-9s %-4s %5d %5d %5d %9.1f %9s %6s%n",
                product.shape().group(),
                product.shape().name(),
                product.form(),
                product.m(),
                product.n(),
                product.k(),
                result.ours(),
                Double.isNaN(result.theirs()) ? "-" : String.format(Locale.ROOT, "%.1f", result.theirs()),
                Double.isNaN(result.theirs()) ? "-" : String.format(Locale.ROOT, "%.3f", result.ratio()));
    }

    private static void summarise(String name, List<Result> results) {
        if (results.isEmpty()) {
            return;
        }
        double ours =
                results.stream().mapToDouble(r -> Math.log(r.ours())).average().orElseThrow();
        if (Double.isNaN(results.getFirst().theirs())) {
            System.out.printf(Locale.ROOT, "%s: geometric mean %.1f GFLOP/s%n", name, Math.exp(ours));
            return;
        }
        double mean =
                results.stream().mapToDouble(r -> Math.log(r.ratio())).average().orElseThrow();
        double worst = results.stream().mapToDouble(Result::ratio).min().orElseThrow();
        System.out.printf(
                Locale.ROOT,
                "%s: geometric mean %.1f GFLOP/s, %.3f of OpenBLAS, worst %.3f%n",
                name,
                Math.exp(ours),
                Math.exp(mean),
                worst);
    }

    private Result measure(Case product) throws InterruptedException {
        int m = product.m();
        int n = product.n();
        int k = product.k();
        float[] a = random(m * k);
        float[] b = random(k * n);
        float[] c = new float[m * n];
        PackedMatrix packedMatrix = new PackedMatrix(k, n);
        if (product.form() == Form.PK) {
            packedMatrix.packTransposed(workers, b, 0, k);
        }
        Runnable ours = () -> {
            switch (product.form()) {
                case NT -> gemm.nt(m, n, k, a, 0, k, b, 0, k, c, 0, n, Initial.ZERO);
                case NN -> gemm.nn(m, n, k, a, 0, k, b, 0, n, c, 0, n, Initial.ZERO);
                case TN -> gemm.tn(m, n, k, a, 0, m, b, 0, n, c, 0, n, Initial.ACCUMULATE);
                case PK -> gemm.packed(m, a, 0, k, packedMatrix, c, 0, n, Initial.ZERO);
            }
        };
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nativeA = arena.allocate(4L * m * k, 64).copyFrom(MemorySegment.ofArray(a));
            MemorySegment nativeB = arena.allocate(4L * k * n, 64).copyFrom(MemorySegment.ofArray(b));
            MemorySegment nativeC = arena.allocate(4L * m * n, 64);
            boolean transposeA = product.form() == Form.TN;
            boolean transposeB = product.form() == Form.NT || product.form() == Form.PK;
            OpenBlas library = blas;
            Runnable theirs = library == null
                    ? () -> {}
                    : () -> library.multiply(
                            transposeA,
                            transposeB,
                            m,
                            n,
                            k,
                            nativeA,
                            transposeA ? m : k,
                            nativeB,
                            transposeB ? k : n,
                            nativeC,
                            n,
                            product.form() == Form.TN);
            int oursPerBlock = warm(ours);
            int theirsPerBlock = library == null ? 0 : warm(theirs);
            if (library != null) {
                ours.run();
                theirs.run();
                check(product, c, nativeC);
            }
            double oursNanos = Double.POSITIVE_INFINITY;
            double theirsNanos = Double.POSITIVE_INFINITY;
            double[] ratios = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                Thread.sleep(PAUSE_MILLIS);
                double our = block(ours, oursPerBlock);
                double their = library == null ? Double.NaN : block(theirs, theirsPerBlock);
                oursNanos = Math.min(oursNanos, our);
                theirsNanos = Math.min(theirsNanos, their);
                ratios[round] = their / our;
            }
            Arrays.sort(ratios);
            return new Result(product, product.flops() / oursNanos, product.flops() / theirsNanos, ratios[rounds / 2]);
        }
    }

    /// Refuses to time two different products. Accumulated ones differ by the number of calls, and are left alone.
    private static void check(Case product, float[] c, MemorySegment nativeC) {
        if (product.form() == Form.TN) {
            return;
        }
        for (int i = 0; i < c.length; i++) {
            float theirs = nativeC.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            if (Math.abs(c[i] - theirs) > 1e-6 * product.k()) {
                throw new IllegalStateException(
                        product + ": element " + i + " is " + c[i] + ", OpenBLAS has " + theirs);
            }
        }
    }

    /// Runs until compiled code is steady; returns how many calls fill a block.
    private static int warm(Runnable product) {
        long begin = System.nanoTime();
        long last = 0;
        while (System.nanoTime() - begin < WARM_NANOS) {
            long start = System.nanoTime();
            product.run();
            last = System.nanoTime() - start;
        }
        return Math.clamp(BLOCK_NANOS / Math.max(1, last), 1, 100_000);
    }

    private static double block(Runnable product, int calls) {
        product.run();
        long start = System.nanoTime();
        for (int call = 0; call < calls; call++) {
            product.run();
        }
        return (System.nanoTime() - start) / (double) calls;
    }

    private static float[] random(int length) {
        SplittableRandom random = new SplittableRandom(length);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    private static List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>();
        addModel(shapes, "S", 2048, 128, 512, 0);
        addModel(shapes, "M", 2048, 384, 1536, 4096);
        addModel(shapes, "L", 512, 768, 3072, 4096);
        addModel(shapes, "tiny", 2048, 64, 256, 86);
        for (int rows : new int[] {1, 4, 16, 64}) {
            shapes.add(new Shape("decode", "tiny qkv", rows, 192, 64));
            shapes.add(new Shape("decode", "S qkv", rows, 384, 128));
            shapes.add(new Shape("decode", "M up", rows, 1536, 384));
            shapes.add(new Shape("decode", "M vocab", rows, 4096, 384));
        }
        return shapes;
    }

    /// The linear layers of a transformer. S's vocabulary has the shape of its mlp.
    private static void addModel(List<Shape> shapes, String group, int rows, int width, int mlp, int vocabulary) {
        shapes.add(new Shape(group, "qkv", rows, 3 * width, width));
        shapes.add(new Shape(group, "project", rows, width, width));
        shapes.add(new Shape(group, "mlp up", rows, mlp, width));
        shapes.add(new Shape(group, "mlp down", rows, width, mlp));
        if (vocabulary > 0) {
            shapes.add(new Shape(group, "vocab", rows, vocabulary, width));
        }
    }
}
