package dev.daa.eval.text;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import dev.daa.train.config.Configs;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextAveragingTest {
    /// As for objectives: nothing is averaged silently, or silently not.
    @Test
    void reinforcementOnTextMeasuresLastWeights() {
        String text = """
            title: test
            model: m
            demonstrations: d
            preferences: p
            reinforcement: {algorithms: [{method: {}, kl_coefficients: [0], averaging: {}}], training: {steps: 2}}
            """;
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Configs.read(TextStudyConfig.class, "test", text, List.of()))
                .withMessageEndingWith(": reinforcement ppo-averaged has averaging, expected none: a study on text"
                        + " measures the last weights; daa merge averages finished models");
    }
}
