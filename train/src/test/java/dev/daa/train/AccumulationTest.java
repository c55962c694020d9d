package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.AlignReference;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objectives;
import dev.daa.train.reward.BradleyTerry;
import dev.daa.train.reward.LengthHead;
import dev.daa.train.reward.RewardLearner;
import dev.daa.train.reward.RewardLoss;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import dev.daa.train.sft.SftLearner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A batch in micro-batches is the batch at once, in every trainer; and the loss of the first step is the mean over
/// tokens (supervised) or pairs (preferences) that the scorers give.
class AccumulationTest {
    private static final int BATCH = 13;
    private static final int STEPS = 3;

    /// With an ε this large, updates are smooth in the gradients, and rounding stays rounding.
    private static final Optimizer SMOOTH = new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1, 0.01, 1, false);

    private final Backend backend = Backend.open("cpu", 2);
    private final List<PreferencePair> pairs = TinyModels.pairs(33, 5);

    @AfterEach
    void close() {
        backend.close();
    }

    private interface Trainer {
        Learner learner(int microBatch);
    }

    private static void assertAccumulates(Trainer trainer, int microBatch) {
        try (Learner whole = trainer.learner(BATCH);
                Learner inParts = trainer.learner(microBatch)) {
            for (int step = 1; step <= STEPS; step++) {
                Map<String, Double> expected = values(whole.step(step, 0.1f));
                Map<String, Double> found = values(inParts.step(step, 0.1f));
                assertThat(found.keySet()).isEqualTo(expected.keySet());
                int at = step;
                expected.forEach((key, value) -> assertThat(found.get(key))
                        .as("%s of step %d", key, at)
                        .isCloseTo(value, within(1e-5 * Math.max(1, Math.abs(value)))));
            }
            assertThat(inParts.model().flatTrained())
                    .usingComparatorWithPrecision(2e-6f)
                    .containsExactly(whole.model().flatTrained());
            assertThat(inParts.workOfLastStep().rows())
                    .isGreaterThanOrEqualTo(whole.workOfLastStep().rows());
        }
    }

    private static Map<String, Double> values(Metrics metrics) {
        Map<String, Double> values = new LinkedHashMap<>();
        metrics.forEach(values::put);
        return values;
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void supervised(int microBatch) {
        List<Sequence> examples = TinyModels.examples(33, 5);
        BatchCapacity largest = BatchCapacity.ofSequences(examples, BATCH);
        Trainer trainer = micro -> new SftLearner(
                backend, TinyModels.language(backend, 7), Examples.inOrder(examples), BATCH, micro, largest, SMOOTH);
        assertAccumulates(trainer, microBatch);
        try (Learner learner = trainer.learner(microBatch);
                LogProbScorer scorer = new LogProbScorer(backend, learner.model(), 40, 64, 1)) {
            double logProb = 0;
            int tokens = 0;
            for (float[] scores : scorer.score(examples.subList(0, BATCH))) {
                logProb += sum(scores);
                tokens += scores.length;
            }
            Metrics metrics = learner.step(1, 0.1f);
            assertThat(metrics.value("loss").orElseThrow()).isCloseTo(-logProb / tokens, within(1e-6));
            assertThat(metrics.value("scored_tokens")).hasValue(tokens);
            assertThat(metrics.value("num_tokens"))
                    .as("TRL's is of the whole run so far")
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void alignment(int microBatch) {
        ReferenceLogProbs reference = reference(TinyModels.language(backend, 8));
        EpochOrder order = new EpochOrder(pairs.size(), new Seeds(3));
        for (String objective : List.of("dpo", "ipo", "slic", "simpo")) {
            Trainer trainer = micro -> new AlignLearner(
                    backend,
                    TinyModels.language(backend, 7),
                    pairs,
                    order,
                    AlignReference.of(reference),
                    Objectives.create(objective, Map.of("beta", 0.3)),
                    0.3,
                    new Batching(BATCH, micro, SMOOTH),
                    BatchCapacity.ofPairs(pairs, BATCH));
            assertAccumulates(trainer, microBatch);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void adapters(int microBatch) {
        ReferenceLogProbs reference = reference(TinyModels.language(backend, 8));
        EpochOrder order = new EpochOrder(pairs.size(), new Seeds(3));
        assertAccumulates(
                micro -> new AlignLearner(
                        backend,
                        TinyModels.adapted(backend, TinyModels.language(backend, 7)),
                        pairs,
                        order,
                        AlignReference.of(reference),
                        Objectives.create("dpo", Map.of("beta", 0.3)),
                        0.3,
                        new Batching(BATCH, micro, SMOOTH),
                        BatchCapacity.ofPairs(pairs, BATCH)),
                microBatch);
        assertAccumulates(
                micro -> new RewardLearner(
                        backend,
                        TinyModels.adapted(backend, TinyModels.reward(backend, 7)),
                        pairs,
                        order,
                        new RewardLoss(new BradleyTerry(0.1, 0.01)),
                        new Batching(BATCH, micro, SMOOTH),
                        BatchCapacity.ofPairs(pairs, BATCH).rows()),
                microBatch);
    }

    private ReferenceLogProbs reference(Model model) {
        try (LogProbScorer scorer = new LogProbScorer(backend, model, 40, 64, 1)) {
            return new ReferenceLogProbs(
                    scorer.score(
                            pairs.stream().map(PreferencePair::chosenSequence).toList()),
                    scorer.score(
                            pairs.stream().map(PreferencePair::rejectedSequence).toList()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void rewardModel(int microBatch) {
        EpochOrder order = new EpochOrder(pairs.size(), new Seeds(3));
        BradleyTerry loss = new BradleyTerry(0.1, 0.01);
        Trainer trainer = micro -> new RewardLearner(
                backend,
                TinyModels.reward(backend, 7),
                pairs,
                order,
                new RewardLoss(loss),
                new Batching(BATCH, micro, SMOOTH),
                BatchCapacity.ofPairs(pairs, BATCH).rows());
        assertAccumulates(trainer, microBatch);
        assertAccumulates(
                micro -> new RewardLearner(
                        backend,
                        TinyModels.reward(backend, 7).withLengthHead(backend, new SplittableRandom(9)),
                        pairs,
                        order,
                        new RewardLoss(loss, 0.3, new LengthHead(1, 1)),
                        new Batching(BATCH, micro, SMOOTH),
                        BatchCapacity.ofPairs(pairs, BATCH).rows()),
                microBatch);
        try (Learner learner = trainer.learner(microBatch);
                RewardScorer scorer = new RewardScorer(backend, learner.model(), 40, 64)) {
            List<PreferencePair> batch = new ArrayList<>();
            for (int i = 0; i < BATCH; i++) {
                batch.add(pairs.get(order.at(i)));
            }
            float[] chosen = scorer.score(
                    batch.stream().map(PreferencePair::chosenSequence).toList());
            float[] rejected = scorer.score(
                    batch.stream().map(PreferencePair::rejectedSequence).toList());
            double[] losses = new double[BATCH];
            Arrays.setAll(losses, i -> loss.value(chosen[i], rejected[i]));
            assertThat(learner.step(1, 0.1f).value("loss").orElseThrow())
                    .isCloseTo(Arrays.stream(losses).average().orElseThrow(), within(1e-6));
        }
    }
}
