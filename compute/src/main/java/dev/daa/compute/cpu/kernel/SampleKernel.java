package dev.daa.compute.cpu.kernel;

import static dev.daa.compute.cpu.parallel.VectorMath.LANES;
import static dev.daa.compute.cpu.parallel.VectorMath.SPECIES;

import dev.daa.compute.Batch;
import dev.daa.compute.Op;
import dev.daa.compute.Tensor.Extent;
import dev.daa.compute.cpu.parallel.Reduce;
import dev.daa.compute.cpu.parallel.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Draws tokens by inverting the cumulative distribution, in the order of token ids, over the tokens that top-k and
/// top-p leave. Of equal logits the lower id counts as larger.
final class SampleKernel extends RowKernel {
    private final float[] logits;
    private final int vocabulary;
    private final float[] logProb;
    private final float[][] probabilities;
    private final long[][] order;
    private float temperature = 1;
    private int topK;
    private float topP = 1;
    private float[] uniform = {};
    private int[] sampledToken = {};

    SampleKernel(Op.Sample op, Buffers buffers) {
        super(buffers.workers(), Extent.TARGETS, 4 * op.logits().width());
        logits = buffers.of(op.logits());
        vocabulary = op.logits().width();
        logProb = buffers.of(op.logProb());
        int workers = buffers.workers().count();
        probabilities = new float[workers][vocabulary + LANES];
        order = new long[workers][vocabulary];
    }

    @Override
    void bind(Batch batch) {
        temperature = batch.temperature;
        topK = batch.topK;
        topP = batch.topP;
        uniform = batch.uniform;
        sampledToken = batch.sampledToken;
    }

    @Override
    void rows(int from, int to, int worker) {
        for (int target = from; target < to; target++) {
            int at = target * vocabulary;
            float scale = TokenLogProbKernel.inverse(temperature);
            float maximum = Reduce.maximum(logits, at, vocabulary);
            float[] mass = probabilities[worker];
            float sum = exponentials(at, scale, maximum, mass);
            int token;
            if (temperature == 0) {
                token = greedy(at, maximum);
            } else if ((topK > 0 && topK < vocabulary) || topP < 1) {
                token = cut(mass, sum, order[worker], uniform[target]);
            } else {
                token = invert(mass, sum * uniform[target]);
            }
            sampledToken[target] = token;
            logProb[target] = (float) ((logits[at + token] - maximum) * scale - Math.log(sum));
        }
    }

    /// `mass = e^((logit − maximum)·scale)`; returns the sum. The difference comes first: at low temperatures the
    /// rounding of `maximum·scale` alone is larger than 1.
    private float exponentials(int at, float scale, float maximum, float[] mass) {
        FloatVector largest = FloatVector.broadcast(SPECIES, maximum);
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector sum = FloatVector.zero(SPECIES);
        int bound = SPECIES.loopBound(vocabulary);
        for (int j = 0; j < bound; j += LANES) {
            FloatVector e = VectorMath.expOfNonPositive(
                    FloatVector.fromArray(SPECIES, logits, at + j).sub(largest).mul(factor));
            e.intoArray(mass, j);
            sum = sum.add(e);
        }
        if (bound < vocabulary) {
            VectorMask<Float> mask = SPECIES.indexInRange(bound, vocabulary);
            FloatVector e = VectorMath.expOfNonPositive(FloatVector.fromArray(SPECIES, logits, at + bound, mask)
                            .sub(largest)
                            .mul(factor))
                    .blend(0f, mask.not());
            e.intoArray(mass, bound);
            sum = sum.add(e);
        }
        return VectorMath.sumLanes(sum);
    }

    private int greedy(int at, float maximum) {
        for (int token = 0; token < vocabulary; token++) {
            if (logits[at + token] == maximum) {
                return token;
            }
        }
        return 0;
    }

    /// The first token at which the cumulative mass exceeds `wanted`; the last token of positive mass where
    /// rounding keeps the sum below.
    private int invert(float[] mass, float wanted) {
        double cumulative = 0;
        int last = 0;
        for (int token = 0; token < vocabulary; token++) {
            if (mass[token] > 0) {
                cumulative += mass[token];
                last = token;
                if (cumulative > wanted) {
                    return token;
                }
            }
        }
        return last;
    }

    /// Sets the mass of all tokens but the kept ones to 0 and inverts what is left.
    private int cut(float[] mass, float sum, long[] keys, float draw) {
        // Positive floats order as their bits: larger mass first, then the lower id.
        for (int token = 0; token < vocabulary; token++) {
            keys[token] = (long) Float.floatToRawIntBits(mass[token]) << 32 | (0xffff_ffffL - token);
        }
        int kept = topK > 0 && topK < vocabulary ? topK : vocabulary;
        if (kept < vocabulary) {
            Selection.largestFirst(keys, vocabulary, kept);
        }
        double total = 0;
        for (int i = 0; i < kept; i++) {
            total += mass(keys[i]);
        }
        if (topP < 1) {
            // With top-k, the shares that top-p counts are those of the kept tokens.
            double reference = kept < vocabulary ? total : sum;
            kept = Selection.largestUntil(keys, kept, topP * reference);
            total = 0;
            for (int i = 0; i < kept; i++) {
                total += mass(keys[i]);
            }
        }
        java.util.Arrays.fill(mass, 0, vocabulary, 0);
        for (int i = 0; i < kept; i++) {
            mass[(int) (0xffff_ffffL - (keys[i] & 0xffff_ffffL))] = mass(keys[i]);
        }
        return invert(mass, (float) (total * draw));
    }

    private static float mass(long key) {
        return Float.intBitsToFloat((int) (key >>> 32));
    }
}
