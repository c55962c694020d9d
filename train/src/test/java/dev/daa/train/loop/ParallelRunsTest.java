package dev.daa.train.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.TinyModels;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Runs that train side by side.
final class ParallelRunsTest {
    private final Backend backend = Backend.open("cpu", 1);
    private final Model model = TinyModels.language(backend, 7);

    @AfterEach
    void close() {
        backend.close();
    }

    /// A run that measures these numbers.
    private record Measured(Model model, double loss, double norm) implements Learner {
        @Override
        public Metrics step(int step, float learningRate) {
            return Metrics.at(step).with("loss", loss).with("grad_norm", norm);
        }

        @Override
        public Map<String, Parameters> optimizerState() {
            return Map.of();
        }

        @Override
        public Work workOfLastStep() {
            return new Work(1, 1);
        }

        @Override
        public Optional<String> firstNonFinite() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    private Metrics step(double loss, double norm) {
        try (Learner runs = new ParallelRuns(
                List.of(new Measured(model, 1, 2), new Measured(model, loss, norm), new Measured(model, 5, 6)))) {
            return runs.step(1, 0.1f);
        }
    }

    @Test
    void theFirstSpeaksForAll() {
        assertThat(step(3, 4).value("loss")).hasValue(1);
    }

    /// Nothing of such a run is updated any more: it must end, and not go on beside the first.
    @ParameterizedTest
    @CsvSource({"NaN, NaN", "3, NaN", "3, Infinity"})
    void aRunThatIsNotFiniteIsSeen(double loss, double norm) {
        Metrics metrics = step(loss, norm);
        assertThat(metrics.value("loss")).hasValue(loss);
        assertThat(metrics.value("grad_norm")).hasValue(norm);
    }
}
