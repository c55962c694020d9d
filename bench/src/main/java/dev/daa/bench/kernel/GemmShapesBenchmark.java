package dev.daa.bench.kernel;

import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Gemm;
import dev.daa.compute.cpu.product.Initial;
import dev.daa.compute.cpu.product.PackedMatrix;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/// The three products of a linear layer `[rows, in] → [rows, out]`, and the one with weights packed beforehand, as
/// decoding uses it. [dev.daa.bench.GemmBenchmark] holds them against OpenBLAS.
public class GemmShapesBenchmark extends KernelBenchmark {
    /// `rows x out x in`.
    @Param({"2048x512x128", "2048x128x512", "2048x1536x384", "64x1536x384"})
    public String shape = "";

    private Workers workers;
    private Gemm gemm;
    private PackedMatrix packed;
    private int rows;
    private int out;
    private int in;
    private float[] input;
    private float[] weight;
    private float[] output;

    @Setup
    public void prepare() {
        String[] sizes = shape.split("x", -1);
        rows = Integer.parseInt(sizes[0]);
        out = Integer.parseInt(sizes[1]);
        in = Integer.parseInt(sizes[2]);
        input = Dimensions.random(rows * in);
        weight = Dimensions.random(out * in);
        output = Dimensions.random(rows * out);
        workers = new Workers(Runtime.getRuntime().availableProcessors());
        gemm = new Gemm(workers);
        packed = new PackedMatrix(in, out);
        packed.packTransposed(workers, weight, 0, in);
    }

    @TearDown
    public void close() {
        workers.close();
    }

    /// `output = input·weightᵀ`.
    @Benchmark
    public float[] forward() {
        gemm.nt(rows, out, in, input, 0, in, weight, 0, in, output, 0, out, Initial.ZERO);
        return output;
    }

    /// `output = input·weightᵀ` with the weight packed once.
    @Benchmark
    public float[] forwardPacked() {
        gemm.packed(rows, input, 0, in, packed, output, 0, out, Initial.ZERO);
        return output;
    }

    /// `input = output·weight`.
    @Benchmark
    public float[] inputGradient() {
        gemm.nn(rows, in, out, output, 0, out, weight, 0, in, input, 0, in, Initial.ZERO);
        return input;
    }

    /// `weight = outputᵀ·input`.
    @Benchmark
    public float[] weightGradient() {
        gemm.tn(out, in, rows, output, 0, out, input, 0, in, weight, 0, in, Initial.ZERO);
        return weight;
    }

    @Benchmark
    public float[] plainForward() {
        PlainJava.product(rows, out, in, input, weight, output);
        return output;
    }
}
