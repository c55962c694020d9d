package dev.daa.eval.toy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against an enumeration in NumPy.
class CorrelatedProxyTest {
    @ParameterizedTest
    @CsvSource({
        "0.3, 0.8994044037, 1.46514772, 4.483763711, 1.61030997, 1.282904709, 0.7613016212, -0.4454596672,"
                + " 0.3987842553",
        "0.75, 0.7463262723, 0.7944507721, 1.640399602, 1.151539616, 0.8217428639, 0.4007324402, -0.004881258289,"
                + " 0.3116506235",
        "1.5, 0.5084062355, 0.3939859846, 0.6932359985, 0.8076289144, 0.4031615963, 0.1783136241, 0.105410557,"
                + " 0.18460883"
    })
    void theBoundHoldsAndIsWorthMoreThanKl(
            double error,
            double correlation,
            double kl,
            double chiSquare,
            double proxy,
            double reward,
            double bound,
            double nearest,
            double highest) {
        CorrelatedProxy toy = CorrelatedProxy.of(error);
        assertThat(toy.below()).isZero();
        assertThat(toy.policies()).isEqualTo(598);
        assertThat(new double[] {
                    toy.correlation(),
                    toy.best().kl(),
                    toy.best().chiSquare(),
                    toy.best().proxy(),
                    toy.best().reward(),
                    toy.best().bound(),
                    toy.nearest().reward(),
                    toy.highest().reward()
                })
                .containsExactly(
                        new double[] {correlation, kl, chiSquare, proxy, reward, bound, nearest, highest},
                        within(1e-8));
        assertThat(toy.best().reward()).isGreaterThan(toy.highest().reward());
        assertThat(CorrelatedProxy.all()).contains(toy);
    }
}
