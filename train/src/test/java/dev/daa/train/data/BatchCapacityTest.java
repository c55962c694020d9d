package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.compute.MemoryPlan.Part;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objectives;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class BatchCapacityTest {
    private static PreferencePair pair(int prompt, int chosen, int rejected) {
        return new PreferencePair(new int[prompt], new int[chosen], new int[rejected]);
    }

    /// Rows and scored tokens may be most in different micro-batches.
    @Test
    void bothAreThoseOfTheLargest() {
        List<PreferencePair> pairs = List.of(pair(5, 2, 3), pair(1, 7, 1));
        assertThat(BatchCapacity.ofPairs(pairs, 1)).isEqualTo(new BatchCapacity(10, 8));
        // An epoch may begin with the pair that the last one ended with.
        assertThat(BatchCapacity.ofPairs(pairs, 2)).isEqualTo(new BatchCapacity(20, 16));
        assertThat(BatchCapacity.ofPairs(pairs, 3)).isEqualTo(new BatchCapacity(29, 21));
        assertThat(BatchCapacity.ofPairs(pairs, 5)).isEqualTo(new BatchCapacity(48, 34));
        assertThat(BatchCapacity.ofPairs(3, 5, 7)).isEqualTo(new BatchCapacity(72, 42));
        List<Sequence> sequences = List.of(new Sequence(new int[9], new int[2]), new Sequence(new int[0], new int[6]));
        assertThat(BatchCapacity.ofSequences(sequences, 1)).isEqualTo(new BatchCapacity(11, 5));
        assertThat(BatchCapacity.ofSequences(sequences, 2)).isEqualTo(new BatchCapacity(22, 10));
    }

    /// Brute force over seeds, for batches smaller and larger than the data set and not dividing it.
    @Test
    void noBatchOfAnyEpochsIsLarger() {
        List<PreferencePair> pairs = List.of(pair(1, 1, 1), pair(3, 9, 3), pair(6, 1, 5), pair(3, 4, 3), pair(1, 2, 1));
        for (int batch : new int[] {1, 2, 3, 4, 5, 7, 11, 13}) {
            int most = 0;
            for (int seed = 0; seed < 200; seed++) {
                EpochOrder order = new EpochOrder(pairs.size(), new Seeds(seed));
                for (int step = 0; step < 12; step++) {
                    int rows = 0;
                    for (int i = 0; i < batch; i++) {
                        rows += pairs.get(order.at((long) step * batch + i)).rows();
                    }
                    most = Math.max(most, rows);
                }
            }
            int capacity = BatchCapacity.ofPairs(pairs, batch).rows();
            assertThat(most).as("batch %d", batch).isLessThanOrEqualTo(capacity);
            if (batch <= 4) {
                assertThat(most).as("batch %d", batch).isEqualTo(capacity);
            }
        }
    }

    @Test
    void aStepHasLogitsForScoredTokensAlone() {
        TransformerConfig config = TransformerConfig.gpt2(50, 8, 1, 2, 64);
        try (Backend backend = Backend.open("cpu", 1)) {
            JointMemory memory = PairUpdater.plan(
                    backend,
                    new TransformerParameters(config, Head.LANGUAGE, "policy"),
                    new TransformerParameters(config, Head.LANGUAGE, "reference"),
                    Objectives.create("dpo", Map.of()),
                    1,
                    BatchCapacity.ofPairs(List.of(pair(40, 2, 3)), 1),
                    Optimizer.adamW(0, 1));
            // Five targets' logits, and their hidden rows with derivatives.
            assertThat(memory.bytes(Part.LOGITS)).isEqualTo(4L * 5 * (50 + 2 * 8));
        }
    }
}
