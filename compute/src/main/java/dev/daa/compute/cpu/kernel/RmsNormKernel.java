package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.VectorMath;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// Root-mean-square normalization (Zhang & Sennrich 1910.07467) of rows of C values: `out = in·scale·weight` with
/// `scale = 1/√(mean(in²) + epsilon)`.
final class RmsNormKernel {
    private RmsNormKernel() {}

    static final class Forward extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] parameters;
        private final int weight;
        private final float epsilon;
        private final float[] out;
        private final float[] statistics;

        Forward(Op.RmsNorm op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            parameters = buffers.values(op.weight());
            weight = op.weight().offset();
            epsilon = op.epsilon();
            out = buffers.of(op.out());
            statistics = buffers.of(op.statistics());
        }

        @Override
        void rows(int from, int to, int worker) {
            int bound = SPECIES.loopBound(width);
            for (int row = from; row < to; row++) {
                int at = row * width;
                float meanSquare = Reduce.squaredDistance(in, at, width, 0) / width;
                float scale = (float) (1 / Math.sqrt(meanSquare + epsilon));
                statistics[row] = scale;
                for (int j = 0; j < bound; j += LANES) {
                    FloatVector.fromArray(SPECIES, in, at + j)
                            .mul(scale)
                            .mul(FloatVector.fromArray(SPECIES, parameters, weight + j))
                            .intoArray(out, at + j);
                }
                for (int j = bound; j < width; j++) {
                    out[at + j] = in[at + j] * scale * parameters[weight + j];
                }
            }
        }
    }

    /// With `x̂ = in·scale` and `g = dOut·weight`: `dIn = scale·(g − x̂·mean(g·x̂))`, `dWeight += Σ_rows dOut·x̂`.
    static final class Backward extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] parameters;
        private final int weight;
        private final float[] statistics;
        private final float[] dOut;
        private final float[] dIn;
        private final boolean accumulate;
        private final ChunkSums sums;

        Backward(Op.RmsNormBackward op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            parameters = buffers.values(op.weight());
            weight = op.weight().offset();
            statistics = buffers.of(op.statistics());
            dOut = buffers.of(op.dOut());
            dIn = buffers.of(op.dIn());
            accumulate = op.accumulate();
            sums = new ChunkSums(List.of(op.weight()), chunk(), op.in().rows(buffers.capacity()), buffers);
        }

        @Override
        void rows(int from, int to, int worker) {
            float[] partial = sums.begin(from);
            for (int row = from; row < to; row++) {
                row(row * width, statistics[row], partial);
            }
        }

        @Override
        void finish(Batch batch) {
            sums.addToGradients(rowsOf(batch));
        }

        private void row(int at, float scale, float[] partial) {
            int bound = SPECIES.loopBound(width);
            FloatVector sumOfGx = FloatVector.zero(SPECIES);
            for (int j = 0; j < bound; j += LANES) {
                FloatVector x = FloatVector.fromArray(SPECIES, in, at + j).mul(scale);
                FloatVector d = FloatVector.fromArray(SPECIES, dOut, at + j);
                sumOfGx = d.mul(FloatVector.fromArray(SPECIES, parameters, weight + j))
                        .fma(x, sumOfGx);
                d.fma(x, FloatVector.fromArray(SPECIES, partial, j)).intoArray(partial, j);
            }
            float meanOfGx = VectorMath.sumLanes(sumOfGx);
            for (int j = bound; j < width; j++) {
                float x = in[at + j] * scale;
                meanOfGx = Math.fma(dOut[at + j] * parameters[weight + j], x, meanOfGx);
                partial[j] = Math.fma(dOut[at + j], x, partial[j]);
            }
            meanOfGx /= width;
            if (accumulate) {
                addDerivative(at, scale, meanOfGx);
            } else {
                setDerivative(at, scale, meanOfGx);
            }
        }

        private void setDerivative(int at, float scale, float meanOfGx) {
            int bound = SPECIES.loopBound(width);
            for (int j = 0; j < bound; j += LANES) {
                derivative(at, j, scale, meanOfGx).intoArray(dIn, at + j);
            }
            for (int j = bound; j < width; j++) {
                dIn[at + j] = scalarDerivative(at, j, scale, meanOfGx);
            }
        }

        private void addDerivative(int at, float scale, float meanOfGx) {
            int bound = SPECIES.loopBound(width);
            for (int j = 0; j < bound; j += LANES) {
                derivative(at, j, scale, meanOfGx)
                        .add(FloatVector.fromArray(SPECIES, dIn, at + j))
                        .intoArray(dIn, at + j);
            }
            for (int j = bound; j < width; j++) {
                dIn[at + j] += scalarDerivative(at, j, scale, meanOfGx);
            }
        }

        private FloatVector derivative(int at, int j, float scale, float meanOfGx) {
            FloatVector x = FloatVector.fromArray(SPECIES, in, at + j).mul(scale);
            return FloatVector.fromArray(SPECIES, dOut, at + j)
                    .mul(FloatVector.fromArray(SPECIES, parameters, weight + j))
                    .sub(x.mul(meanOfGx))
                    .mul(scale);
        }

        private float scalarDerivative(int at, int j, float scale, float meanOfGx) {
            return (dOut[at + j] * parameters[weight + j] - in[at + j] * scale * meanOfGx) * scale;
        }
    }
}
