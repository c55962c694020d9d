package dev.daa.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.InputException;
import dev.daa.compute.Parameters;
import dev.daa.compute.Program;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.train.TinyModels;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.LanguageGraph;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AlignLearnerTest {
    private static final int BATCH = 7;

    private final Backend backend = Backend.open("cpu", 2);
    private final List<PreferencePair> pairs = TinyModels.pairs(33, 5);
    private final EpochOrder order = new EpochOrder(pairs.size(), new Seeds(3));

    @AfterEach
    void close() {
        backend.close();
    }

    private AlignLearner learner(Model model, ReferenceLogProbs reference, Objective objective, int microBatch) {
        return new AlignLearner(
                backend,
                model,
                pairs,
                order,
                AlignReference.of(reference),
                objective,
                0.3,
                new Batching(BATCH, microBatch, Optimizer.adamW(0, 0)),
                BatchCapacity.ofPairs(pairs, BATCH));
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

    private static Objective objective(String name) {
        return Objectives.create(name, Map.of("beta", 0.3));
    }

    /// At π = π_ref all log-ratios are 0, exactly: what was scored is what is trained. DPO's loss is then ln 2,
    /// IPO's `(0 − 1/2β)²`, the hinge's 1, and every pair is a tie.
    @ParameterizedTest
    @CsvSource({"dpo, 0.6931471805599453", "ipo, 2.7777777777777777", "hinge, 1"})
    void atTheReferenceEveryPairIsATie(String name, double loss) {
        Model model = TinyModels.language(backend, 7);
        try (AlignLearner learner = learner(model, reference(model), objective(name), 3)) {
            Metrics metrics = learner.step(1, 0.1f);
            assertThat(metrics.value("loss").orElseThrow()).isCloseTo(loss, within(1e-12));
            assertThat(metrics.value("rewards/accuracies")).hasValue(0.5);
            assertThat(metrics.value("rewards/margins")).hasValue(0);
            assertThat(metrics.value("logratios/chosen")).hasValue(0);
            assertThat(metrics.value("grad_norm").orElseThrow()).isGreaterThan(1e-4);
        }
    }

    /// The gradient of pairs that share their prompt is that of chosen and rejected as sequences of their own.
    @Test
    void aSharedPromptGivesTheGradientOfTwoWholeSequences() {
        Model model = TinyModels.language(backend, 7);
        Model unshared = TinyModels.language(backend, 7);
        try (AlignLearner learner = learner(model, reference(TinyModels.language(backend, 8)), objective("dpo"), 7)) {
            double norm = learner.step(1, 1e-3f).value("grad_norm").orElseThrow();
            float[] m = new float[model.flatWeights().length];
            Objects.requireNonNull(learner.optimizerState().get("m")).read(m);
            float[] gradient = unsharedGradient(unshared, reference(TinyModels.language(backend, 8)));
            // After one step Adam's first moment is a tenth of the gradient.
            for (int i = 0; i < m.length; i++) {
                gradient[i] *= 0.1f;
            }
            assertThat(m).usingComparatorWithPrecision(1e-7f).containsExactly(gradient);
            double squares = 0;
            for (float value : gradient) {
                squares += 100.0 * value * value;
            }
            assertThat(norm).isCloseTo(Math.sqrt(squares), within(1e-6));
        }
    }

    /// DPO by hand: `∂loss/∂log π(y_w) = −β·σ(−βh)/N` and its negative for y_l.
    private float[] unsharedGradient(Model model, ReferenceLogProbs reference) {
        LanguageGraph step = LanguageGraph.of(model.parameters(), Optimizer.adamW(0, 0));
        Capacity capacity = Capacity.training(1024, 2 * BATCH, 1024, 0);
        try (Program program = backend.compile(step.graph(), capacity, List.of(model.weights()))) {
            Batch batch = new Batch(capacity);
            int[] first = new int[2 * BATCH + 1];
            for (int i = 0; i < BATCH; i++) {
                PreferencePair pair = pairs.get(order.at(i));
                addWhole(batch, pair.prompt(), pair.chosen());
                first[2 * i + 1] = batch.targets();
                addWhole(batch, pair.prompt(), pair.rejected());
                first[2 * i + 2] = batch.targets();
            }
            program.forward(batch);
            float[] logProb = new float[batch.targets()];
            program.read(step.output().logProb(), batch, logProb);
            float[] derivative = new float[batch.targets()];
            for (int i = 0; i < BATCH; i++) {
                int row = order.at(i);
                double h = sum(logProb, first[2 * i], first[2 * i + 1])
                        - sum(logProb, first[2 * i + 1], first[2 * i + 2])
                        - sum(reference.chosen()[row], 0, reference.chosen()[row].length)
                        + sum(reference.rejected()[row], 0, reference.rejected()[row].length);
                float d = (float) (-0.3 / (1 + Math.exp(0.3 * h)) / BATCH);
                Arrays.fill(derivative, first[2 * i], first[2 * i + 1], d);
                Arrays.fill(derivative, first[2 * i + 1], first[2 * i + 2], -d);
            }
            program.write(step.graph().gradient(step.output().logProb()), batch, derivative);
            program.backward(batch);
            float[] gradient = new float[model.flatWeights().length];
            program.gradients().read(gradient);
            return gradient;
        }
    }

    private static void addWhole(Batch batch, int[] prompt, int[] response) {
        int[] whole = Arrays.copyOf(prompt, prompt.length + response.length);
        System.arraycopy(response, 0, whole, prompt.length, response.length);
        int segment = batch.addSegment(whole, 0, whole.length, -1);
        for (int t = 0; t < response.length; t++) {
            batch.addTarget(batch.segmentStart[segment] + prompt.length + t - 1, response[t]);
        }
    }

    private static double sum(float[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bco_pair", "kto"})
    void anObjectiveOverTheWholeBatchRefusesMicroBatches(String name) {
        Objective objective = objective(name);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> PairUpdater.requireTrainable(objective, 64, 16))
                .withMessage("objective " + name
                        + " needs the whole batch at once, found micro_batch 16 of batch 64; set micro_batch to 64");
        PairUpdater.requireTrainable(objective, 64, 64);
    }

    private AlignLearner moving(Model model, String name, int every, double mix) {
        Objective objective = Objectives.create(
                name, Map.of("beta", 0.3, "ref_model_sync_steps", every, "ref_model_mixup_alpha", mix));
        return new AlignLearner(
                backend,
                model,
                pairs,
                order,
                AlignReference.of(
                        backend,
                        objective,
                        reference(model),
                        () -> model.adapter() == null
                                ? Model.of(backend, model.parameters(), model.flatWeights())
                                : model.withOwnAdapter(backend, "reference"),
                        40,
                        64),
                objective,
                0.3,
                new Batching(BATCH, 3, Optimizer.adamW(0, 0)),
                BatchCapacity.ofPairs(pairs, BATCH));
    }

    /// A reference that is the policy before every step has log-ratios of 0: the loss is ln 2 for ever, while the
    /// policy moves.
    @Test
    void aReferenceCopiedEveryStepIsThePolicy() {
        Model model = TinyModels.language(backend, 7);
        float[] before = model.flatWeights();
        try (AlignLearner learner = moving(model, "tr_dpo", 1, 1)) {
            for (int step = 1; step <= 4; step++) {
                assertThat(learner.step(step, 0.01f).value("loss").orElseThrow())
                        .isCloseTo(Math.log(2), within(1e-12));
            }
        }
        assertThat(model.flatWeights()).isNotEqualTo(before);
    }

    /// Until the reference first moves, TR-DPO is DPO, bit for bit; then the reference lies a of the way to the
    /// policy.
    @Test
    void theReferenceMovesEveryTauSteps() {
        Model model = TinyModels.language(backend, 7);
        Model fixed = TinyModels.language(backend, 7);
        float[] start = model.flatWeights();
        try (AlignLearner learner = moving(model, "tr_dpo", 3, 0.25);
                AlignLearner dpo = learner(fixed, reference(fixed), objective("dpo"), 3)) {
            for (int step = 1; step <= 3; step++) {
                assertThat(learner.step(step, 0.01f).value("loss"))
                        .isEqualTo(dpo.step(step, 0.01f).value("loss"));
            }
            assertThat(model.flatWeights()).containsExactly(fixed.flatWeights());
            float[] reference = new float[start.length];
            Objects.requireNonNull(learner.optimizerState().get("reference")).read(reference);
            float[] weights = model.flatWeights();
            for (int i = 0; i < start.length; i++) {
                assertThat(reference[i]).isCloseTo(0.25f * weights[i] + 0.75f * start[i], within(1e-6f));
            }
            assertThat(learner.step(4, 0.01f).value("loss"))
                    .isNotEqualTo(dpo.step(4, 0.01f).value("loss"));
        }
    }

    /// The same with adapters: the reference starts where their B is 0, has the policy's adapters after a step that
    /// moves it all the way, and what lies below them is shared and stays.
    @Test
    void aMovingReferenceOfAdaptersIsACopyOfThem() {
        Model base = TinyModels.language(backend, 7);
        float[] weights = base.flatWeights();
        Model model =
                base.adapted(backend, new Lora(3, 6, List.of(Lora.ALL_LINEAR), false), "base", new SplittableRandom(2));
        Model fixed =
                base.adapted(backend, new Lora(3, 6, List.of(Lora.ALL_LINEAR), false), "base", new SplittableRandom(2));
        float[] start = model.flatTrained();
        try (AlignLearner learner = moving(model, "tr_dpo", 2, 1);
                AlignLearner dpo = learner(fixed, reference(fixed), objective("dpo"), 3)) {
            Parameters reference =
                    Objects.requireNonNull(learner.optimizerState().get("reference"));
            float[] moved = new float[start.length];
            for (int step = 1; step <= 2; step++) {
                reference.read(moved);
                assertThat(moved).containsExactly(start);
                assertThat(learner.step(step, 0.01f).value("loss"))
                        .isEqualTo(dpo.step(step, 0.01f).value("loss"));
            }
            reference.read(moved);
            assertThat(moved).containsExactly(model.flatTrained()).isNotEqualTo(start);
            assertThat(learner.step(3, 0.01f).value("loss").orElseThrow())
                    .as("the reference is the policy")
                    .isCloseTo(Math.log(2), within(1e-12));
            assertThat(base.flatWeights()).containsExactly(weights);
        }
    }

    @Test
    void aReferenceThatWouldNeverMoveIsRefused() {
        Objective objective = Objectives.create("tr_dpo", Map.of());
        AlignLearner.requireMoves(objective, 513);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> AlignLearner.requireMoves(objective, 512))
                .withMessageStartingWith("objective tr_dpo moves its reference every 512 steps");
    }

    /// Weights and biases of 1e30 overflow in the first product: nothing is updated, and the tensor is named.
    @Test
    void aLossThatIsNotFiniteUpdatesNothing() {
        Model model = TinyModels.language(backend, 7);
        ReferenceLogProbs reference = reference(model);
        float[] weights = model.flatWeights();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (weights[i] == 0 ? 1 : weights[i]) * 1e30f;
        }
        model.weights().write(weights);
        try (AlignLearner learner = learner(model, reference, objective("dpo"), 3)) {
            Metrics metrics = learner.step(1, 0.1f);
            assertThat(metrics.value("loss").orElseThrow()).isNaN();
            assertThat(model.flatWeights()).containsExactly(weights);
            assertThat(learner.firstNonFinite().orElseThrow()).startsWith("policy.0.");
        }
    }
}
