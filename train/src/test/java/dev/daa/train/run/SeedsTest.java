package dev.daa.train.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class SeedsTest {

    @Test
    void theSameNameGivesTheSameStream() {
        RandomGenerator once = new Seeds(7).stream("shuffle", 3);
        RandomGenerator again = new Seeds(7).stream("shuffle", 3);
        for (int i = 0; i < 257; i++) {
            assertThat(once.nextLong()).isEqualTo(again.nextLong());
        }
    }

    @Test
    void seedPurposeAndIndexEachChangeTheStream() {
        Set<Long> first = new HashSet<>();
        for (long seed = -1; seed < 3; seed++) {
            for (String purpose : new String[] {"shuffle", "initialise", "", "shuffle1"}) {
                first.add(new Seeds(seed).derive(purpose));
                for (long index = 0; index < 33; index++) {
                    first.add(new Seeds(seed).derive(purpose, index));
                    first.add(new Seeds(seed).derive(purpose, index, 0));
                }
            }
        }
        assertThat(first).hasSize(4 * 4 * (1 + 2 * 33));
    }

    /// The first number of neighbouring streams has mean ½ and variance 1/12; four standard errors at 10,000
    /// streams.
    @Test
    void neighbouringStreamsAreUniform() {
        int streams = 10_000;
        double sum = 0;
        double squares = 0;
        for (int index = 0; index < streams; index++) {
            double value = new Seeds(0).stream("sample", index).nextDouble();
            sum += value;
            squares += (value - 0.5) * (value - 0.5);
        }
        assertThat(sum / streams).isCloseTo(0.5, within(4 * Math.sqrt(1.0 / 12 / streams)));
        assertThat(squares / streams).isCloseTo(1.0 / 12, within(4 * Math.sqrt(1.0 / 180 / streams)));
    }
}
