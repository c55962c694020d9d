package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Single values worked out by hand from the papers' formulas, and states that outlive a batch.
class PublishedLossValuesTest {
    /// h = 7, β = .1, so x = .7.
    @ParameterizedTest
    @CsvSource({
        "dpo,,,.403186",
        "ipo,ipo_form,tau,4.0",
        "ipo,ipo_form,unified,.09",
        "hinge,,,.3",
        "cdpo,,,.473186",
        "robust,,,.315686",
        "gpo_exponential,,,.496585",
        "gpo_truncated_quadratic,,,.09",
        "gpo_savage,,,.110099",
    })
    void marginOfSevenNats(String name, String key, String value, double expected) {
        Map<String, Object> parameters = key == null ? Map.of() : Map.of(key, value);
        assertThat(one(Objectives.create(name, parameters), 2, -5)).isCloseTo(expected, within(5e-7));
    }

    @Test
    void penaltyOnAFallingChosen() {
        Objective smaug = Objectives.create("dpop", Map.of("beta", .1, "dpop_lambda", 5));
        assertThat(one(smaug, -3, -10)).isCloseTo(1.171101, within(5e-7));
    }

    @Test
    void chiSquaredClip() {
        Objective chi = Objectives.create("chi_po", Map.of("beta", .1, "maximum_reward", 1));
        assertThat(one(chi, 2, -5)).isCloseTo(.212970, within(5e-7));
        // beyond the clip at 2 the loss is −log σ(2) and carries no gradient
        PairLoss clipped = ObjectivePropertiesTest.evaluated(
                chi,
                ObjectivePropertiesTest.complete(new double[] {9}, new double[] {-5}, new double[1], new double[1]));
        assertThat(clipped.loss()[0]).isCloseTo(Math.log1p(Math.exp(-2)), within(1e-15));
        assertThat(clipped.dChosen()[0]).isZero();
    }

    @Test
    void oddsRatio() {
        PairBatch batch = PairBatch.of(
                new double[] {-.5 * 7}, new double[] {-13}, new double[0], new double[0], new int[] {7}, new int[] {13
                });
        PairLoss out = ObjectivePropertiesTest.evaluated(Objectives.create("orpo", Map.of("beta", 1)), batch);
        assertThat(out.loss()[0]).isCloseTo(.5 + .320300, within(1e-6)); // NLL + L_OR
    }

    @Test
    void prospectTheoryWithAKnownReferencePoint() {
        Objective kto = Objectives.create("kto", Map.of("reference_point", "matched"));
        PairBatch batch =
                PairBatch.of(new double[] {2}, new double[] {-3}, new double[1], new double[1], new int[0], new int[0]);
        PairLoss out = new PairLoss();
        kto.evaluate(batch, new double[] {0.5}, out);
        assertThat(out.loss()[0]).isCloseTo(.463, within(5e-4));
        assertThat(out.loss()[1]).isCloseTo(.413, within(5e-4));
        assertThat(kto.constants(batch, new double[0])).containsExactly(0); // mean ρ is −½, never below 0
    }

    /// By default z₀ is the paper's, of other prompts' responses: what the batch itself has learned does not move
    /// it, so desirable responses alone saturate.
    @Test
    void prospectTheorySaturates() {
        for (double learned : new double[] {5, 500}) {
            Responses desirable = Responses.of(new double[] {learned, learned}, new double[2], new int[0])
                    .withMismatchedLogRatio(new double[] {0.3, -0.1});
            Responses none = Responses.of(new double[0], new double[0], new int[0]);
            PairLoss out = ObjectivePropertiesTest.evaluated(
                    Objectives.create("kto", Map.of()), new PairBatch(desirable, none));
            assertThat(out.loss()[0]).isCloseTo(1 / (1 + Math.exp(0.1 * (learned - 0.1))), within(1e-12));
        }
    }

    @Test
    void unarySidesMayDiffer() {
        Responses desirable = Responses.of(new double[] {1, 2, 3}, new double[3], new int[0]);
        Responses undesirable = Responses.of(new double[] {-1}, new double[1], new int[0]);
        for (Objective objective : List.of(
                Objectives.create("kto", Map.of("reference_point", "matched")), Objectives.create("bco", Map.of()))) {
            assertThat(ObjectivePropertiesTest.evaluated(objective, new PairBatch(desirable, undesirable))
                            .count())
                    .isEqualTo(4);
            Responses none = Responses.of(new double[0], new double[0], new int[0]);
            assertThat(ObjectivePropertiesTest.evaluated(objective, new PairBatch(none, undesirable))
                            .count())
                    .isEqualTo(1);
        }
    }

    /// δ after two batches is the mean of all eight rewards, whether or not the state was saved in between.
    @Test
    void rewardShiftIsTheRunningMean() {
        Objective bco = Objectives.create("bco_pair", Map.of("beta", 1));
        PairBatch first = pairs(new double[] {1, 2}, new double[] {3, 5});
        PairBatch second = pairs(new double[] {-4, 7}, new double[] {0, 11});
        double[] state = bco.initialState();
        assertThat(bco.constants(first, state)[0]).isCloseTo(11 / 4.0, within(1e-15));
        double[] saved = state.clone();
        assertThat(bco.constants(second, state)[0]).isCloseTo(25 / 8.0, within(1e-15));
        assertThat(bco.constants(second, saved)[0]).isCloseTo(25 / 8.0, within(1e-15));
        assertThat(state).containsExactly(8, 25 / 8.0);
    }

    /// Margins 0, 1, 10, −2, 3 with drop .4: M = .1·2.4 = .24, the two furthest (10 and 3) go, β = .1(1 + .6(−⅓ −
    /// .24)).
    @Test
    void dynamicBeta() {
        Objective objective = Objectives.create("beta_dpo", Map.of("beta_drop", .4));
        PairBatch batch = pairs(new double[] {0, 1, 10, -2, 3}, new double[5]);
        double[] state = objective.initialState();
        double[] constants = objective.constants(batch, state);
        assertThat(state[0]).isCloseTo(.24, within(1e-15));
        assertThat(constants[0]).isCloseTo(.1 * (1 + .6 * (-1 / 3.0 - .24)), within(1e-15));
        assertThat(Arrays.copyOfRange(constants, 1, 6)).containsExactly(5 / 3.0, 5 / 3.0, 0, 5 / 3.0, 0);
        // the second batch starts from M = .24
        objective.constants(batch, state);
        assertThat(state[0]).isCloseTo(.9 * .24 + .24, within(1e-15));
    }

    /// Sorting over the batch ignores who was paired with whom, and with one pair it is DPO.
    @Test
    void optimalTransportIgnoresPairing() {
        Objective aot = Objectives.create("aot_unpaired", Map.of());
        double mean = mean(aot, pairs(new double[] {1, 5, -2}, new double[] {0, 3, -7}));
        assertThat(mean(aot, pairs(new double[] {5, -2, 1}, new double[] {0, 3, -7})))
                .isCloseTo(mean, within(1e-15));
        assertThat(mean(aot, pairs(new double[] {5}, new double[] {2})))
                .isEqualTo(
                        mean(Objectives.create("dpo", Map.of("beta", .01)), pairs(new double[] {5}, new double[] {2})));
    }

    @Test
    void movingReferenceIsDeclared() {
        assertThat(Objectives.create("tr_dpo", Map.of("ref_model_sync_steps", 64))
                        .referenceUpdate())
                .contains(new ReferenceUpdate(0.6, 64));
        assertThat(Objectives.create("dpo", Map.of()).referenceUpdate()).isEmpty();
    }

    /// Tokens beyond the shorter response get α of the derivative, shared ones all of it.
    @Test
    void excessTokensCountLess() {
        Objective objective = Objectives.create("ld_dpo", Map.of("ld_alpha", .25));
        PairBatch batch = DerivativeCheck.typicalBatch();
        PairLoss out = ObjectivePropertiesTest.evaluated(objective, batch);
        Tokens chosen = batch.chosen().tokens();
        Tokens rejected = batch.rejected().tokens();
        for (int pair = 0; pair < 7; pair++) {
            int shared = Math.min(chosen.length(pair), rejected.length(pair));
            double full = out.dChosen()[pair] / .25;
            for (int token = 0; token < chosen.length(pair); token++) {
                double found = out.dChosen()[pair] + out.dChosenToken()[chosen.start()[pair] + token];
                assertThat(found).isCloseTo(token < shared ? full : .25 * full, within(1e-15));
            }
        }
    }

    private static PairBatch pairs(double[] chosen, double[] rejected) {
        return PairBatch.of(
                chosen, rejected, new double[chosen.length], new double[rejected.length], new int[0], new int[0]);
    }

    private static double mean(Objective objective, PairBatch batch) {
        return ObjectivePropertiesTest.evaluated(objective, batch).mean();
    }

    private static double one(Objective objective, double chosen, double rejected) {
        return mean(objective, pairs(new double[] {chosen}, new double[] {rejected}));
    }
}
