package dev.daa.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.ParameterLayout;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models whose parameters no single array holds.
class LargeModelsTest {
    /// Numbers of parameters as the Pythia paper (2304.01373) has them.
    @ParameterizedTest
    @CsvSource({
        "50304, 2048, 16, 8, 1011781632, 1",
        "50304, 2560, 32, 32, 2775208960, 2",
        "50432, 4096, 32, 32, 6857302016, 4"
    })
    void pythia(int vocabulary, int width, int layers, int heads, long count, int arrays) {
        ParameterLayout layout = new TransformerParameters(
                        TransformerConfig.gptNeox(vocabulary, width, layers, heads, 2048, 0.25f),
                        Head.LANGUAGE,
                        "policy")
                .layout();
        assertThat(layout.count()).isEqualTo(count);
        assertThat(layout.sizes()).hasSize(arrays);
    }

    /// No weight is drawn for a model that has no room.
    @Test
    void aModelWithoutRoomIsRefusedBeforeItsWeightsAreDrawn() {
        TransformerParameters parameters = new TransformerParameters(
                TransformerConfig.gptNeox(50432, 16_384, 512, 32, 2048, 0.25f), Head.LANGUAGE, "policy");
        RandomGenerator never = () -> {
            throw new IllegalStateException("drawn");
        };
        try (Backend backend = Backend.open("cpu", 1)) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> Model.initialize(backend, parameters, never))
                    .withMessageStartingWith("the parameters of policy need ");
        }
    }
}
