package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.VectorMath;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// Layer normalization (Ba et al. 1607.06450) of rows of C values: `out = (in − mean)·scale·weight + bias` with
/// `scale = 1/√(variance + epsilon)`.
final class LayerNormKernel {
    private LayerNormKernel() {}

    static final class Forward extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] weights;
        private final int weight;
        private final float[] biases;
        private final int bias;
        private final float epsilon;
        private final float[] out;
        private final float[] statistics;

        Forward(Op.LayerNorm op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            weights = buffers.values(op.weight());
            weight = op.weight().offset();
            biases = buffers.values(op.bias());
            bias = op.bias().offset();
            epsilon = op.epsilon();
            out = buffers.of(op.out());
            statistics = buffers.of(op.statistics());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int row = from; row < to; row++) {
                int at = row * width;
                float mean = Reduce.sum(in, at, width) / width;
                float variance = Reduce.squaredDistance(in, at, width, mean) / width;
                float scale = (float) (1 / Math.sqrt(variance + epsilon));
                statistics[2 * row] = mean;
                statistics[2 * row + 1] = scale;
                normalize(at, mean, scale);
            }
        }

        private void normalize(int at, float mean, float scale) {
            int bound = SPECIES.loopBound(width);
            for (int j = 0; j < bound; j += LANES) {
                FloatVector.fromArray(SPECIES, in, at + j)
                        .sub(mean)
                        .mul(scale)
                        .fma(
                                FloatVector.fromArray(SPECIES, weights, weight + j),
                                FloatVector.fromArray(SPECIES, biases, bias + j))
                        .intoArray(out, at + j);
            }
            for (int j = bound; j < width; j++) {
                out[at + j] = Math.fma((in[at + j] - mean) * scale, weights[weight + j], biases[bias + j]);
            }
        }
    }

    /// With `x̂ = (in − mean)·scale` and `g = dOut·weight`:
    /// `dIn = scale·(g − mean(g) − x̂·mean(g·x̂))`, `dWeight += Σ_rows dOut·x̂`, `dBias += Σ_rows dOut`.
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

        Backward(Op.LayerNormBackward op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            parameters = buffers.values(op.weight());
            weight = op.weight().offset();
            statistics = buffers.of(op.statistics());
            dOut = buffers.of(op.dOut());
            dIn = buffers.of(op.dIn());
            accumulate = op.accumulate();
            sums = new ChunkSums(
                    List.of(op.weight(), op.bias()), chunk(), op.in().rows(buffers.capacity()), buffers);
        }

        @Override
        void rows(int from, int to, int worker) {
            float[] partial = sums.begin(from);
            for (int row = from; row < to; row++) {
                row(row * width, statistics[2 * row], statistics[2 * row + 1], partial);
            }
        }

        @Override
        void finish(Batch batch) {
            sums.addToGradients(rowsOf(batch));
        }

        private void row(int at, float mean, float scale, float[] partial) {
            int bound = SPECIES.loopBound(width);
            FloatVector sumOfG = FloatVector.zero(SPECIES);
            FloatVector sumOfGx = FloatVector.zero(SPECIES);
            for (int j = 0; j < bound; j += LANES) {
                FloatVector x =
                        FloatVector.fromArray(SPECIES, in, at + j).sub(mean).mul(scale);
                FloatVector d = FloatVector.fromArray(SPECIES, dOut, at + j);
                FloatVector g = d.mul(FloatVector.fromArray(SPECIES, parameters, weight + j));
                sumOfG = sumOfG.add(g);
                sumOfGx = g.fma(x, sumOfGx);
                d.fma(x, FloatVector.fromArray(SPECIES, partial, j)).intoArray(partial, j);
                d.add(FloatVector.fromArray(SPECIES, partial, width + j)).intoArray(partial, width + j);
            }
            float meanOfG = VectorMath.sumLanes(sumOfG);
            float meanOfGx = VectorMath.sumLanes(sumOfGx);
            for (int j = bound; j < width; j++) {
                float x = (in[at + j] - mean) * scale;
                float g = dOut[at + j] * parameters[weight + j];
                meanOfG += g;
                meanOfGx = Math.fma(g, x, meanOfGx);
                partial[j] = Math.fma(dOut[at + j], x, partial[j]);
                partial[width + j] += dOut[at + j];
            }
            meanOfG /= width;
            meanOfGx /= width;
            if (accumulate) {
                addDerivative(at, mean, scale, meanOfG, meanOfGx);
            } else {
                setDerivative(at, mean, scale, meanOfG, meanOfGx);
            }
        }

        private void setDerivative(int at, float mean, float scale, float meanOfG, float meanOfGx) {
            int bound = SPECIES.loopBound(width);
            for (int j = 0; j < bound; j += LANES) {
                derivative(at, j, mean, scale, meanOfG, meanOfGx).intoArray(dIn, at + j);
            }
            for (int j = bound; j < width; j++) {
                dIn[at + j] = scalarDerivative(at, j, mean, scale, meanOfG, meanOfGx);
            }
        }

        private void addDerivative(int at, float mean, float scale, float meanOfG, float meanOfGx) {
            int bound = SPECIES.loopBound(width);
            for (int j = 0; j < bound; j += LANES) {
                derivative(at, j, mean, scale, meanOfG, meanOfGx)
                        .add(FloatVector.fromArray(SPECIES, dIn, at + j))
                        .intoArray(dIn, at + j);
            }
            for (int j = bound; j < width; j++) {
                dIn[at + j] += scalarDerivative(at, j, mean, scale, meanOfG, meanOfGx);
            }
        }

        private FloatVector derivative(int at, int j, float mean, float scale, float meanOfG, float meanOfGx) {
            FloatVector x = FloatVector.fromArray(SPECIES, in, at + j).sub(mean).mul(scale);
            return FloatVector.fromArray(SPECIES, dOut, at + j)
                    .mul(FloatVector.fromArray(SPECIES, parameters, weight + j))
                    .sub(meanOfG)
                    .sub(x.mul(meanOfGx))
                    .mul(scale);
        }

        private float scalarDerivative(int at, int j, float mean, float scale, float meanOfG, float meanOfGx) {
            float x = (in[at + j] - mean) * scale;
            return (dOut[at + j] * parameters[weight + j] - meanOfG - x * meanOfGx) * scale;
        }
    }
}
