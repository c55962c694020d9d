package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.cpu.parallel.Reduce;

/// Ops that treat rows as runs of values.
final class ElementKernel {
    private ElementKernel() {}

    /// `into += from`.
    static final class Accumulate extends RowKernel {
        private final int width;
        private final float[] from;
        private final float[] into;

        Accumulate(Op.Accumulate op, Buffers buffers) {
            super(buffers.workers(), op.into().extent(), op.into().width());
            width = op.into().width();
            from = buffers.of(op.from());
            into = buffers.of(op.into());
        }

        @Override
        void rows(int fromRow, int toRow, int worker) {
            Reduce.add(from, fromRow * width, into, fromRow * width, (toRow - fromRow) * width);
        }
    }

    /// `out[t] = in[targetRow[t]]`.
    static final class Gather extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] out;
        private int[] source = {};

        Gather(Op.Gather op, Buffers buffers) {
            super(buffers.workers(), op.out().extent(), op.out().width());
            width = op.out().width();
            in = buffers.of(op.in());
            out = buffers.of(op.out());
        }

        @Override
        void bind(Batch batch) {
            source = batch.targetRow;
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int target = from; target < to; target++) {
                System.arraycopy(in, source[target] * width, out, target * width, width);
            }
        }
    }
}
