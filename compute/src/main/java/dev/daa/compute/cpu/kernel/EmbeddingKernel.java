package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.Workers;
import org.jspecify.annotations.Nullable;

/// Rows of a token table, plus rows of a position table where there is one.
final class EmbeddingKernel {
    private EmbeddingKernel() {}

    static final class Forward extends RowKernel {
        private final Parameter table;
        private final @Nullable Parameter positions;
        private final int width;
        private final float[] tokenRows;
        private final float[] positionRows;
        private final float[] out;
        private int[] token = {};
        private int[] position = {};

        Forward(Op.Embedding op, Buffers buffers) {
            super(buffers.workers(), op.out().extent(), op.out().width());
            table = op.table();
            positions = op.positions();
            width = op.out().width();
            tokenRows = buffers.values(op.table());
            positionRows = positions == null ? new float[0] : buffers.values(positions);
            out = buffers.of(op.out());
        }

        /// Refuses tokens and positions outside the tables: in the flat array they would name other
        /// parameters.
        @Override
        void bind(Batch batch) {
            token = batch.token;
            position = batch.position;
            for (int row = 0; row < batch.rows(); row++) {
                requireInside("token", token[row], row, table);
                if (positions != null) {
                    requireInside("position", position[row], row, positions);
                }
            }
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int row = from; row < to; row++) {
                System.arraycopy(tokenRows, table.offset() + token[row] * width, out, row * width, width);
                if (positions != null) {
                    Reduce.add(positionRows, positions.offset() + position[row] * width, out, row * width, width);
                }
            }
        }

        private static void requireInside(String what, int value, int row, Parameter table) {
            if (value < 0 || value >= table.rows()) {
                throw new IllegalArgumentException(what + " " + value + " of row " + row + " is outside " + table.name()
                        + ", which has " + table.rows() + " rows");
            }
        }
    }

    /// Each task owns a range of columns and adds all rows in their order, so that rows of one token never meet.
    static final class Backward implements Kernel {
        private static final int COLUMNS = 64;

        private final Workers workers;
        private final Parameter table;
        private final @Nullable Parameter positions;
        private final int width;
        private final float[] dOut;
        private final float[] tokenGradients;
        private final float[] positionGradients;
        private final Workers.RangeTask task = this::columns;
        private int rows;
        private int[] token = {};
        private int[] position = {};

        Backward(Op.EmbeddingBackward op, Buffers buffers) {
            workers = buffers.workers();
            table = op.table();
            positions = op.positions();
            width = op.dOut().width();
            dOut = buffers.of(op.dOut());
            tokenGradients = buffers.gradients(op.table());
            positionGradients = positions == null ? new float[0] : buffers.gradients(positions);
        }

        @Override
        public void run(Batch batch) {
            rows = batch.rows();
            token = batch.token;
            position = batch.position;
            workers.runRanges(width, COLUMNS, task);
        }

        private void columns(int from, int to, int worker) {
            int length = to - from;
            for (int row = 0; row < rows; row++) {
                int at = row * width + from;
                Reduce.add(dOut, at, tokenGradients, table.offset() + token[row] * width + from, length);
                if (positions != null) {
                    Reduce.add(dOut, at, positionGradients, positions.offset() + position[row] * width + from, length);
                }
            }
        }
    }
}
