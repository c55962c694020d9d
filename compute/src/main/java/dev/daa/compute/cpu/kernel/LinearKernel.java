package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Gemm;
import dev.daa.compute.cpu.product.Initial;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// `out = in·weightᵀ (+ bias) (+ residual)`; bias and residual are the initial value of the product.
final class LinearKernel {
    private LinearKernel() {}

    static final class Forward implements Kernel {
        private final Gemm gemm;
        private final Tensor tensor;
        private final float[] in;
        private final int inWidth;
        private final float[] parameters;
        private final int weight;
        private final float[] out;
        private final int outWidth;
        private final Initial initial;

        Forward(Op.Linear op, Buffers buffers) {
            gemm = buffers.gemm();
            tensor = op.in();
            in = buffers.of(op.in());
            inWidth = op.in().width();
            parameters = buffers.values(op.weight());
            weight = op.weight().offset();
            out = buffers.of(op.out());
            outWidth = op.out().width();
            initial = initial(op, buffers);
        }

        @Override
        public void run(Batch batch) {
            gemm.nt(
                    tensor.rows(batch),
                    outWidth,
                    inWidth,
                    in,
                    0,
                    inWidth,
                    parameters,
                    weight,
                    inWidth,
                    out,
                    0,
                    outWidth,
                    initial);
        }
    }

    /// The same with the weights packed beforehand, for decoding.
    static final class PackedForward implements Kernel {
        private final Gemm gemm;
        private final Tensor tensor;
        private final float[] in;
        private final int inWidth;
        private final PackedWeight weight;
        private final float[] out;
        private final int outWidth;
        private final Initial initial;

        PackedForward(Op.Linear op, Buffers buffers) {
            gemm = buffers.gemm();
            tensor = op.in();
            in = buffers.of(op.in());
            inWidth = op.in().width();
            weight = buffers.packed(op.weight());
            out = buffers.of(op.out());
            outWidth = op.out().width();
            initial = initial(op, buffers);
        }

        @Override
        public void run(Batch batch) {
            gemm.packed(tensor.rows(batch), in, 0, inWidth, weight.current(), out, 0, outWidth, initial);
        }
    }

    private static Initial initial(Op.Linear op, Buffers buffers) {
        Tensor residual = op.residual();
        Parameter bias = op.bias();
        if (residual == null) {
            return bias == null ? Initial.ZERO : Initial.row(buffers.values(bias), bias.offset());
        }
        float[] from = buffers.of(residual);
        int width = residual.width();
        return bias == null
                ? Initial.matrix(from, 0, width)
                : Initial.sum(from, 0, width, buffers.values(bias), bias.offset());
    }

    static final class Backward implements Kernel {
        private final Gemm gemm;
        private final Tensor tensor;
        private final float[] in;
        private final int inWidth;
        private final float[] parameters;
        private final float @Nullable [] gradients;
        private final int weight;
        private final float[] dOut;
        private final int outWidth;
        private final float[] dIn;
        private final Initial initial;
        private final @Nullable ColumnSum biasGradient;

        Backward(Op.LinearBackward op, Buffers buffers) {
            gemm = buffers.gemm();
            tensor = op.in();
            in = buffers.of(op.in());
            inWidth = op.in().width();
            parameters = buffers.values(op.weight());
            gradients = buffers.trains(op.weight()) ? buffers.gradients(op.weight()) : null;
            weight = op.weight().offset();
            dOut = buffers.of(op.dOut());
            outWidth = op.dOut().width();
            dIn = buffers.of(op.dIn());
            initial = op.accumulate() ? Initial.ACCUMULATE : Initial.ZERO;
            Parameter bias = op.bias();
            biasGradient = bias == null || !buffers.trains(bias)
                    ? null
                    : new ColumnSum(buffers.workers(), dOut, outWidth, buffers.gradients(bias), bias.offset());
        }

        @Override
        public void run(Batch batch) {
            int rows = tensor.rows(batch);
            gemm.nn(rows, inWidth, outWidth, dOut, 0, outWidth, parameters, weight, inWidth, dIn, 0, inWidth, initial);
            if (gradients != null) {
                gemm.tn(
                        outWidth,
                        inWidth,
                        rows,
                        dOut,
                        0,
                        outWidth,
                        in,
                        0,
                        inWidth,
                        gradients,
                        weight,
                        inWidth,
                        Initial.ACCUMULATE);
            }
            if (biasGradient != null) {
                biasGradient.add(rows);
            }
        }
    }

    /// Adds the sum over the rows of a matrix to a vector. Each task owns some columns, so that the order of the
    /// sum is that of the rows.
    static final class ColumnSum {
        private static final int COLUMNS = 4 * LANES;

        private final Workers workers;
        private final float[] matrix;
        private final int width;
        private final float[] into;
        private final int offset;
        private final Workers.RangeTask task = this::columns;
        private int rows;

        ColumnSum(Workers workers, float[] matrix, int width, float[] into, int offset) {
            this.workers = workers;
            this.matrix = matrix;
            this.width = width;
            this.into = into;
            this.offset = offset;
        }

        void add(int rowCount) {
            rows = rowCount;
            workers.runRanges(width, COLUMNS, task);
        }

        private void columns(int from, int to, int worker) {
            if (to - from == COLUMNS) {
                fourVectors(from);
                return;
            }
            for (int row = 0; row < rows; row++) {
                Reduce.add(matrix, row * width + from, into, offset + from, to - from);
            }
        }

        private void fourVectors(int from) {
            FloatVector sum0 = FloatVector.fromArray(SPECIES, into, offset + from);
            FloatVector sum1 = FloatVector.fromArray(SPECIES, into, offset + from + LANES);
            FloatVector sum2 = FloatVector.fromArray(SPECIES, into, offset + from + 2 * LANES);
            FloatVector sum3 = FloatVector.fromArray(SPECIES, into, offset + from + 3 * LANES);
            for (int row = 0; row < rows; row++) {
                int at = row * width + from;
                sum0 = sum0.add(FloatVector.fromArray(SPECIES, matrix, at));
                sum1 = sum1.add(FloatVector.fromArray(SPECIES, matrix, at + LANES));
                sum2 = sum2.add(FloatVector.fromArray(SPECIES, matrix, at + 2 * LANES));
                sum3 = sum3.add(FloatVector.fromArray(SPECIES, matrix, at + 3 * LANES));
            }
            sum0.intoArray(into, offset + from);
            sum1.intoArray(into, offset + from + LANES);
            sum2.intoArray(into, offset + from + 2 * LANES);
            sum3.intoArray(into, offset + from + 3 * LANES);
        }
    }
}
