package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.Op;
import dev.daa.compute.cpu.parallel.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// GELU (Hendrycks & Gimpel 1606.08415) in both forms and SwiGLU (Shazeer 2002.05202). A run that is no multiple of the
/// vector length ends in a masked vector.
final class ActivationKernel {
    /// 2·√(2/π): `tanh(u/2·2) = 2σ(2u) − 1`, so the tanh form is `x·σ(2u)` with `2u = TWO_ROOT·(x + 0.044715·x³)`.
    private static final float TWO_ROOT = 1.5957691216057308f;
    private static final float CUBE = 0.044715f;
    private static final float ROOT_OF_TWO_PI = 2.5066282746310002f;

    private ActivationKernel() {}

    static Kernel forward(Op.Gelu op, Buffers buffers) {
        return switch (op.form()) {
            case TANH -> new GeluTanh(op, buffers);
            case EXACT -> new GeluExact(op, buffers);
        };
    }

    static Kernel backward(Op.GeluBackward op, Buffers buffers) {
        return switch (op.form()) {
            case TANH -> new GeluTanhBackward(op, buffers);
            case EXACT -> new GeluExactBackward(op, buffers);
        };
    }

    private static final class GeluTanh extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] out;

        GeluTanh(Op.Gelu op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            out = buffers.of(op.out());
        }

        @Override
        void rows(int from, int to, int worker) {
            int end = to * width;
            int at = from * width;
            for (; at <= end - LANES; at += LANES) {
                value(FloatVector.fromArray(SPECIES, in, at)).intoArray(out, at);
            }
            if (at < end) {
                VectorMask<Float> mask = SPECIES.indexInRange(at, end);
                value(FloatVector.fromArray(SPECIES, in, at, mask)).intoArray(out, at, mask);
            }
        }

        private static FloatVector value(FloatVector x) {
            return x.mul(VectorMath.sigmoid(argument(x)));
        }
    }

    private static final class GeluTanhBackward extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] dOut;
        private final float[] dIn;

        GeluTanhBackward(Op.GeluBackward op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            dOut = buffers.of(op.dOut());
            dIn = buffers.of(op.dIn());
        }

        @Override
        void rows(int from, int to, int worker) {
            int end = to * width;
            int at = from * width;
            for (; at <= end - LANES; at += LANES) {
                slope(FloatVector.fromArray(SPECIES, in, at))
                        .mul(FloatVector.fromArray(SPECIES, dOut, at))
                        .intoArray(dIn, at);
            }
            if (at < end) {
                VectorMask<Float> mask = SPECIES.indexInRange(at, end);
                slope(FloatVector.fromArray(SPECIES, in, at, mask))
                        .mul(FloatVector.fromArray(SPECIES, dOut, at, mask))
                        .intoArray(dIn, at, mask);
            }
        }

        /// `s + x·s·(1 − s)·(2u)'` with `s = σ(2u)`.
        private static FloatVector slope(FloatVector x) {
            FloatVector s = VectorMath.sigmoid(argument(x));
            FloatVector inner = x.mul(x)
                    .fma(FloatVector.broadcast(SPECIES, 3 * CUBE * TWO_ROOT), FloatVector.broadcast(SPECIES, TWO_ROOT));
            FloatVector oneMinus = FloatVector.broadcast(SPECIES, 1f).sub(s);
            return x.mul(inner).mul(oneMinus).fma(s, s);
        }
    }

    /// `2u = TWO_ROOT·x·(1 + CUBE·x²)`.
    private static FloatVector argument(FloatVector x) {
        return x.mul(x)
                .fma(FloatVector.broadcast(SPECIES, CUBE * TWO_ROOT), FloatVector.broadcast(SPECIES, TWO_ROOT))
                .mul(x);
    }

    private static final class GeluExact extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] out;

        GeluExact(Op.Gelu op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            out = buffers.of(op.out());
        }

        @Override
        void rows(int from, int to, int worker) {
            int end = to * width;
            int at = from * width;
            for (; at <= end - LANES; at += LANES) {
                value(FloatVector.fromArray(SPECIES, in, at)).intoArray(out, at);
            }
            if (at < end) {
                VectorMask<Float> mask = SPECIES.indexInRange(at, end);
                value(FloatVector.fromArray(SPECIES, in, at, mask)).intoArray(out, at, mask);
            }
        }

        private static FloatVector value(FloatVector x) {
            return x.mul(VectorMath.normalDistribution(x, VectorMath.normalDensity(x)));
        }
    }

    private static final class GeluExactBackward extends RowKernel {
        private final int width;
        private final float[] in;
        private final float[] dOut;
        private final float[] dIn;

        GeluExactBackward(Op.GeluBackward op, Buffers buffers) {
            super(buffers.workers(), op.in().extent(), op.in().width());
            width = op.in().width();
            in = buffers.of(op.in());
            dOut = buffers.of(op.dOut());
            dIn = buffers.of(op.dIn());
        }

        @Override
        void rows(int from, int to, int worker) {
            int end = to * width;
            int at = from * width;
            for (; at <= end - LANES; at += LANES) {
                slope(FloatVector.fromArray(SPECIES, in, at))
                        .mul(FloatVector.fromArray(SPECIES, dOut, at))
                        .intoArray(dIn, at);
            }
            if (at < end) {
                VectorMask<Float> mask = SPECIES.indexInRange(at, end);
                slope(FloatVector.fromArray(SPECIES, in, at, mask))
                        .mul(FloatVector.fromArray(SPECIES, dOut, at, mask))
                        .intoArray(dIn, at, mask);
            }
        }

        /// `Φ(x) + x·φ(x)`.
        private static FloatVector slope(FloatVector x) {
            FloatVector density = VectorMath.normalDensity(x);
            return x.mul(1 / ROOT_OF_TWO_PI).fma(density, VectorMath.normalDistribution(x, density));
        }
    }

    static final class SwiGlu extends RowKernel {
        private final int inner;
        private final float[] in;
        private final float[] out;

        SwiGlu(Op.SwiGlu op, Buffers buffers) {
            super(buffers.workers(), op.out().extent(), op.out().width());
            inner = op.out().width();
            in = buffers.of(op.gateAndUp());
            out = buffers.of(op.out());
        }

        @Override
        void rows(int from, int to, int worker) {
            for (int row = from; row < to; row++) {
                int gateAt = 2 * row * inner;
                for (int j = 0; j < inner; j += LANES) {
                    VectorMask<Float> mask = SPECIES.indexInRange(j, inner);
                    FloatVector gate = FloatVector.fromArray(SPECIES, in, gateAt + j, mask);
                    FloatVector up = FloatVector.fromArray(SPECIES, in, gateAt + inner + j, mask);
                    gate.mul(VectorMath.sigmoid(gate)).mul(up).intoArray(out, row * inner + j, mask);
                }
            }
        }
    }

    /// `dUp = dOut·gate·σ`, `dGate = dOut·up·σ·(1 + gate·(1 − σ))` with `σ = σ(gate)`.
    static final class SwiGluBackward extends RowKernel {
        private final int inner;
        private final float[] in;
        private final float[] dOut;
        private final float[] dIn;

        SwiGluBackward(Op.SwiGluBackward op, Buffers buffers) {
            super(buffers.workers(), op.dOut().extent(), op.dOut().width());
            inner = op.dOut().width();
            in = buffers.of(op.gateAndUp());
            dOut = buffers.of(op.dOut());
            dIn = buffers.of(op.dGateAndUp());
        }

        @Override
        void rows(int from, int to, int worker) {
            FloatVector one = FloatVector.broadcast(SPECIES, 1f);
            for (int row = from; row < to; row++) {
                int gateAt = 2 * row * inner;
                for (int j = 0; j < inner; j += LANES) {
                    VectorMask<Float> mask = SPECIES.indexInRange(j, inner);
                    FloatVector gate = FloatVector.fromArray(SPECIES, in, gateAt + j, mask);
                    FloatVector up = FloatVector.fromArray(SPECIES, in, gateAt + inner + j, mask);
                    FloatVector d = FloatVector.fromArray(SPECIES, dOut, row * inner + j, mask);
                    FloatVector s = VectorMath.sigmoid(gate);
                    FloatVector ds = d.mul(s);
                    ds.mul(gate).intoArray(dIn, gateAt + inner + j, mask);
                    gate.fma(one.sub(s), one).mul(ds).mul(up).intoArray(dIn, gateAt + j, mask);
                }
            }
        }
    }
}
