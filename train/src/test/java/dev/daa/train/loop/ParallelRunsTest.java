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

    /// Remembers the product of its factor over the steps, and takes a second for each.
    private static final class Remembering implements Learner {
        private final double[] state = {1, 0};
        private final double factor;

        Remembering(double factor) {
            this.factor = factor;
        }

        @Override
        public Metrics step(int step, float learningRate) {
            state[0] *= factor;
            state[1]++;
            return Metrics.at(step).with("loss", factor).with("grad_norm", 1);
        }

        @Override
        public Model model() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, Parameters> optimizerState() {
            return Map.of();
        }

        @Override
        public double[] objectiveState() {
            return state;
        }

        @Override
        public Work workOfLastStep() {
            return new Work(3, 5);
        }

        @Override
        public Optional<StepTime> timeOfLastStep() {
            return Optional.of(new StepTime(1, 2, factor));
        }

        @Override
        public Optional<String> firstNonFinite() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    /// Written where a resumed run finds it, and read from there.
    @Test
    void allMemoriesAreSavedAndResumed() {
        ParallelRuns whole = new ParallelRuns(List.of(new Remembering(2), new Remembering(3)));
        double[] memory = whole.objectiveState();
        assertThat(memory).containsExactly(1, 0, 1, 0);
        whole.step(1, 1);
        whole.step(2, 1);
        assertThat(memory).containsExactly(4, 2, 9, 2);
        ParallelRuns resumed = new ParallelRuns(List.of(new Remembering(2), new Remembering(3)));
        System.arraycopy(memory, 0, resumed.objectiveState(), 0, memory.length);
        assertThat(resumed.step(3, 1).value("loss")).hasValue(2);
        assertThat(resumed.objectiveState()).containsExactly(8, 3, 27, 3);
    }

    @Test
    void timeAndWorkAreThoseOfAllRuns() {
        ParallelRuns runs = new ParallelRuns(List.of(new Remembering(2), new Remembering(3)));
        runs.step(1, 1);
        assertThat(runs.timeOfLastStep()).contains(new StepTime(2, 4, 5));
        assertThat(runs.workOfLastStep()).isEqualTo(new Work(6, 10));
    }
}
