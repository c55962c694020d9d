package dev.daa.compute.cpu.parallel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Elementary functions on vectors of [#SPECIES], from additions and multiplications only: no call leaves the
/// vector unit.
public final class VectorMath {
    public static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    public static final int LANES = SPECIES.length();

    private static final float LOG2_E = 1.44269504088896341f;
    /// ln 2 in two parts; the product of the first with a whole number up to 2^8 is exact.
    private static final float LN_2_HIGH = 0.693359375f;
    private static final float LN_2_LOW = -2.12194440e-4f;
    /// 1.5·2^23: adding it rounds to a whole number, which then stands in the low bits.
    private static final float ROUND = 12_582_912f;
    /// Where e^x leaves the normal numbers.
    private static final float EXP_LOWEST = -87.33654f;
    private static final float EXP_HIGHEST = 88.72283f;

    private static final VectorShuffle<Float> BY_8 = shift(8);
    private static final VectorShuffle<Float> BY_4 = shift(4);
    private static final VectorShuffle<Float> BY_2 = shift(2);
    private static final VectorShuffle<Float> BY_1 = shift(1);

    private VectorMath() {}

    /// Sum over the lanes, halves first. Unlike `reduceLanes`, whose order is the compiler's choice, it gives the
    /// same bits whether compiled or interpreted.
    public static float sumLanes(FloatVector x) {
        FloatVector sum = x;
        if (LANES > 8) {
            sum = sum.add(sum.rearrange(BY_8));
        }
        if (LANES > 4) {
            sum = sum.add(sum.rearrange(BY_4));
        }
        sum = sum.add(sum.rearrange(BY_2));
        return sum.add(sum.rearrange(BY_1)).lane(0);
    }

    /// e^x, relative error below 9e-8; 0 below −87.3, infinite above 88.7, NaN stays NaN.
    public static FloatVector exp(FloatVector x) {
        FloatVector inside = expInRange(x);
        return inside.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_HIGHEST))
                .blend(0f, x.compare(VectorOperators.LT, EXP_LOWEST));
    }

    /// e^x for x ≤ 88, as in a softmax whose maximum is subtracted.
    public static FloatVector expOfNonPositive(FloatVector x) {
        return expInRange(x).blend(0f, x.compare(VectorOperators.LT, EXP_LOWEST));
    }

    /// `e^x = 2^n·e^r` with n = round(x/ln 2) and |r| ≤ ln 2/2; `e^r = 1 + r + r²·P(r)`, P minimax of degree 4
    /// (relative error 3e-9 before rounding).
    private static FloatVector expInRange(FloatVector x) {
        FloatVector shifted = x.fma(FloatVector.broadcast(SPECIES, LOG2_E), FloatVector.broadcast(SPECIES, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(SPECIES, -LN_2_HIGH), x);
        r = n.fma(FloatVector.broadcast(SPECIES, -LN_2_LOW), r);
        FloatVector p = FloatVector.broadcast(SPECIES, 0.001381461275741458f)
                .fma(r, FloatVector.broadcast(SPECIES, 0.008368710055947304f))
                .fma(r, FloatVector.broadcast(SPECIES, 0.04166838899254799f))
                .fma(r, FloatVector.broadcast(SPECIES, 0.1666652113199234f))
                .fma(r, FloatVector.broadcast(SPECIES, 0.4999999403953552f));
        FloatVector result = p.mul(r).fma(r, r).add(1f);
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        return result.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    }

    /// ln x for positive normal x, error below 1e-7 relative to max(1, |ln x|): `x = 2^n·f` with f in [√½, √2),
    /// `ln f = s − s²/2 + s³·P(s)`, s = f − 1 (Cephes `logf`).
    public static FloatVector log(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        // Subtracting the bits of √½ puts the exponent's carry where the fraction passes √2.
        IntVector offset = bits.sub(0x3f3504f3);
        IntVector exponent = offset.lanewise(VectorOperators.ASHR, 23);
        FloatVector f = bits.sub(exponent.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats();
        FloatVector n = (FloatVector) exponent.convertShape(VectorOperators.I2F, SPECIES, 0);
        FloatVector s = f.sub(1f);
        FloatVector p = FloatVector.broadcast(SPECIES, 7.0376836292e-2f)
                .fma(s, FloatVector.broadcast(SPECIES, -1.1514610310e-1f))
                .fma(s, FloatVector.broadcast(SPECIES, 1.1676998740e-1f))
                .fma(s, FloatVector.broadcast(SPECIES, -1.2420140846e-1f))
                .fma(s, FloatVector.broadcast(SPECIES, 1.4249322787e-1f))
                .fma(s, FloatVector.broadcast(SPECIES, -1.6668057665e-1f))
                .fma(s, FloatVector.broadcast(SPECIES, 2.0000714765e-1f))
                .fma(s, FloatVector.broadcast(SPECIES, -2.4999993993e-1f))
                .fma(s, FloatVector.broadcast(SPECIES, 3.3333331174e-1f));
        FloatVector square = s.mul(s);
        FloatVector tail = p.mul(s).mul(square);
        tail = n.fma(FloatVector.broadcast(SPECIES, LN_2_LOW), tail);
        tail = square.fma(FloatVector.broadcast(SPECIES, -0.5f), tail);
        return n.fma(FloatVector.broadcast(SPECIES, LN_2_HIGH), s.add(tail));
    }

    /// The logistic function 1/(1 + e^−x).
    public static FloatVector sigmoid(FloatVector x) {
        return FloatVector.broadcast(SPECIES, 1f).div(exp(x.neg()).add(1f));
    }

    /// Standard normal distribution function Φ(x) given `density` = e^(−x²/2), absolute error below 6e-8:
    /// `Φ(−|x|) = e^(−x²/2)·Q(t)/2` with t = 1/(1 + 0.4·|x|/√2), Q(t) = erfcx(|x|/√2) minimax of degree 6.
    public static FloatVector normalDistribution(FloatVector x, FloatVector density) {
        FloatVector t = FloatVector.broadcast(SPECIES, 1f)
                .div(x.abs()
                        .fma(FloatVector.broadcast(SPECIES, 0.28284271247461901f), FloatVector.broadcast(SPECIES, 1f)));
        FloatVector q = FloatVector.broadcast(SPECIES, -0.20025987476723062f)
                .fma(t, FloatVector.broadcast(SPECIES, 0.7091499251612854f))
                .fma(t, FloatVector.broadcast(SPECIES, -0.37091218629205247f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.4682776180506246f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.16182217357942413f))
                .fma(t, FloatVector.broadcast(SPECIES, 0.23192231663783577f));
        FloatVector lower = q.mul(t).mul(density).mul(0.5f);
        return lower.blend(FloatVector.broadcast(SPECIES, 1f).sub(lower), x.compare(VectorOperators.GT, 0f));
    }

    /// e^(−x²/2).
    public static FloatVector normalDensity(FloatVector x) {
        return expOfNonPositive(x.mul(x).mul(-0.5f));
    }

    private static VectorShuffle<Float> shift(int distance) {
        return VectorShuffle.fromOp(SPECIES, lane -> (lane + distance) % LANES);
    }
}
