package dev.daa.eval.study.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// When a round of iterated reinforcement begins.
final class IteratedLearnerTest {

    /// Remembers the last step.
    private record Still(double[] objectiveState) implements Learner {
        @Override
        public Metrics step(int step, float learningRate) {
            objectiveState[0] = step;
            return Metrics.at(step);
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
        public Work workOfLastStep() {
            return Work.NONE;
        }

        @Override
        public Optional<String> firstNonFinite() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    private static final class Recorded implements IteratedLearner.Rounds {
        private final List<Integer> rounds = new ArrayList<>();
        private final List<List<Double>> former = new ArrayList<>();

        @Override
        public void refresh(int round) {
            rounds.add(round);
        }

        @Override
        public Metrics describe(Metrics metrics) {
            return metrics.with("round", rounds.getLast());
        }

        @Override
        public Learner begin(double[] remembered) {
            former.add(Arrays.stream(remembered).boxed().toList());
            return new Still(new double[1]);
        }

        @Override
        public Parameters reward() {
            throw new UnsupportedOperationException();
        }

        @Override
        public double[] memory() {
            return new double[0];
        }

        @Override
        public void close() {}
    }

    /// Steps at which a round begins, the first apart.
    private static List<Integer> beginnings(int steps, int count) {
        Recorded rounds = new Recorded();
        List<Integer> beginnings = new ArrayList<>();
        try (Learner learner = new IteratedLearner(rounds, steps, count)) {
            for (int step = 1; step <= steps; step++) {
                if (learner.step(step, 0).value("round").isPresent()) {
                    beginnings.add(step);
                }
            }
        }
        assertThat(rounds.rounds).hasSize(count - 1);
        for (int i = 0; i < count - 1; i++) {
            assertThat(rounds.rounds.get(i)).isEqualTo(i + 2);
        }
        return beginnings;
    }

    @Test
    void roundsOfEquallyManySteps() {
        assertThat(beginnings(6, 3)).containsExactly(3, 5);
        assertThat(beginnings(120, 3)).containsExactly(41, 81);
    }

    /// The learner of a round is told what the one before it remembered, also where that was restored.
    @Test
    void aRoundGoesOnFromWhatTheOneBeforeItRemembered() {
        Recorded rounds = new Recorded();
        try (Learner learner = new IteratedLearner(rounds, 6, 3)) {
            learner.step(1, 0);
            learner.step(2, 0);
            learner.step(3, 0);
        }
        assertThat(rounds.former).containsExactly(List.of(), List.of(2.0));
        Recorded resumed = new Recorded();
        try (Learner learner = new IteratedLearner(resumed, 6, 3)) {
            learner.objectiveState()[0] = 4;
            learner.step(5, 0);
        }
        assertThat(resumed.former).containsExactly(List.of(), List.of(4.0));
    }

    /// However the steps divide, there are as many rounds as asked for, and none is longer than another by 2.
    @ParameterizedTest
    @CsvSource({"6, 4", "5, 4", "7, 7", "100, 3", "10, 1", "17, 6"})
    void asManyRoundsAsAskedFor(int steps, int count) {
        List<Integer> bounds = new ArrayList<>(List.of(1));
        bounds.addAll(beginnings(steps, count));
        bounds.add(steps + 1);
        assertThat(bounds).hasSize(count + 1);
        for (int i = 0; i < count; i++) {
            assertThat(bounds.get(i + 1) - bounds.get(i)).isBetween(steps / count, (steps + count - 1) / count);
        }
    }
}
