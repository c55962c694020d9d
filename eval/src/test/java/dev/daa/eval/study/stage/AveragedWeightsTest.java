package dev.daa.eval.study.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AveragedWeightsTest {
    /// Where the first run has learned the others must, or a stop would save a step that is half made. Each has
    /// data and samples of its own; the first those of a cell without averaging.
    @Test
    void onlyTheFirstRunMayBeStoppedWithinAStep() {
        List<Boolean> stoppable = new ArrayList<>();
        List<Seeds> seeds = new ArrayList<>();
        AveragedWeights.sideBySide(3, new Seeds(7), (first, own) -> {
            stoppable.add(first);
            seeds.add(own);
            return new None();
        });
        assertThat(stoppable).containsExactly(true, false, false);
        assertThat(seeds).doesNotHaveDuplicates().startsWith(new Seeds(7));
    }

    /// Learns nothing.
    private record None() implements Learner {
        @Override
        public Metrics step(int step, float learningRate) {
            throw new UnsupportedOperationException();
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
}
