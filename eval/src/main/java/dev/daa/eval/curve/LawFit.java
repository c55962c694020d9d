package dev.daa.eval.curve;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.DecompositionSolver;
import org.apache.commons.math3.linear.QRDecomposition;

/// A law fitted to points by least squares, ordinary or weighted by 1/se².
///
/// @param law           the law
/// @param first         first coefficient: α, or a of the quadratics
/// @param second        second coefficient: β, or b of the quadratics
/// @param intercept     c, added to the law; 0 unless it was fitted
/// @param freeIntercept whether c was fitted
/// @param points        n
/// @param squares       residual sum of squares; weighted ones with weights of mean 1
/// @param rmse          root mean squared residual, unweighted, in the unit of the reward
public record LawFit(
        Law law,
        double first,
        double second,
        double intercept,
        boolean freeIntercept,
        int points,
        double squares,
        double rmse)
        implements FittedCurve {

    /// Columns count as dependent when a diagonal of R in QR falls below this, for columns of norm 1.
    private static final double DEPENDENT = 1e-10;

    /// Fits a law; empty when the points do not determine it: fewer points than coefficients, or too few different
    /// distances above 0.
    public static Optional<LawFit> fit(Law law, CurvePoints points, boolean freeIntercept) {
        return fit(law, points, freeIntercept, true, true);
    }

    /// The same with α ≥ 0 and β ≥ 0: where the free fit breaks either, the best fit with a coefficient held at 0.
    public static Optional<LawFit> fitNonNegative(Law law, CurvePoints points, boolean freeIntercept) {
        Optional<LawFit> free = fit(law, points, freeIntercept);
        if (free.isEmpty() || (free.get().alpha() >= 0 && free.get().beta() >= 0)) {
            return free;
        }
        return Stream.of(
                        fit(law, points, freeIntercept, true, false),
                        fit(law, points, freeIntercept, false, true),
                        fit(law, points, freeIntercept, false, false))
                .flatMap(Optional::stream)
                .filter(fit -> fit.alpha() >= 0 && fit.beta() >= 0)
                .min(Comparator.comparingDouble(LawFit::squares));
    }

    /// @param first whether the first coefficient is fitted; 0 otherwise
    /// @param second whether the second is
    private static Optional<LawFit> fit(
            Law law, CurvePoints points, boolean freeIntercept, boolean first, boolean second) {
        int n = points.size();
        int columns = (first ? 1 : 0) + (second ? 1 : 0) + (freeIntercept ? 1 : 0);
        double[][] design = new double[n][columns];
        for (int i = 0; i < n; i++) {
            double[] basis = law.basis(points.distance()[i]);
            int column = 0;
            if (first) {
                design[i][column++] = basis[0];
            }
            if (second) {
                design[i][column++] = basis[1];
            }
            if (freeIntercept) {
                design[i][column] = 1;
            }
        }
        return leastSquares(points, design).map(solved -> {
            double[] c = solved.coefficients();
            return new LawFit(
                    law,
                    first ? c[0] : 0,
                    second ? c[first ? 1 : 0] : 0,
                    freeIntercept ? c[columns - 1] : 0,
                    freeIntercept,
                    n,
                    solved.squares(),
                    solved.rmse());
        });
    }

    /// Coefficients of a linear fit with what it leaves over.
    ///
    /// @param squares residual sum of squares; weighted ones with weights of mean 1
    /// @param rmse root mean squared residual, unweighted
    record Solved(double[] coefficients, double squares, double rmse) {}

    /// Least squares of the rewards on the columns of a design, weighted by 1/se² where points have errors; empty
    /// where the columns are not determined.
    ///
    /// @param design `[n][columns]`
    static Optional<Solved> leastSquares(CurvePoints points, double[][] design) {
        int n = points.size();
        int columns = n == 0 ? 0 : design[0].length;
        if (n < Math.max(1, columns)) {
            return Optional.empty();
        }
        double[] weight = weights(points);
        double[][] weighted = new double[n][columns];
        double[] target = new double[n];
        for (int i = 0; i < n; i++) {
            double root = Math.sqrt(weight[i]);
            for (int column = 0; column < columns; column++) {
                weighted[i][column] = root * design[i][column];
            }
            target[i] = root * points.reward()[i];
        }
        return solve(weighted, target).map(c -> {
            double squares = 0;
            double plain = 0;
            for (int i = 0; i < n; i++) {
                double residual = points.reward()[i];
                for (int column = 0; column < columns; column++) {
                    residual -= c[column] * design[i][column];
                }
                squares += weight[i] * residual * residual;
                plain += residual * residual;
            }
            return new Solved(c, squares, Math.sqrt(plain / n));
        });
    }

    /// The same, refusing points that do not determine the law.
    public static LawFit require(Law law, CurvePoints points, boolean freeIntercept) {
        int coefficients = freeIntercept ? 3 : 2;
        return fit(law, points, freeIntercept)
                .orElseThrow(() -> new InputException(
                        "law " + law.key() + ": " + points.size() + " points at " + differentDistances(points)
                                + " different distances above 0 do not determine " + coefficients
                                + " coefficients; give points at " + coefficients + " or more"));
    }

    @Override
    public double[] coefficients() {
        return freeIntercept ? new double[] {first, second, intercept} : new double[] {first, second};
    }

    @Override
    public double reward(double distance) {
        return intercept + law.reward(first, second, distance);
    }

    @Override
    public double alpha() {
        return law.isInAlphaAndBeta() ? first : second;
    }

    /// β of the law written as x(α − β·…): −a of the quadratics, x = KL or d.
    @Override
    public double beta() {
        return law.isInAlphaAndBeta() ? second : -first;
    }

    @Override
    public double peakDistance() {
        return law.peakDistance(first, second);
    }

    @Override
    public OptionalDouble secondZero() {
        return law.secondZero(first, second);
    }

    /// 1/se² scaled to mean 1, or 1.
    private static double[] weights(CurvePoints points) {
        double[] weight = new double[points.size()];
        if (!points.weighted()) {
            Arrays.fill(weight, 1);
            return weight;
        }
        double least = Arrays.stream(points.standardError()).min().orElse(1);
        double sum = 0;
        for (int i = 0; i < weight.length; i++) {
            double relative = least / points.standardError()[i];
            weight[i] = relative * relative;
            sum += weight[i];
        }
        for (int i = 0; i < weight.length; i++) {
            weight[i] *= weight.length / sum;
        }
        return weight;
    }

    /// Least squares by QR on columns scaled to norm 1; empty when they are dependent or not finite.
    private static Optional<double[]> solve(double[][] design, double[] target) {
        int columns = design[0].length;
        if (columns == 0) {
            return Optional.of(new double[0]);
        }
        double[] norm = new double[columns];
        for (double[] row : design) {
            for (int column = 0; column < columns; column++) {
                norm[column] = Math.hypot(norm[column], row[column]);
            }
        }
        for (int column = 0; column < columns; column++) {
            if (norm[column] == 0 || !Double.isFinite(norm[column])) {
                return Optional.empty();
            }
            for (double[] row : design) {
                row[column] /= norm[column];
            }
        }
        DecompositionSolver solver =
                new QRDecomposition(new Array2DRowRealMatrix(design, false), DEPENDENT).getSolver();
        if (!solver.isNonSingular()) {
            return Optional.empty();
        }
        double[] coefficients = solver.solve(new ArrayRealVector(target, false)).toArray();
        for (int column = 0; column < columns; column++) {
            coefficients[column] /= norm[column];
        }
        return Optional.of(coefficients);
    }

    private static long differentDistances(CurvePoints points) {
        return Arrays.stream(points.distance()).filter(d -> d > 0).distinct().count();
    }
}
