package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.Workers;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Gradient norm and parameter updates: one pass each over the arrays, in ranges of a fixed size.
public final class OptimizerKernel {
    /// Values of a range.
    private static final int RANGE = 1 << 16;

    private OptimizerKernel() {}

    /// Euclidean norm by partial sums in double, one per range of a parameter, added in order: the same bits
    /// however many arrays the parameters lie in.
    public static final class Norm {
        private record Range(float[] gradients, int from, int to) {}

        private final Workers workers;
        private final Range[] ranges;
        private final double[] partials;
        private final Workers.RangeTask task = this::ranges;

        public Norm(Workers workers, CpuParameters gradients) {
            this.workers = workers;
            List<Range> all = new ArrayList<>();
            for (Parameter parameter : gradients.layout().parameters()) {
                int end = parameter.offset() + parameter.size();
                for (int from = parameter.offset(); from < end; from += Math.min(RANGE, end - from)) {
                    all.add(new Range(gradients.values(parameter), from, from + Math.min(RANGE, end - from)));
                }
            }
            ranges = all.toArray(Range[]::new);
            partials = new double[ranges.length];
        }

        public float measure() {
            workers.runRanges(ranges.length, 1, task);
            double sum = 0;
            for (double partial : partials) {
                sum += partial;
            }
            return (float) Math.sqrt(sum);
        }

        private void ranges(int first, int end, int worker) {
            for (int i = first; i < end; i++) {
                Range range = ranges[i];
                double sum = 0;
                // Short runs in fp32: their squares lose nothing that the result could show.
                for (int at = range.from(); at < range.to(); at += 1024) {
                    sum += Reduce.squaredDistance(range.gradients(), at, Math.min(1024, range.to() - at), 0);
                }
                partials[i] = sum;
            }
        }
    }

    /// An optimizer's pass; `scale` multiplies the gradients before they are used.
    public interface Update {
        void run(float learningRate, int step, float scale);
    }

    public static final class AdamW implements Update {
        private final Workers workers;
        private final float[] weights;
        private final float[] gradients;
        private final float[] first;
        private final float[] second;
        private final float beta1;
        private final float beta2;
        private final float epsilon;
        private final float weightDecay;
        private final Workers.RangeTask task = this::range;
        private float keep;
        private float rate;
        private float rootOfCorrection2;
        private float gradientScale;

        public AdamW(Op.AdamW op, Workers workers, float[] weights, float[] gradients, float[] first, float[] second) {
            this.workers = workers;
            this.weights = weights;
            this.gradients = gradients;
            this.first = first;
            this.second = second;
            beta1 = op.beta1();
            beta2 = op.beta2();
            epsilon = op.epsilon();
            weightDecay = op.weightDecay();
        }

        @Override
        public void run(float learningRate, int step, float scale) {
            keep = 1 - learningRate * weightDecay;
            rate = (float) (learningRate / (1 - Math.pow(beta1, step)));
            rootOfCorrection2 = (float) (1 / Math.sqrt(1 - Math.pow(beta2, step)));
            gradientScale = scale;
            workers.runRanges(weights.length, RANGE, task);
        }

        private void range(int from, int to, int worker) {
            int bound = from + SPECIES.loopBound(to - from);
            for (int at = from; at < bound; at += LANES) {
                FloatVector g = FloatVector.fromArray(SPECIES, gradients, at).mul(gradientScale);
                FloatVector m = FloatVector.fromArray(SPECIES, first, at).mul(beta1);
                FloatVector v = FloatVector.fromArray(SPECIES, second, at).mul(beta2);
                m = g.fma(FloatVector.broadcast(SPECIES, 1 - beta1), m);
                v = g.mul(g).fma(FloatVector.broadcast(SPECIES, 1 - beta2), v);
                FloatVector root = v.sqrt()
                        .fma(
                                FloatVector.broadcast(SPECIES, rootOfCorrection2),
                                FloatVector.broadcast(SPECIES, epsilon));
                FloatVector w = FloatVector.fromArray(SPECIES, weights, at).mul(keep);
                w.sub(m.mul(rate).div(root)).intoArray(weights, at);
                m.intoArray(first, at);
                v.intoArray(second, at);
                FloatVector.zero(SPECIES).intoArray(gradients, at);
            }
            for (int at = bound; at < to; at++) {
                float g = gradients[at] * gradientScale;
                float m = Math.fma(g, 1 - beta1, first[at] * beta1);
                float v = Math.fma(g * g, 1 - beta2, second[at] * beta2);
                float root = Math.fma((float) Math.sqrt(v), rootOfCorrection2, epsilon);
                weights[at] = weights[at] * keep - m * rate / root;
                first[at] = m;
                second[at] = v;
                gradients[at] = 0;
            }
        }
    }

    public static final class RmsProp implements Update {
        private final Workers workers;
        private final float[] weights;
        private final float[] gradients;
        private final float[] second;
        private final float smoothing;
        private final float epsilon;
        private final float weightDecay;
        private final Workers.RangeTask task = this::range;
        private float keep;
        private float rate;
        private float gradientScale;

        public RmsProp(Op.RmsProp op, Workers workers, float[] weights, float[] gradients, float[] second) {
            this.workers = workers;
            this.weights = weights;
            this.gradients = gradients;
            this.second = second;
            smoothing = op.smoothing();
            epsilon = op.epsilon();
            weightDecay = op.weightDecay();
        }

        @Override
        public void run(float learningRate, int step, float scale) {
            keep = 1 - learningRate * weightDecay;
            rate = learningRate;
            gradientScale = scale;
            workers.runRanges(weights.length, RANGE, task);
        }

        private void range(int from, int to, int worker) {
            for (int at = from; at < to; at += LANES) {
                VectorMask<Float> mask = SPECIES.indexInRange(at, to);
                FloatVector g =
                        FloatVector.fromArray(SPECIES, gradients, at, mask).mul(gradientScale);
                FloatVector v = g.mul(g)
                        .fma(
                                FloatVector.broadcast(SPECIES, 1 - smoothing),
                                FloatVector.fromArray(SPECIES, second, at, mask).mul(smoothing));
                FloatVector w =
                        FloatVector.fromArray(SPECIES, weights, at, mask).mul(keep);
                w.sub(g.mul(rate).div(v.sqrt().add(epsilon))).intoArray(weights, at, mask);
                v.intoArray(second, at, mask);
                FloatVector.zero(SPECIES).intoArray(gradients, at, mask);
            }
        }
    }
}
