package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Fits against numpy's least squares, exact recovery, and closed forms of the laws.
class LawFitTest {
    private static final double[] DISTANCE = {.4, .9, 1.3, 1.9, 2.6, 3.5, 4.4};
    private static final double[] REWARD = {.21, .37, .41, .52, .50, .55, .47};
    private static final double[] STANDARD_ERROR = {.02, .03, .02, .05, .04, .03, .06};

    /// Computed with numpy.linalg.lstsq in float64.
    @ParameterizedTest
    @CsvSource({
        "rl,false,false,0.37704531058777757,0.18107626377004915,0,0.01986096733709443,-50.86598479238675,"
                + "-50.974164494276124",
        "rl,false,true,0.3689136907414503,0.17307551787702083,0,0.021621034999321925,-53.791907329343104,"
                + "-53.90008703123248",
        "rl,true,false,0.38437445775454526,0.1850133804496768,-0.007895669925045234,0.019793533006928675,"
                + "-48.91360014621449,-49.07586969904855",
        "rl,true,true,0.3653487158113631,0.17098598621148914,0.0034205217395069866,0.021851055726771637,"
                + "-51.80917595649073,-51.971445509324795",
        "bon,false,false,0.39627934900214495,0.06726679362156722,0,0.04683135237045143,-38.85683329075211,"
                + "-38.96501299264148",
        "bon,true,true,0.2957724698582022,0.04909760712843157,0.10970517701174685,0.02457846816519888,"
                + "-49.12689437065178,-49.289163923485845",
        "log1p,false,false,0.5441901879549851,0.26025392808547565,0,0.025864311990198972,-47.16847646275981,"
                + "-47.27665616464919",
        "quadratic_kl,false,false,-0.005123673943445169,0.12019129061079033,0,0.1767918169182733,"
                + "-20.25895379948119,-20.367133501370564",
        "quadratic_kl,true,true,-0.0026627477737432787,0.05868621429987883,0.2679435415788067,"
                + "0.05753353415191082,-34.21293674402989,-34.37520629686395",
        "quadratic_distance,true,false,-0.045852558606587504,0.27857226010214403,0.12832490209512953,"
                + "0.023852868910201188,-46.30191090804565,-46.46418046087971",
    })
    void agreesWithAnotherLeastSquares(
            String law,
            boolean freeIntercept,
            boolean weighted,
            double first,
            double second,
            double intercept,
            double rmse,
            double aic,
            double bic) {
        CurvePoints points =
                weighted ? CurvePoints.of(DISTANCE, REWARD, STANDARD_ERROR) : CurvePoints.of(DISTANCE, REWARD);
        LawFit fit = LawFit.require(Law.of(law), points, freeIntercept);
        assertThat(fit.first()).isCloseTo(first, within(1e-11));
        assertThat(fit.second()).isCloseTo(second, within(1e-11));
        assertThat(fit.intercept()).isCloseTo(intercept, within(1e-11));
        assertThat(fit.rmse()).isCloseTo(rmse, within(1e-11));
        assertThat(fit.aic()).isCloseTo(aic, within(1e-8));
        assertThat(fit.bic()).isCloseTo(bic, within(1e-8));
    }

    @ParameterizedTest
    @EnumSource(Law.class)
    void recoversExactCoefficients(Law law) {
        Random random = new Random(7);
        for (int n : new int[] {3, 7, 13, 33}) {
            double first = random.nextDouble(-1, 1);
            double second = random.nextDouble(-1, 1);
            double[] distance = random.doubles(n, 0.05, 6).toArray();
            distance[0] = 0;
            double[] reward = Arrays.stream(distance)
                    .map(d -> 0.25 + law.reward(first, second, d))
                    .toArray();
            double[] se = random.doubles(n, 0.01, 1).toArray();
            LawFit fit = LawFit.require(law, CurvePoints.of(distance, reward, se), true);
            assertThat(fit.first()).isCloseTo(first, within(1e-9));
            assertThat(fit.second()).isCloseTo(second, within(1e-9));
            assertThat(fit.intercept()).isCloseTo(0.25, within(1e-9));
            assertThat(fit.rmse()).isLessThan(1e-9);
            assertThat(fit.reward(2.2)).isCloseTo(0.25 + law.reward(first, second, 2.2), within(1e-9));
        }
    }

    @Test
    void pointOfHalfTheErrorCountsAsFourPoints() {
        double[] se = {1, 1, 0.5, 1, 1, 1, 1};
        CurvePoints weighted = CurvePoints.of(DISTANCE, REWARD, se);
        CurvePoints repeated = CurvePoints.of(DISTANCE, REWARD).at(new int[] {0, 1, 2, 2, 2, 2, 3, 4, 5, 6});
        LawFit byWeight = LawFit.require(Law.RL, weighted, false);
        LawFit byRepeating = LawFit.require(Law.RL, repeated, false);
        assertThat(byWeight.first()).isCloseTo(byRepeating.first(), within(1e-12));
        assertThat(byWeight.second()).isCloseTo(byRepeating.second(), within(1e-12));
    }

    @Test
    void peaksOfPublishedCoefficients() {
        FittedCurve.Peak bestOfN = noiseFree(Law.BEST_OF_N, .49, .12).peak().orElseThrow();
        assertThat(bestOfN.distance()).isCloseTo(2.04167, within(5e-6));
        assertThat(bestOfN.reward()).isCloseTo(.50021, within(5e-6));
        assertThat(bestOfN.distance() * bestOfN.distance()).isCloseTo(4.1684, within(5e-5));

        LawFit rl = noiseFree(Law.RL, .35, .15);
        FittedCurve.Peak peak = rl.peak().orElseThrow();
        assertThat(peak.distance()).isCloseTo(3.79367, within(5e-6));
        assertThat(peak.reward()).isCloseTo(.56905, within(5e-6));
        assertThat(peak.distance() * peak.distance()).isCloseTo(14.392, within(5e-4));
        assertThat(rl.secondZero().orElseThrow()).isCloseTo(10.3123, within(5e-5));

        // root of log(1+d) + d/(1+d) = α/β by scipy.optimize.brentq
        assertThat(noiseFree(Law.LOG_ONE_PLUS, .35, .15).peak().orElseThrow().distance())
                .isCloseTo(3.694333407730843, within(1e-9));
        // KL − KL²/8 peaks at KL = 4 with reward 2, and is back at 0 at KL = 8
        LawFit quadratic = noiseFree(Law.QUADRATIC_KL, -0.125, 1);
        assertThat(quadratic.peak().orElseThrow().distance()).isCloseTo(2, within(1e-9));
        assertThat(quadratic.peak().orElseThrow().reward()).isCloseTo(2, within(1e-9));
        assertThat(quadratic.secondZero().orElseThrow()).isCloseTo(Math.sqrt(8), within(1e-9));
        assertThat(quadratic.alpha()).isCloseTo(1, within(1e-9));
        assertThat(quadratic.beta()).isCloseTo(0.125, within(1e-9));
    }

    @ParameterizedTest
    @EnumSource(Law.class)
    void peakIsTheGreatestPoint(Law law) {
        boolean quadratic = law == Law.QUADRATIC_KL || law == Law.QUADRATIC_DISTANCE;
        LawFit fit = quadratic ? noiseFree(law, -.04, .3) : noiseFree(law, .5, .2);
        FittedCurve.Peak peak = fit.peak().orElseThrow();
        double best = Double.NEGATIVE_INFINITY;
        double bestDistance = 0;
        for (double d = 0; d < 20; d += 1e-4) {
            double reward = fit.reward(d);
            if (reward > best) {
                best = reward;
                bestDistance = d;
            }
        }
        assertThat(peak.distance()).isCloseTo(bestDistance, within(2e-4));
        assertThat(peak.reward()).isCloseTo(best, within(1e-6));
        assertThat(fit.reward(fit.secondZero().orElseThrow())).isCloseTo(0, within(1e-8));
    }

    @Test
    void lawsWithoutPeakHaveNone() {
        assertThat(noiseFree(Law.BEST_OF_N, .4, -.1).peak()).isEmpty(); // rises without end
        assertThat(noiseFree(Law.BEST_OF_N, -.4, .1).peak()).isEmpty(); // only falls
        assertThat(noiseFree(Law.RL, .4, -.1).peak()).isEmpty();
        assertThat(noiseFree(Law.QUADRATIC_KL, .4, .1).peak()).isEmpty();
        assertThat(Law.BEST_OF_N.peakDistance(.4, -.1)).isInfinite();
        assertThat(Law.BEST_OF_N.peakDistance(-.4, .1)).isZero();
        assertThat(Law.LOG_ONE_PLUS.peakDistance(-.4, .1)).isZero();
        assertThat(Law.RL.peakDistance(1e6, 1e-6)).isInfinite();
        assertThat(Law.RL.secondZero(1e6, 1e-6)).isEmpty();
        assertThat(Law.RL.basis(0)).containsExactly(0, 0);
    }

    @ParameterizedTest
    @CsvSource({
        "rl,0.027687973360790902",
        "bon,0.0759560367586991",
        "log1p,0.033612574344729904",
        "quadratic_kl,0.4768146131154061",
    })
    void leaveOneOutAgreesWithNumpy(String law, double expected) {
        CurvePoints points = CurvePoints.of(DISTANCE, REWARD);
        assertThat(Law.of(law).form(false).leftOut(points).orElseThrow().rmse()).isCloseTo(expected, within(1e-11));
    }

    @Test
    void leavesWholeClustersOut() {
        int[] twoRuns = {0, 0, 0, 0, 1, 1, 1};
        CurvePoints points = new CurvePoints(DISTANCE, REWARD, new double[0], twoRuns);
        LawFit first = LawFit.require(Law.RL, points.at(new int[] {0, 1, 2, 3}), false);
        LawFit second = LawFit.require(Law.RL, points.at(new int[] {4, 5, 6}), false);
        double squares = 0;
        for (int i = 0; i < 7; i++) {
            LawFit other = i < 4 ? second : first;
            squares += Math.pow(REWARD[i] - other.reward(DISTANCE[i]), 2);
        }
        assertThat(Law.RL.form(false).leftOut(points).orElseThrow().rmse())
                .isCloseTo(Math.sqrt(squares / 7), within(1e-12));
        int[] oneRun = new int[7];
        assertThat(Law.RL.form(false).leftOut(new CurvePoints(DISTANCE, REWARD, new double[0], oneRun)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "rl,0.07829931804177909,0.07327995859900382",
        "bon,0.45101409688112265,-0.359369668725162",
        "log1p,0.0884174021940123,-0.06155230008601351",
    })
    void extrapolationAgreesWithNumpy(String law, double rmse, double bias) {
        Extrapolation test = Extrapolation.of(Law.of(law).form(false), CurvePoints.of(DISTANCE, REWARD), 2)
                .orElseThrow();
        assertThat(test.fitted()).isEqualTo(4);
        assertThat(test.predicted()).isEqualTo(3);
        assertThat(test.rmsePredicted()).isCloseTo(rmse, within(1e-10));
        assertThat(test.bias()).isCloseTo(bias, within(1e-10));
    }

    @Test
    void extrapolationNeedsPointsOnBothSides() {
        CurvePoints points = CurvePoints.of(DISTANCE, REWARD);
        assertThat(Extrapolation.of(Law.RL.form(false), points, 10)).isEmpty();
        assertThat(Extrapolation.of(Law.RL.form(false), points, 0.5)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void undeterminedFitsAreEmpty(boolean freeIntercept) {
        for (Law law : Law.values()) {
            assertThat(LawFit.fit(law, CurvePoints.of(new double[0], new double[0]), freeIntercept))
                    .isEmpty();
            assertThat(LawFit.fit(law, CurvePoints.of(new double[] {1.5}, new double[] {1}), freeIntercept))
                    .isEmpty();
            assertThat(LawFit.fit(law, CurvePoints.of(new double[7], REWARD), freeIntercept))
                    .isEmpty();
            double[] equal = new double[7];
            Arrays.fill(equal, 1.7);
            assertThat(LawFit.fit(law, CurvePoints.of(equal, REWARD), freeIntercept))
                    .isEmpty();
        }
        assertThatThrownBy(() ->
                        LawFit.require(Law.RL, CurvePoints.of(new double[] {1, 1, 0}, new double[] {1, 2, 0}), false))
                .isInstanceOf(InputException.class)
                .hasMessage("law rl: 3 points at 1 different distances above 0 do not determine 2 coefficients; "
                        + "give points at 2 or more");
    }

    @Test
    void pointsThatCannotBeAreRefused() {
        assertThatThrownBy(() -> CurvePoints.of(new double[] {1, Double.NaN}, new double[] {1, 2}))
                .hasMessage("distance of point 1: found NaN, expected a finite number >= 0");
        assertThatThrownBy(() -> CurvePoints.of(new double[] {1, -2}, new double[] {1, 2}))
                .hasMessage("distance of point 1: found -2.0, expected a finite number >= 0");
        assertThatThrownBy(() -> CurvePoints.of(new double[] {1, 2}, new double[] {1, Double.POSITIVE_INFINITY}))
                .hasMessage("reward of point 1: found Infinity, expected a finite number");
        assertThatThrownBy(() -> CurvePoints.of(new double[] {1, 2}, new double[] {1, 2}, new double[] {1, 0}))
                .hasMessageContaining("standard error of point 1: found 0.0, expected a finite number > 0");
        assertThatThrownBy(() -> CurvePoints.of(new double[] {1, 2}, new double[] {1}))
                .hasMessageContaining("found 2 distances, 1 rewards");
        assertThat(CurvePoints.distanceOfKl(-0.01)).isZero();
        assertThat(CurvePoints.distanceOfKl(4)).isEqualTo(2);
        assertThatThrownBy(() -> CurvePoints.distanceOfKl(Double.NaN)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Law.of("cubic"))
                .hasMessage("law: found cubic, expected one of rl, bon, log1p, quadratic_kl, quadratic_distance");
    }

    @Test
    void overoptimizationIndex() {
        Overoptimization half = Overoptimization.of(1, new double[] {2, 3, 2}).orElseThrow();
        assertThat(half.index()).isEqualTo(0.5);
        assertThat(half.peakPosition()).isEqualTo(1);
        assertThat(Overoptimization.of(0, new double[] {1, 2, 3}).orElseThrow().index())
                .isZero();
        assertThat(Overoptimization.of(0, new double[] {1, -1}).orElseThrow().index())
                .isEqualTo(2);
        assertThat(Overoptimization.of(0, new double[] {-1, -2})).isEmpty();
        assertThat(Overoptimization.of(0, new double[0])).isEmpty();
    }

    private static LawFit noiseFree(Law law, double first, double second) {
        double[] reward =
                Arrays.stream(DISTANCE).map(d -> law.reward(first, second, d)).toArray();
        return LawFit.require(law, CurvePoints.of(DISTANCE, reward), false);
    }
}
