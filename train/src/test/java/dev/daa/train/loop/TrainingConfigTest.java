package dev.daa.train.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.config.Configs;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingConfigTest {
    private static TrainingConfig read(String yaml) {
        return Configs.read(TrainingConfig.class, "test", yaml, List.of());
    }

    /// Whole batches of the epochs as they were given in decimal: 0.29 · 6400 / 64 is 29.
    @ParameterizedTest
    @CsvSource({
        "0.29, 6400, 64, 29",
        "0.57, 100, 1, 57",
        "0.58, 100, 1, 58",
        "1.1, 640, 64, 11",
        "0.2899999, 6400, 64, 28",
        "1, 127, 64, 1",
        "1e-3, 10, 64, 1",
        "1e6, 9223372036854775807, 1, 2147483647"
    })
    void epochsAreExact(String epochs, long examples, int batch, int steps) {
        assertThat(read("{epochs: %s, batch: %d}".formatted(epochs, batch)).stepsOver(examples))
                .isEqualTo(steps);
    }

    /// Each rule has torch's decay of the second moment unless told otherwise; what is saved says which.
    @Test
    void theSecondDecayFollowsTheRule() {
        assertThat(read("{}").rule().beta2()).isEqualTo(0.999);
        assertThat(read("{optimizer: rmsprop}").rule().beta2()).isEqualTo(0.99);
        assertThat(read("{optimizer: rmsprop, beta2: 0.999}").rule().beta2()).isEqualTo(0.999);
        assertThat(read("{optimizer: rmsprop}").beta2()).isEqualTo(0.99);
    }
}
