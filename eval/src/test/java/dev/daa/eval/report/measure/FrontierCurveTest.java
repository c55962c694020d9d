package dev.daa.eval.report.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.world.ExactFrontier;
import org.junit.jupiter.api.Test;

class FrontierCurveTest {
    /// Of two levels every policy that likes the better one is a tilt, so best of n lies on the frontier.
    @Test
    void bestOfNOfTwoLevelsFallsShortByNothing() {
        FrontierCurve curve = new FrontierCurve(ExactFrontier.of(new double[] {0, 1}, new double[] {0.8, 0.2}), 1);

        assertThat(curve.shortfallOfBestOfN(1)).isZero();
        assertThat(curve.shortfallOfBestOfN(64)).isEqualTo(0, within(1e-12));
    }

    /// Of a uniform gold reward on 0 … 1, best of 2 has mean 2/3 at KL ln 2 − ½; the tilt e^{λg} with that KL has
    /// λ = 2.2886 and mean 1/(1 − e^{−λ}) − 1/λ = 0.67591.
    @Test
    void bestOfTwoOfAUniformRewardFallsShortOfTheTilt() {
        int levels = 20_000;
        double[] gold = new double[levels];
        double[] mass = new double[levels];
        for (int k = 0; k < levels; k++) {
            gold[k] = (k + 0.5) / levels;
            mass[k] = 1.0 / levels;
        }
        FrontierCurve curve = new FrontierCurve(ExactFrontier.of(gold, mass), 1);

        assertThat(curve.shortfallOfBestOfN(2)).isEqualTo(uniformTilt(Math.log(2) - 0.5) - 2.0 / 3, within(1e-6));
        assertThat(curve.shortfallOfBestOfN(3)).isEqualTo(curve.shortfallOfBestOfN(2));
    }

    /// Mean of the density λe^{λg}/(e^λ − 1) whose KL to the uniform is given, by bisection.
    private static double uniformTilt(double kl) {
        double low = 1e-3;
        double high = 50;
        for (int k = 0; k < 100; k++) {
            double lambda = (low + high) / 2;
            double reached = lambda * mean(lambda) - Math.log(Math.expm1(lambda) / lambda);
            if (reached < kl) {
                low = lambda;
            } else {
                high = lambda;
            }
        }
        return mean((low + high) / 2);
    }

    private static double mean(double lambda) {
        return 1 / -Math.expm1(-lambda) - 1 / lambda;
    }
}
