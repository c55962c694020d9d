package dev.daa.compute.cpu.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.cpu.parallel.Workers;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Matrix products against sums in double, at odd sizes, inside guarded arrays, and against one another bit for bit.
class GemmTest {
    private static final int[] SIZES = {1, 7, 13, 33, 257};
    private static final float GUARD = -12345.678f;

    /// How the operands are stored.
    private enum Form {
        NN,
        NT,
        TN
    }

    /// A matrix in an array with an offset, a leading dimension wider than its rows, and guard values all around.
    private record Stored(float[] values, int offset, int stride, int rows, int columns) {
        static Stored random(int rows, int columns, SplittableRandom random) {
            int stride = columns + 3;
            float[] values = new float[5 + rows * stride + 70];
            Arrays.fill(values, GUARD);
            Stored matrix = new Stored(values, 5, stride, rows, columns);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    values[matrix.at(i, j)] = (float) random.nextDouble(-1, 1);
                }
            }
            return matrix;
        }

        Stored copy() {
            return new Stored(values.clone(), offset, stride, rows, columns);
        }

        int at(int i, int j) {
            return offset + i * stride + j;
        }

        float get(int i, int j) {
            return values[at(i, j)];
        }

        void assertGuardsUnchanged() {
            float[] expected = new float[values.length];
            Arrays.fill(expected, GUARD);
            for (int i = 0; i < rows; i++) {
                System.arraycopy(values, at(i, 0), expected, at(i, 0), columns);
            }
            assertThat(values).isEqualTo(expected);
        }
    }

    /// A product with its operands.
    private record Case(Form form, int m, int n, int k, Stored a, Stored b) {
        static Case random(Form form, int m, int n, int k, SplittableRandom random) {
            Stored a = form == Form.TN ? Stored.random(k, m, random) : Stored.random(m, k, random);
            Stored b = form == Form.NT ? Stored.random(n, k, random) : Stored.random(k, n, random);
            return new Case(form, m, n, k, a, b);
        }

        void run(Gemm gemm, Stored c, Initial initial) {
            float[] x = a.values();
            float[] y = b.values();
            float[] z = c.values();
            switch (form) {
                case NN ->
                    gemm.nn(
                            m,
                            n,
                            k,
                            x,
                            a.offset(),
                            a.stride(),
                            y,
                            b.offset(),
                            b.stride(),
                            z,
                            c.offset(),
                            c.stride(),
                            initial);
                case NT ->
                    gemm.nt(
                            m,
                            n,
                            k,
                            x,
                            a.offset(),
                            a.stride(),
                            y,
                            b.offset(),
                            b.stride(),
                            z,
                            c.offset(),
                            c.stride(),
                            initial);
                case TN ->
                    gemm.tn(
                            m,
                            n,
                            k,
                            x,
                            a.offset(),
                            a.stride(),
                            y,
                            b.offset(),
                            b.stride(),
                            z,
                            c.offset(),
                            c.stride(),
                            initial);
            }
        }

        float left(int i, int p) {
            return form == Form.TN ? a.get(p, i) : a.get(i, p);
        }

        float right(int p, int j) {
            return form == Form.NT ? b.get(j, p) : b.get(p, j);
        }

        /// The sum of products in double.
        double exact(int i, int j) {
            double sum = 0;
            for (int p = 0; p < k; p++) {
                sum += (double) left(i, p) * right(p, j);
            }
            return sum;
        }

        /// The promised chain of fused multiply-adds.
        float chain(int i, int j, float start) {
            float sum = start;
            for (int p = 0; p < k; p++) {
                sum = Math.fma(left(i, p), right(p, j), sum);
            }
            return sum;
        }
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void agreesWithSumsInDoubleAtOddSizes(Form form) {
        SplittableRandom random = new SplittableRandom(1);
        try (Workers workers = new Workers(2)) {
            Gemm gemm = new Gemm(workers);
            for (int m : SIZES) {
                for (int n : SIZES) {
                    for (int k : SIZES) {
                        Case product = Case.random(form, m, n, k, random);
                        Stored before = Stored.random(m, n, random);
                        Stored overwritten = before.copy();
                        product.run(gemm, overwritten, Initial.ZERO);
                        Stored accumulated = before.copy();
                        product.run(gemm, accumulated, Initial.ACCUMULATE);
                        // Error of a chain of k fused multiply-adds of numbers below 1: k·eps times its partial sums.
                        double tolerance = 1.2e-7 * (k + 1) * (1 + Math.sqrt(k));
                        for (int i = 0; i < m; i++) {
                            for (int j = 0; j < n; j++) {
                                double exact = product.exact(i, j);
                                if (!(Math.abs(overwritten.get(i, j) - exact) <= tolerance)
                                        || !(Math.abs(accumulated.get(i, j) - exact - before.get(i, j)) <= tolerance)) {
                                    throw new AssertionError(form + " m " + m + ", n " + n + ", k " + k + ", element "
                                            + i + ", " + j + ": " + overwritten.get(i, j) + " for " + exact);
                                }
                            }
                        }
                        overwritten.assertGuardsUnchanged();
                        accumulated.assertGuardsUnchanged();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void everyElementIsTheSameChainForAnyBatchAndThreadCount(Form form) {
        SplittableRandom random = new SplittableRandom(2);
        int[][] shapes = {
            {1, 64, 64}, {6, 65, 33}, {11, 16, 5}, {13, 257, 400}, {64, 86, 801}, {257, 33, 129}, {5, 1, 1}
        };
        try (Workers workers = new Workers(2)) {
            Gemm one = new Gemm(new Workers(1));
            Gemm two = new Gemm(workers);
            for (int[] shape : shapes) {
                Case product = Case.random(form, shape[0], shape[1], shape[2], random);
                Stored before = Stored.random(product.m(), product.n(), random);
                for (Initial initial : new Initial[] {Initial.ZERO, Initial.ACCUMULATE}) {
                    Stored expected = before.copy();
                    for (int i = 0; i < product.m(); i++) {
                        for (int j = 0; j < product.n(); j++) {
                            float start = initial.equals(Initial.ZERO) ? 0 : before.get(i, j);
                            expected.values()[expected.at(i, j)] = product.chain(i, j, start);
                        }
                    }
                    for (Gemm gemm : new Gemm[] {one, two}) {
                        Stored c = before.copy();
                        product.run(gemm, c, initial);
                        assertThat(c.values()).isEqualTo(expected.values());
                    }
                }
            }
        }
    }

    @Test
    void packedMatrixGivesTheSameBitsFromEitherLayout() {
        SplittableRandom random = new SplittableRandom(3);
        try (Workers workers = new Workers(2)) {
            Gemm gemm = new Gemm(workers);
            for (int m : new int[] {1, 2, 7, 64}) {
                for (int n : new int[] {1, 33, 64, 257}) {
                    for (int k : new int[] {1, 33, 801}) {
                        Case nt = Case.random(Form.NT, m, n, k, random);
                        Case nn = Case.random(Form.NN, m, n, k, random);
                        PackedMatrix packed = new PackedMatrix(k, n);
                        Stored expected = Stored.random(m, n, random);
                        Stored c = expected.copy();

                        packed.packTransposed(
                                workers,
                                nt.b().values(),
                                nt.b().offset(),
                                nt.b().stride());
                        nt.run(gemm, expected, Initial.ZERO);
                        gemm.packed(
                                m,
                                nt.a().values(),
                                nt.a().offset(),
                                nt.a().stride(),
                                packed,
                                c.values(),
                                c.offset(),
                                c.stride(),
                                Initial.ZERO);
                        assertThat(c.values()).isEqualTo(expected.values());

                        packed.pack(
                                workers,
                                nn.b().values(),
                                nn.b().offset(),
                                nn.b().stride());
                        nn.run(gemm, expected, Initial.ACCUMULATE);
                        gemm.packed(
                                m,
                                nn.a().values(),
                                nn.a().offset(),
                                nn.a().stride(),
                                packed,
                                c.values(),
                                c.offset(),
                                c.stride(),
                                Initial.ACCUMULATE);
                        assertThat(c.values()).isEqualTo(expected.values());
                    }
                }
            }
        }
    }

    @Test
    void startsAtBiasResidualOrBoth() {
        SplittableRandom random = new SplittableRandom(4);
        try (Workers workers = new Workers(2)) {
            Gemm gemm = new Gemm(workers);
            Case product = Case.random(Form.NT, 13, 257, 401, random);
            Stored bias = Stored.random(1, 257, random);
            Stored residual = Stored.random(13, 257, random);
            Initial row = Initial.row(bias.values(), bias.offset());
            Initial matrix = Initial.matrix(residual.values(), residual.offset(), residual.stride());
            Initial sum =
                    Initial.sum(residual.values(), residual.offset(), residual.stride(), bias.values(), bias.offset());
            Stored fromRow = Stored.random(13, 257, random);
            Stored fromMatrix = fromRow.copy();
            Stored fromSum = fromRow.copy();
            product.run(gemm, fromRow, row);
            product.run(gemm, fromMatrix, matrix);
            product.run(gemm, fromSum, sum);
            for (int i = 0; i < 13; i++) {
                for (int j = 0; j < 257; j++) {
                    float x = bias.get(0, j);
                    float y = residual.get(i, j);
                    assertThat(fromRow.get(i, j)).isEqualTo(product.chain(i, j, x));
                    assertThat(fromMatrix.get(i, j)).isEqualTo(product.chain(i, j, y));
                    assertThat(fromSum.get(i, j)).isEqualTo(product.chain(i, j, y + x));
                }
            }
            product.run(gemm, residual, sum);
            assertThat(residual.get(12, 256)).isEqualTo(fromSum.get(12, 256));
            residual.assertGuardsUnchanged();
            fromSum.assertGuardsUnchanged();
        }
    }

    @Test
    void anEmptySumLeavesTheInitialValue() {
        Gemm gemm = new Gemm(new Workers(1));
        float[] c = {1, 2, 3, 4};
        gemm.nn(2, 2, 0, new float[0], 0, 0, new float[0], 0, 2, c, 0, 2, Initial.ACCUMULATE);
        assertThat(c).containsExactly(1, 2, 3, 4);
        gemm.nt(2, 2, 0, new float[0], 0, 0, new float[0], 0, 0, c, 0, 2, Initial.row(new float[] {5, 6}, 0));
        assertThat(c).containsExactly(5, 6, 5, 6);
        gemm.tn(2, 2, 0, new float[0], 0, 2, new float[0], 0, 2, c, 0, 2, Initial.ZERO);
        assertThat(c).containsExactly(0, 0, 0, 0);
    }

    @Test
    void refusesMatricesThatTheirArraysCannotHold() {
        Gemm gemm = new Gemm(new Workers(1));
        float[] array = new float[11];
        assertThatThrownBy(() -> gemm.nn(3, 4, 2, array, 0, 2, array, 0, 4, array, 0, 4, Initial.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("C [3, 4] spans elements 0 to 12 of an array of 11");
        assertThatThrownBy(() -> gemm.nn(3, 2, 4, array, 0, 3, array, 0, 2, array, 0, 2, Initial.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A has leading dimension 3, but rows of 4 elements");
    }
}
