package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.Gemm;
import dev.daa.compute.cpu.product.Initial;
import org.jspecify.annotations.Nullable;

/// `out[:, first …] += scale·in·weightᵀ`. The scale goes into a copy of `in`, the narrow side of the product.
final class AddLinearKernel {
    private AddLinearKernel() {}

    static final class Forward implements Kernel {
        private final Gemm gemm;
        private final Scaling scaling;
        private final Tensor in;
        private final float[] parameters;
        private final int weight;
        private final int columns;
        private final float[] out;
        private final int first;
        private final int outWidth;

        Forward(Op.AddLinear op, Buffers buffers) {
            gemm = buffers.gemm();
            in = op.in();
            scaling = new Scaling(buffers.workers(), op.scale(), buffers.of(in), in.width(), buffers.scaled(in));
            parameters = buffers.values(op.weight());
            weight = op.weight().offset();
            columns = op.weight().rows();
            out = buffers.of(op.out());
            first = op.first();
            outWidth = op.out().width();
        }

        @Override
        public void run(Batch batch) {
            int rows = in.rows(batch);
            int rank = in.width();
            gemm.nt(
                    rows,
                    columns,
                    rank,
                    scaling.of(rows),
                    0,
                    rank,
                    parameters,
                    weight,
                    rank,
                    out,
                    first,
                    outWidth,
                    Initial.ACCUMULATE);
        }
    }

    static final class Backward implements Kernel {
        private final Gemm gemm;
        private final Scaling ofInput;
        private final Scaling ofDerivative;
        private final Tensor in;
        private final float[] parameters;
        private final float @Nullable [] gradients;
        private final int weight;
        private final int columns;
        private final float[] dOut;
        private final int first;
        private final int outWidth;
        private final float[] dIn;

        Backward(Op.AddLinearBackward op, Buffers buffers) {
            gemm = buffers.gemm();
            in = op.in();
            dIn = buffers.of(op.dIn());
            ofInput = new Scaling(buffers.workers(), op.scale(), buffers.of(in), in.width(), buffers.scaled(in));
            ofDerivative = new Scaling(buffers.workers(), op.scale(), dIn, in.width(), dIn);
            parameters = buffers.values(op.weight());
            gradients = buffers.trains(op.weight()) ? buffers.gradients(op.weight()) : null;
            weight = op.weight().offset();
            columns = op.weight().rows();
            dOut = buffers.of(op.dOut());
            first = op.first();
            outWidth = op.dOut().width();
        }

        @Override
        public void run(Batch batch) {
            int rows = in.rows(batch);
            int rank = in.width();
            gemm.nn(rows, rank, columns, dOut, first, outWidth, parameters, weight, rank, dIn, 0, rank, Initial.ZERO);
            ofDerivative.of(rows);
            if (gradients != null) {
                gemm.tn(
                        columns,
                        rank,
                        rows,
                        dOut,
                        first,
                        outWidth,
                        ofInput.of(rows),
                        0,
                        rank,
                        gradients,
                        weight,
                        rank,
                        Initial.ACCUMULATE);
            }
        }
    }

    /// `into = scale·from`, where both may be the same.
    private static final class Scaling {
        private final Workers workers;
        private final float scale;
        private final float[] from;
        private final int width;
        private final float[] into;
        private final Workers.RangeTask task = this::rows;

        Scaling(Workers workers, float scale, float[] from, int width, float[] into) {
            this.workers = workers;
            this.scale = scale;
            this.from = from;
            this.width = width;
            this.into = into;
        }

        /// @return `into` with so many rows
        float[] of(int rows) {
            workers.runRanges(rows, RowKernel.chunkOf(width), task);
            return into;
        }

        private void rows(int fromRow, int toRow, int worker) {
            int at = fromRow * width;
            int length = (toRow - fromRow) * width;
            if (into != from) {
                System.arraycopy(from, at, into, at, length);
            }
            Reduce.multiply(into, at, length, scale);
        }
    }
}
