package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.Tensor.Extent;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.Workers;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One number per scored row: its product with a weight vector.
final class ScalarHeadKernel {
    private ScalarHeadKernel() {}

    static final class Forward extends RowKernel {
        private final int width;
        private final float[] hidden;
        private final float[] parameters;
        private final int weight;
        private final float[] out;
        private int[] scoreRow = {};

        Forward(Op.ScalarHead op, Buffers buffers) {
            super(buffers.workers(), Extent.SCORES, op.hidden().width());
            width = op.hidden().width();
            hidden = buffers.of(op.hidden());
            parameters = buffers.values(op.weight());
            weight = op.weight().offset();
            out = buffers.of(op.out());
        }

        @Override
        void bind(Batch batch) {
            scoreRow = batch.scoreRow;
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int score = from; score < to; score++) {
                out[score] = Reduce.dot(hidden, scoreRow[score] * width, parameters, weight, width);
            }
        }
    }

    /// Each task owns a range of columns and goes through all scores in their order.
    static final class Backward implements Kernel {
        private static final int COLUMNS = 64;

        private final Workers workers;
        private final int width;
        private final float[] hidden;
        private final float[] parameters;
        private final float @Nullable [] gradients;
        private final int weight;
        private final float[] dOut;
        private final float[] dHidden;
        private final boolean accumulate;
        private final Workers.RangeTask task = this::columns;
        private int rows;
        private int scores;
        private int[] scoreRow = {};

        Backward(Op.ScalarHeadBackward op, Buffers buffers) {
            workers = buffers.workers();
            width = op.hidden().width();
            hidden = buffers.of(op.hidden());
            parameters = buffers.values(op.weight());
            gradients = buffers.trains(op.weight()) ? buffers.gradients(op.weight()) : null;
            weight = op.weight().offset();
            dOut = buffers.of(op.dOut());
            dHidden = buffers.of(op.dHidden());
            accumulate = op.accumulate();
        }

        @Override
        public void run(Batch batch) {
            rows = batch.rows();
            scores = batch.scores();
            scoreRow = batch.scoreRow;
            workers.runRanges(width, COLUMNS, task);
        }

        private void columns(int from, int to, int worker) {
            int length = to - from;
            if (!accumulate) {
                for (int row = 0; row < rows; row++) {
                    Arrays.fill(dHidden, row * width + from, row * width + to, 0);
                }
            }
            for (int score = 0; score < scores; score++) {
                int at = scoreRow[score] * width + from;
                Reduce.addScaled(dOut[score], parameters, weight + from, dHidden, at, length);
                if (gradients != null) {
                    Reduce.addScaled(dOut[score], hidden, at, gradients, weight + from, length);
                }
            }
        }
    }
}
