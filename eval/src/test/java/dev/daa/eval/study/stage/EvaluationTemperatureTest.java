package dev.daa.eval.study.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.study.QuietListener;
import dev.daa.eval.study.StudyRunner;
import dev.daa.eval.study.TinyStudy;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.config.Assignment;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Training is at temperature 1: held-out pairs and implicit rewards are scored there, however cold the samples.
class EvaluationTemperatureTest {
    private static final double BETA = 0.1;

    @TempDir
    Path folder;

    @Test
    void whatIsTrainedIsScoredAtItsOwnTemperature() throws IOException {
        Evaluation warm = endOfTrainingAt(1);
        Evaluation cold = endOfTrainingAt(0.25);
        assertThat(cold.heldOut()).isEqualTo(warm.heldOut());
        assertThat(cold.kl().exact()).isNotEqualTo(warm.kl().exact());
        assertThat(warm.rewards().implicit().mean())
                .isCloseTo(BETA * warm.kl().k1().mean(), within(1e-9));
        assertThat(Math.abs(
                        cold.rewards().implicit().mean() - BETA * cold.kl().k1().mean()))
                .as("k1 is at the samples' temperature")
                .isGreaterThan(1e-4);
    }

    private Evaluation endOfTrainingAt(double temperature) throws IOException {
        StudyConfig config = TinyStudy.config(
                new Assignment("objectives", "[{name: dpo, betas: [%s]}]".formatted(BETA)),
                new Assignment("evaluation.temperature", Double.toString(temperature)));
        Path study = folder.resolve("at-" + temperature);
        try (Interrupt interrupt = new Interrupt()) {
            assertThat(new StudyRunner(
                                    config,
                                    study,
                                    new StudyRunner.Execution("cpu", MatmulPrecision.FP32, 1, 1),
                                    new QuietListener(),
                                    interrupt)
                            .run(_ -> true, _ -> false))
                    .isEmpty();
        }
        return PointsCsv.read(study.resolve("report/points.csv")).getLast().evaluation();
    }
}
