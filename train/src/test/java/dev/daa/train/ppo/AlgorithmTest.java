package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.train.config.Configs;
import dev.daa.train.rollout.RewardShaping;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Names for settings: what they decide, what can be set beside them, and what a saved config says of them.
class AlgorithmTest {
    private static PolicyGradient read(String settings) {
        return Configs.read(PolicyGradient.class, "test", settings, List.of());
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void aSavedConfigReadsTheSame(Algorithm algorithm) {
        PolicyGradient settings = read("{algorithm: " + algorithm.key() + "}");
        assertThat(read(Configs.toYaml(settings))).isEqualTo(settings);
        assertThat(settings.algorithm()).isEqualTo(algorithm);
        assertThat(settings.name()).isEqualTo(algorithm.key());
    }

    /// Studies skip finished cells by their configs: those of before must say the same, key by key.
    @ParameterizedTest
    @CsvSource({"ppo", "rloo", "grpo", "reinforce"})
    void configsOfBeforeStayAsTheyWere(String name) {
        assertThat(Configs.toYaml(read("{algorithm: " + name + "}"))).isEqualTo("""
            algorithm: %s
            samples: 0
            passes: 0
            mini_batches: 1
            kl_coefficient: 0.05
            kl_target: 0.0
            kl_horizon: 10000.0
            clip_range: 0.2
            dual_clip: 0.0
            target_approx_kl: 0.0
            gae_lambda: 0.95
            discount: 1.0
            whiten_rewards: false
            value_clip: 0.2
            value_rate: 1.0
            value_warmup: 0
            missing_eos_score: -1.0
            score_clip: 0.0
            unit_variance: false
            entropy_coefficient: 0.0
            ptx_coefficient: 0.0
            temperature: 1.0
            """.formatted(name));
    }

    /// An algorithm is a name for its settings: another with all of them is the same.
    @Test
    void anAlgorithmIsItsSettings() {
        PolicyGradient dapo = read("{algorithm: dapo}");
        PolicyGradient spelled = read(
                "{algorithm: ppo, samples: 16, passes: 1, advantage: standardized, kl_penalty: loss, kl_coefficient: 0,"
                        + " clip_high: 0.28, drop_equal: true, refill_rounds: 9, overlong_share: 0.2}");
        assertThat(spelled.recipe()).isEqualTo(dapo.recipe());
        assertThat(spelled.loss(0)).isEqualTo(dapo.loss(0));
        assertThat(spelled.samplesPerPrompt()).isEqualTo(dapo.samplesPerPrompt());
        assertThat(spelled.usesValues()).isFalse();
        assertThat(read("{algorithm: grpo, clip_range: 0.1}").loss(0).bounds())
                .isEqualTo(new Weighting.Bounds(0.1, 0.1, 0));
        assertThat(read("{algorithm: gspo}").klCoefficient()).isZero();
        assertThat(read("{algorithm: gspo}").withKlCoefficient(0.3).loss(0.3).klCoefficient())
                .isEqualTo(0.3);
    }

    @Test
    void aShapedRewardsConfigReadsTheSame() {
        PolicyGradient settings = read("{shaping: {transform: log-cdf, reference_samples: 3}}");
        assertThat(read(Configs.toYaml(settings))).isEqualTo(settings);
        assertThat(settings.withKlCoefficient(1).shaping())
                .isEqualTo(new RewardShaping(RewardShaping.Transform.LOG_CDF, 3, 0.85, 10));
    }

    @Test
    void aReferenceThatMovesStartsAsTheModel() {
        String config = "{model: m, reward: [r], data: d, out: o, reference: x, method: {reference_mix: 0.1}}";
        assertThatThrownBy(() -> Configs.read(PpoConfig.class, "test", config, List.of()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("reference is x with reference_mix 0.1, expected none: what moves starts as the"
                        + " model itself");
    }

    /// Bounds written out where nothing asks for them: by a saved config, of reinforce whatever they were.
    @Test
    void boundsOfASavedConfigAreRead() {
        assertThat(read("{algorithm: vespo, clip_range: 0.2}").clipRange()).isEqualTo(0.2);
        assertThat(read("{algorithm: reinforce, clip_range: 0.3}").clipRange()).isEqualTo(0.3);
    }

    /// Where no prompt is left out, none is sampled in its place.
    @Test
    void refillsGoWithLeavingOut() {
        assertThat(read("{algorithm: dapo}").recipe().refillRounds()).isEqualTo(9);
        assertThat(read("{algorithm: dapo, drop_equal: false}").recipe().refillRounds())
                .isZero();
        assertThat(read("{algorithm: grpo, drop_equal: true, refill_rounds: 2}")
                        .recipe()
                        .refillRounds())
                .isEqualTo(2);
    }

    /// DAPO: nothing up to 16 of 20 tokens, 1 at 20.
    @Test
    void longResponsesLoseUpToOne() {
        Recipe recipe = read("{algorithm: dapo}").recipe();
        assertThat(recipe.overlong(16, 20)).isZero();
        assertThat(recipe.overlong(17, 20)).isCloseTo(0.25, within(1e-12));
        assertThat(recipe.overlong(20, 20)).isEqualTo(1);
        assertThat(read("{algorithm: grpo}").recipe().overlong(20, 20)).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ratio: response} | ratio is response with advantage gae, expected token",
                "{algorithm: reinforce_plus_plus, ratio: response-mean} | with advantage returns, expected token",
                "{algorithm: gmpo, ratio: token} | ratio is token with weighting gmpo, expected response-mean",
                "{algorithm: rloo, weighting: none} | ratio is response with weighting none, which has no ratio",
                "{algorithm: sapo, clip_high: 0.3} | clip_high is 0.3 with weighting sapo, which has no bounds",
                "{algorithm: cispo, dual_clip: 3} | dual_clip is 3.0 with weighting cispo, expected 0 or weighting"
                        + " clip",
                "{algorithm: reinforce, drop_equal: true} | drop_equal is true with advantage batch-leave-one-out",
                "{algorithm: sapo, clip_range: 0.3} | clip_range is 0.3 with weighting sapo, which has no bounds",
                "{algorithm: gspo, weighting: vespo, clip_range: 0.2} | clip_range is 0.2 with weighting vespo",
                "{algorithm: grpo, refill_rounds: 2} | refill_rounds is 2, expected 0, as drop_equal is false",
                "{algorithm: dapo, refill_rounds: -1} | refill_rounds is -1, expected at least 0",
                "{algorithm: remax, ratio: response, weighting: clip} | with advantage greedy, expected token",
                "{algorithm: dapo, clip_high: 0} | clip_high is 0.0, expected a finite number above 0",
                "{algorithm: dapo, overlong_share: 2} | overlong_share is 2.0, expected 0 to 1",
                "{algorithm: ppo, advantage: centred} | samples is 0, expected 0 (the algorithm's) or at least 2",
                "{algorithm: grpo, weighting: none, passes: 2} | passes is 2, expected 0 or 1, as grpo has no ratio",
                "{shaping: {transform: par, reference_samples: 0}} | reference_samples is 0, expected at least 1",
                "{shaping: {transform: lsc, quantile: 1.1}} | quantile is 1.1, expected 0 to 1",
                "{shaping: {transform: exp-cdf, tilt: .inf}} | tilt is Infinity, expected -40 to 40",
                "{shaping: {transform: exp-cdf, tilt: -41}} | tilt is -41.0, expected -40 to 40: a response earns",
                "{shaping: {quantile: 0.5}} | missing key shaping.transform",
                "{reference_mix: 0} | reference_mix is 0.0, expected more than 0, at most 1",
                "{algorithm: dr-grpo} | dr_grpo"
            })
    void whatDoesNotGoTogetherIsRefused(String settings, String message) {
        assertThatThrownBy(() -> read(settings))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
