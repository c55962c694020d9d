package dev.daa.train.pairwise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.score.DivergenceScorer;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.TinyModels;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Objectives that ask more of policy and reference than the log-probabilities of the pairs, by value and by
/// derivative: losses are formed here from what scorers of their own say, and gradients are compared with differences
/// of those losses.
class PairUpdaterTest {
    private static final double BETA = 0.3;
    private static final int BATCH = 7;

    private final Backend backend = Backend.open("cpu", 2);
    private final List<PreferencePair> pairs = TinyModels.pairs(BATCH, 5);
    private final Model policy = TinyModels.language(backend, 7);
    private final Model reference = other(8);

    @AfterEach
    void close() {
        backend.close();
    }

    /// A model in a layout of another name.
    private Model other(long seed) {
        Model model = TinyModels.language(backend, seed);
        return Model.of(
                backend, new TransformerParameters(model.config(), Head.LANGUAGE, "reference"), model.flatWeights());
    }

    /// What one step on all pairs says, and the gradient that it would apply.
    private record Step(double loss, float[] gradient) {}

    private Step step(String name, Map<String, Object> parameters, int microBatch, Optimizer optimizer) {
        return step(policy, reference, name, parameters, microBatch, optimizer);
    }

    private Step step(
            Model trained,
            Model held,
            String name,
            Map<String, Object> parameters,
            int microBatch,
            Optimizer optimizer) {
        Objective objective = Objectives.create(name, parameters);
        List<PairUpdater.Referenced> referenced = new ArrayList<>();
        try (LogProbScorer scorer = new LogProbScorer(backend, held, 40, 64, 1)) {
            for (PreferencePair pair : pairs) {
                float[][] scores = scorer.score(List.of(pair.chosenSequence(), pair.rejectedSequence()));
                referenced.add(new PairUpdater.Referenced(pair, scores[0], scores[1]));
            }
        }
        float[] weights = trained.flatWeights();
        try (PairUpdater updater = new PairUpdater(
                backend,
                trained,
                held,
                objective,
                BETA,
                new Batching(BATCH, microBatch, optimizer),
                BatchCapacity.ofPairs(pairs, BATCH),
                1)) {
            Metrics metrics = updater.update(1, 1, 0, (from, count) -> referenced.subList(from, from + count));
            float[] gradient = new float[weights.length];
            // After one step Adam's first moment is a tenth of the gradient.
            Objects.requireNonNull(updater.optimizerState().get("m")).read(gradient);
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] *= 10;
            }
            assertThat(trained.flatWeights()).containsExactly(weights);
            return new Step(metrics.value("loss").orElseThrow(), gradient);
        }
    }

    private static Optimizer adamW(boolean recompute) {
        return new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-8, 0, 0, recompute);
    }

    /// A loss of the weights of the policy.
    private interface Loss {
        double of(DivergenceScorer.Scores[] chosen, DivergenceScorer.Scores[] rejected);
    }

    private double loss(Loss loss) {
        try (DivergenceScorer scorer = new DivergenceScorer(backend, policy, reference, 40, 64, 1)) {
            return loss.of(
                    scorer.score(
                            pairs.stream().map(PreferencePair::chosenSequence).toList()),
                    scorer.score(
                            pairs.stream().map(PreferencePair::rejectedSequence).toList()));
        }
    }

    /// Along the gradient, and along random directions, the loss changes as the gradient says.
    private void requireGradient(float[] gradient, Loss loss) {
        SplittableRandom random = new SplittableRandom(11);
        float[] weights = policy.flatWeights();
        double norm = norm(gradient);
        for (int direction = 0; direction < 4; direction++) {
            float[] along = direction == 0 ? gradient.clone() : new float[gradient.length];
            if (direction > 0) {
                for (int i = 0; i < along.length; i++) {
                    along[i] = (float) random.nextGaussian();
                }
            }
            double length = norm(along);
            double expected = 0;
            for (int i = 0; i < along.length; i++) {
                along[i] /= (float) length;
                expected += (double) along[i] * gradient[i];
            }
            double step = 0.01;
            double up = shifted(weights, along, step, loss);
            double down = shifted(weights, along, -step, loss);
            policy.weights().write(weights);
            assertThat((up - down) / (2 * step)).isCloseTo(expected, within(2e-3 * norm));
        }
    }

    private double shifted(float[] weights, float[] along, double step, Loss loss) {
        float[] moved = new float[weights.length];
        for (int i = 0; i < moved.length; i++) {
            moved[i] = (float) (weights[i] + step * along[i]);
        }
        policy.weights().write(moved);
        return loss(loss);
    }

    private static double norm(float[] values) {
        return Math.sqrt(IntStream.range(0, values.length)
                .mapToDouble(i -> (double) values[i] * values[i])
                .sum());
    }

    private static double sum(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).sum();
    }

    private static double logRatio(DivergenceScorer.Scores scores) {
        return sum(scores.policy()) - sum(scores.reference());
    }

    /// −log σ(x).
    private static double logistic(double x) {
        return Math.log1p(Math.exp(-x));
    }

    /// TDPO (2404.11999): −log σ(β(h − a(D_l − D_w))). TDPO2 holds D_w, so its gradient is that of a loss in which
    /// D_w is the number that it was.
    @ParameterizedTest
    @CsvSource({"tdpo1, 1, false", "tdpo2, 0.5, true"})
    void tokenKlIsInTheLossAndInItsGradient(String name, double coefficient, boolean held) {
        double[] chosenKl = new double[BATCH];
        Loss value = (chosen, rejected) -> {
            double total = 0;
            for (int i = 0; i < BATCH; i++) {
                double gap = sum(rejected[i].forwardKl()) - sum(chosen[i].forwardKl());
                total += logistic(BETA * (logRatio(chosen[i]) - logRatio(rejected[i]) - coefficient * gap)) / BATCH;
                chosenKl[i] = sum(chosen[i].forwardKl());
            }
            return total;
        };
        Step step = step(name, Map.of("beta", BETA), 3, adamW(false));
        assertThat(step.loss()).isCloseTo(loss(value), within(1e-5));
        double[] constant = chosenKl.clone();
        requireGradient(step.gradient(), (chosen, rejected) -> {
            double total = 0;
            for (int i = 0; i < BATCH; i++) {
                double ofChosen = held ? constant[i] : sum(chosen[i].forwardKl());
                double gap = sum(rejected[i].forwardKl()) - ofChosen;
                total += logistic(BETA * (logRatio(chosen[i]) - logRatio(rejected[i]) - coefficient * gap)) / BATCH;
            }
            return total;
        });
    }

    /// Micro-batches change no more than rounding, and computing activations again changes nothing.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "tdpo1",
                "tdpo2",
                "wpo",
                "0.5*tdpo2 + dpo",
                "bco_pair[reward_shift=none]",
                "kto[reference_point=zero] + 0.3*mpo[reward_shift=none]"
            })
    void partsAndRecomputationGiveTheSameGradient(String name) {
        Map<String, Object> parameters =
                name.equals("wpo") ? Map.of("beta", BETA, "wpo_alignment", "sampled") : Map.of("beta", BETA);
        Step whole = step(name, parameters, BATCH, adamW(false));
        Step recomputed = step(name, parameters, BATCH, adamW(true));
        Step parts = step(name, parameters, 2, adamW(false));
        assertThat(recomputed.loss()).isEqualTo(whole.loss());
        assertThat(recomputed.gradient()).containsExactly(whole.gradient());
        assertThat(parts.loss()).isCloseTo(whole.loss(), within(1e-12));
        assertThat(parts.gradient())
                .usingComparatorWithPrecision((float) (1e-5 * norm(whole.gradient())))
                .containsExactly(whole.gradient());
    }

    /// Where the policy is the reference every divergence is 0 and TDPO's loss is ln 2.
    @ParameterizedTest
    @ValueSource(strings = {"tdpo1", "tdpo2"})
    void atTheReferenceNothingDiverges(String name) {
        assertThat(step(policy, other(7), name, Map.of("beta", BETA), BATCH, adamW(false))
                        .loss())
                .isCloseTo(Math.log(2), within(1e-6));
    }

    /// WPO (2406.11827, eq. 2): each pair weighs w_w·w_l, `w = exp(mean_t (log π(y_t) − log Σ_v π(v)²))`, which
    /// carries no gradient. The sum over the vocabulary is formed here from every token's own log-probability.
    @Test
    void sampledAlignmentWeighsPairsByWhatIsLikely() {
        double[] weights = new double[BATCH];
        for (int i = 0; i < BATCH; i++) {
            weights[i] = Math.exp(aligned(pairs.get(i).prompt(), pairs.get(i).chosen())
                    + aligned(pairs.get(i).prompt(), pairs.get(i).rejected()));
        }
        Loss expected = (chosen, rejected) -> {
            double total = 0;
            for (int i = 0; i < BATCH; i++) {
                total += weights[i] * logistic(BETA * (logRatio(chosen[i]) - logRatio(rejected[i]))) / BATCH;
            }
            return total;
        };
        Step step = step("wpo", Map.of("beta", BETA, "wpo_alignment", "sampled"), 3, adamW(false));
        assertThat(step.loss()).isCloseTo(loss(expected), within(1e-5));
        requireGradient(step.gradient(), expected);
    }

    private double aligned(int[] prompt, int[] response) {
        double sum = 0;
        try (LogProbScorer scorer = new LogProbScorer(backend, policy, 40, 512, 1)) {
            for (int t = 0; t < response.length; t++) {
                int[] prefix = Arrays.copyOf(prompt, prompt.length + t);
                System.arraycopy(response, 0, prefix, prompt.length, t);
                List<Sequence> next = IntStream.range(0, TinyModels.VOCABULARY)
                        .mapToObj(token -> new Sequence(prefix, new int[] {token}))
                        .toList();
                float[][] logProbs = scorer.score(next);
                double collision = 0;
                for (float[] logProb : logProbs) {
                    collision += Math.exp(2 * logProb[0]);
                }
                sum += logProbs[response[t]][0] - Math.log(collision);
            }
        }
        return sum / response.length;
    }

    /// KTO (2402.01306) against z₀ = max(0, mean log-ratio of responses to other prompts), held. When policy and
    /// reference change places the mean changes its sign, so that z₀ is 0 in one of the two cases.
    @Test
    void mismatchedResponsesSetTheReferencePoint() {
        double one = referencePoint(policy, reference);
        double other = referencePoint(TinyModels.language(backend, 8), other(7));
        assertThat(Math.min(one, other)).isZero();
        assertThat(Math.max(one, other)).isGreaterThan(0.1);
    }

    /// z₀ of the batch, with which KTO's loss is what the learner says.
    private double referencePoint(Model trained, Model held) {
        // Pairs 1 and 2 share their prompt, and so do 4 and 5: the partner is then the pair before those.
        int[] partner = {6, 0, 0, 2, 3, 3, 5};
        double mean = 0;
        double[] chosen = new double[BATCH];
        double[] rejected = new double[BATCH];
        try (DivergenceScorer scorer = new DivergenceScorer(backend, trained, held, 40, 64, 1)) {
            for (int i = 0; i < BATCH; i++) {
                PreferencePair pair = pairs.get(i);
                PreferencePair other = pairs.get(partner[i]);
                DivergenceScorer.Scores[] scores = scorer.score(List.of(
                        pair.chosenSequence(),
                        pair.rejectedSequence(),
                        new Sequence(pair.prompt(), other.chosen()),
                        new Sequence(pair.prompt(), other.rejected())));
                chosen[i] = logRatio(scores[0]);
                rejected[i] = logRatio(scores[1]);
                mean += (logRatio(scores[2]) + logRatio(scores[3])) / (2 * BATCH);
            }
        }
        double z = Math.max(0, mean);
        double expected = 0;
        for (int i = 0; i < BATCH; i++) {
            expected += (1 - 1 / (1 + Math.exp(-BETA * (chosen[i] - z)))) / (2 * BATCH);
            expected += (1 - 1 / (1 + Math.exp(-BETA * (z - rejected[i])))) / (2 * BATCH);
        }
        Step step =
                step(trained, held, "kto", Map.of("beta", BETA, "reference_point", "mismatched"), BATCH, adamW(false));
        assertThat(step.loss()).isCloseTo(expected, within(1e-6));
        return z;
    }

    /// TRL turns the responses of a batch by one place.
    @Test
    void thePartnerIsThePairBefore() {
        List<PreferencePair> distinct = IntStream.range(0, 4)
                .mapToObj(i -> new PreferencePair(new int[] {i + 1}, new int[] {1}, new int[] {2}))
                .toList();
        assertThat(IntStream.range(0, 4).map(i -> MismatchedResponses.other(distinct, i)))
                .containsExactly(3, 0, 1, 2);
        assertThat(MismatchedResponses.other(List.of(distinct.get(1), distinct.get(1)), 0))
                .isZero();
    }
}
