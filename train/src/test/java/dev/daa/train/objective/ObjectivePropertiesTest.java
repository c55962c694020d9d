package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What must hold of every objective, and identities of some.
class ObjectivePropertiesTest {
    private static final double LN_2 = 0.6931471805599453;

    /// Every row with its defaults, and every choice and a few values that change the form of the loss.
    static Stream<Objective> objectives() {
        Stream<Objective> defaults = Objectives.all().stream().map(row -> row.create(Map.of()));
        Stream<Objective> choices = Objectives.all().stream()
                .flatMap(row -> row.parameters().stream().flatMap(parameter -> switch (parameter) {
                    case ObjectiveParameter.Choice choice ->
                        choice.options().stream().skip(1).map(option -> row.create(Map.of(choice.key(), option)));
                    case ObjectiveParameter.Flag flag -> Stream.of(row.create(Map.of(flag.key(), !flag.initial())));
                    case ObjectiveParameter.Real real ->
                        real.key().equals("nll_coefficient")
                                        || real.key().equals("length_penalty")
                                        || real.key().equals("label_smoothing")
                                ? Stream.of(row.create(Map.of(real.key(), 0.25)))
                                : Stream.empty();
                }));
        return Stream.concat(defaults, choices);
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void derivativesAreThoseOfTheLoss(Objective objective) {
        assertThat(DerivativeCheck.failures(objective, DerivativeCheck.typicalBatch()))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void extremeLogProbsGiveFiniteLosses(Objective objective) {
        double[] extremes = {-1e3, 1e3, 0, -1e3, 1e3, -1e-12, 13};
        for (double policy : new double[] {-1e3, 0, 1e3}) {
            double[] chosen = extremes.clone();
            double[] rejected = new double[chosen.length];
            Arrays.fill(rejected, policy);
            double[] reference = {0, -1e3, 1e3, 0, 0, 5, -1e3};
            PairBatch batch = complete(chosen, rejected, reference, reference.clone());
            PairLoss out = evaluated(objective, batch);
            for (double[] values : List.of(out.loss(), out.dChosen(), out.dRejected(), out.dChosenToken())) {
                for (double value : values) {
                    assertThat(value).isFinite();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void emptyBatchesGiveNothing(Objective objective) {
        PairBatch empty = complete(new double[0], new double[0], new double[0], new double[0]);
        double[] state = objective.initialState();
        PairLoss out = new PairLoss();
        objective.loss(empty, state, out);
        assertThat(out.count()).isZero();
        assertThat(out.mean()).isZero();
        assertThat(state).containsExactly(objective.initialState());
    }

    /// Arrays longer than the batch, as a trainer's last batch has them, change nothing.
    @ParameterizedTest
    @MethodSource("objectives")
    void onlyTheFirstEntriesCount(Objective objective) {
        PairBatch batch = DerivativeCheck.typicalBatch();
        PairBatch longer = new PairBatch(padded(batch.chosen()), padded(batch.rejected()));
        PairLoss expected = evaluated(objective, batch);
        PairLoss found = evaluated(objective, longer);
        assertThat(found.count()).isEqualTo(expected.count());
        assertThat(Arrays.copyOf(found.loss(), found.count()))
                .containsExactly(Arrays.copyOf(expected.loss(), expected.count()));
        assertThat(Arrays.copyOf(found.dChosen(), 7)).containsExactly(Arrays.copyOf(expected.dChosen(), 7));
    }

    /// A result object that served a larger batch before gives the same numbers.
    @ParameterizedTest
    @MethodSource("objectives")
    void reusedResultsAreClean(Objective objective) {
        PairBatch batch = DerivativeCheck.typicalBatch();
        PairLoss reused = new PairLoss();
        double[] many = new Random(1).doubles(33, -20, -1).toArray();
        objective.loss(complete(many, many.clone(), many.clone(), many.clone()), objective.initialState(), reused);
        objective.loss(batch, objective.initialState(), reused);
        PairLoss fresh = evaluated(objective, batch);
        assertThat(reused.mean()).isEqualTo(fresh.mean());
        assertThat(Arrays.copyOf(reused.dRejected(), 7)).containsExactly(Arrays.copyOf(fresh.dRejected(), 7));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dpo",
                "cdpo",
                "robust",
                "sigmoid_norm",
                "f_dpo",
                "chi_po",
                "dpop",
                "beta_dpo",
                "ld_dpo",
                "aot",
                "aot_unpaired",
                "tr_dpo",
                "is_daa",
                "iterative_rpo",
                "discopop"
            })
    void lossIsLogTwoWherePolicyIsReference(String name) {
        double[] chosen = {-3, -70, -11.5};
        double[] rejected = {-9, -2, -33};
        Map<String, Object> parameters = new HashMap<>();
        if (name.equals("iterative_rpo")) {
            parameters.put("nll_coefficient", 0);
        }
        PairLoss out = evaluated(
                Objectives.create(name, parameters), complete(chosen, rejected, chosen.clone(), rejected.clone()));
        // DiscoPOP: half logistic, half exponential at h = 0; β-DPO: pairs dropped, the mean is over the kept ones
        double expected = name.equals("discopop") ? (LN_2 + 1) / 2 : LN_2;
        assertThat(out.mean()).isCloseTo(expected, within(1e-15));
    }

    @Test
    void halfSmoothedLossIsSymmetric() {
        MarginLoss.Smoothed half = new MarginLoss.Smoothed(0.5);
        for (double x : new double[] {0, 1e-9, 0.3, 7, 33, 257}) {
            assertThat(half.value(x)).isCloseTo(half.value(-x), within(1e-13));
            assertThat(half.derivative(x)).isCloseTo(-half.derivative(-x), within(1e-15));
        }
        assertThat(half.derivative(0)).isZero();
    }

    @Test
    void limitsOfTheLogisticLoss() {
        MarginLoss.Logistic logistic = new MarginLoss.Logistic();
        assertThat(logistic.value(-1e3)).isEqualTo(1e3);
        assertThat(logistic.derivative(-1e3)).isEqualTo(-1);
        assertThat(logistic.value(40)).isCloseTo(Math.exp(-40), within(1e-30));
        assertThat(logistic.value(1e3)).isZero();
        assertThat(new MarginLoss.Robust(0).value(0.7)).isEqualTo(logistic.value(0.7));
        assertThat(new MarginLoss.Smoothed(0).value(0.7)).isEqualTo(logistic.value(0.7));
    }

    @Test
    void minimaAreWhereThePapersSay() {
        // IPO: h* = 1/(2τ) and, unified, h* = 1/β; NCA: βρ_w = ln 2; EXO: σ(x) = 1 − ε
        assertThat(MarginLoss.Squared.tauForm(0.2).derivative(0.2 * 2.5)).isZero();
        assertThat(MarginLoss.Squared.unifiedForm().derivative(0.1 * 10)).isZero();
        assertThat(new PairwiseLoss.NoiseContrastive(0.3).dChosen(LN_2 / 0.3, 5))
                .isCloseTo(0, within(1e-15));
        assertThat(new MarginLoss.ExactReverseKl(0.2).derivative(Math.log(4))).isCloseTo(0, within(1e-15));
        assertThat(new MarginLoss.ExactReverseKl(0.2).value(Math.log(4))).isCloseTo(0, within(1e-15));
    }

    /// χPO's z + log z is DPO's log z when ratios are tiny; f-DPO's reverse KL and LD-DPO's α = 1 are DPO.
    @Test
    void specialCasesAreDpo() {
        PairBatch batch = DerivativeCheck.typicalBatch();
        double[] dpo = losses(Objectives.create("dpo", Map.of()), batch);
        assertThat(losses(Objectives.create("f_dpo", Map.of("f_divergence_type", "reverse_kl")), batch))
                .containsExactly(dpo, within(1e-12));
        assertThat(losses(Objectives.create("ld_dpo", Map.of("ld_alpha", 1)), batch))
                .containsExactly(dpo, within(1e-12));
        assertThat(losses(Objectives.create("tdpo2", Map.of("tdpo_alpha", 0)), batch))
                .containsExactly(dpo, within(1e-12));
        assertThat(losses(Objectives.create("dpop", Map.of("dpop_lambda", 0, "beta", 0.1)), batch))
                .containsExactly(dpo, within(1e-12));
        assertThat(losses(Objectives.create("mpo", Map.of("dpo_weight", 1, "bco_weight", 0, "sft_weight", 0)), batch))
                .containsExactly(dpo, within(1e-12));
        assertThat(losses(Objectives.create("beta_dpo", Map.of("beta_slope", 0, "beta_drop", 0)), batch))
                .containsExactly(dpo, within(1e-12));
        double[] simpo = losses(Objectives.create("simpo", Map.of()), batch);
        assertThat(losses(Objectives.create("alphapo", Map.of("alpha", 1e-9)), batch))
                .containsExactly(simpo, within(1e-6));
        PairLoss chi = evaluated(
                Objectives.create("chi_po", Map.of("beta", 0.1, "maximum_reward", 50)),
                complete(new double[] {-40}, new double[] {-47}, new double[1], new double[1]));
        assertThat(chi.loss()[0]).isCloseTo(new MarginLoss.Logistic().value(0.7), within(1e-12));
    }

    static PairLoss evaluated(Objective objective, PairBatch batch) {
        PairLoss out = new PairLoss();
        objective.loss(batch, objective.initialState(), out);
        return out;
    }

    static double[] losses(Objective objective, PairBatch batch) {
        PairLoss out = evaluated(objective, batch);
        return Arrays.copyOf(out.loss(), out.count());
    }

    /// A batch with everything: each response has two tokens, the first of them with half the log-prob.
    static PairBatch complete(
            double[] policyChosen, double[] policyRejected, double[] referenceChosen, double[] referenceRejected) {
        return new PairBatch(
                completeSide(policyChosen, referenceChosen), completeSide(policyRejected, referenceRejected));
    }

    private static Responses completeSide(double[] policy, double[] reference) {
        int n = policy.length;
        int[] start = new int[n + 1];
        int[] length = new int[n];
        double[] policyToken = new double[2 * n];
        double[] referenceToken = new double[2 * n];
        for (int i = 0; i < n; i++) {
            length[i] = 2;
            start[i + 1] = start[i] + 2;
            for (int token = start[i]; token < start[i + 1]; token++) {
                policyToken[token] = policy[i] / 2;
                referenceToken[token] = reference[i] / 2;
            }
        }
        return Responses.of(policy, reference, length)
                .withTokens(new Tokens(start, policyToken, referenceToken, new double[2 * n]))
                .withForwardKl(new double[n])
                .withMismatchedLogRatio(new double[n]);
    }

    private static Responses padded(Responses responses) {
        int n = responses.count();
        return new Responses(
                n,
                Arrays.copyOf(responses.policy(), n + 6),
                Arrays.copyOf(responses.reference(), n + 6),
                Arrays.copyOf(responses.length(), n + 6),
                responses.tokens(),
                Arrays.copyOf(responses.forwardKl(), n + 6),
                Arrays.copyOf(responses.mismatchedLogRatio(), n + 6));
    }
}
