package dev.daa.eval.study.config;

import static dev.daa.eval.study.TinyStudy.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import dev.daa.train.config.Assignment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StudyConfigTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "align.warmup | 5 | align.warmup is 5, expected at most the run's 4 steps",
                "sft.warmup | 31 | sft.warmup is 31, expected at most the run's 30 steps",
                "seeds | [1, 1] | seeds is [1, 1], expected at least one and no repetition",
                "sft.steps | 0 | sft.steps is 0, expected at least 1: reference reviews are drawn fresh, so epochs say"
                        + " nothing",
                "objectives | [{name: tr_dpo, betas: [1]}] | objective tr_dpo moves its reference every 512 steps,"
                        + " expected fewer than the run's 4, or it never trains against a moved one; set"
                        + " ref_model_sync_steps",
                "objectives | [{name: dpo, betas: [1], averaging: {decay: 1}}] | averaging.decay is 1.0, expected a"
                        + " number from 0 to below 1",
                "objectives | [{name: dpo, betas: [1, 1]}] | objective dpo has betas [1.0, 1.0], expected distinct"
                        + " numbers",
                "objectives | [{name: dpo, betas: [1], parameters: {beta: 2}}] | beta is 1.0 and parameters.beta is"
                        + " 2.0, expected one value; give only one of them",
                "objectives | [{name: my.Loss, betas: [1]}] | objective my.Loss: no such class in []; compile it"
                        + " against daa.jar and name its folder with --classpath, in a study by the objective's own"
                        + " classpath",
                "objectives | [{name: sft, betas: [1]}] | objectives, reinforcement and online are called [sft],"
                        + " expected none called sft, as other points are; give a label or a name",
                "online | {methods: [{name: dpo, method: {}, betas: [1]}], training: {steps: 1}} | objectives,"
                        + " reinforcement and online are called [dpo, dpo], expected no label twice; give a label or a"
                        + " name",
                "sizes | [{name: a/b, width: 16, layers: 1, heads: 2}] | size name is 'a/b', expected letters, digits,"
                        + " '_', '-' and '.', as it becomes part of folder names",
                "sizes | [{name: a, width: 16, layers: 1, heads: 3}] | width is 16, expected a multiple of heads 3",
                "objectives | [] | objectives is [], expected at least one, or best_of_n," + " reinforcement or online",
                "best_of_n | {samples: 8} | proxies is missing, expected the reward models that best_of_n,"
                        + " reinforcement and online use",
                "reinforcement | {algorithms: [{method: {}, kl_coefficients: [0], averaging: {runs: 2}, rounds: {count:"
                        + " 2}}], training: {steps: 2}} | reinforcement ppo-averaged has averaging and 2 rounds,"
                        + " expected 1: a renewed reward model learns from the policy that is trained",
                "proxies | {models: [{name: a, pairs: 33}], training: {batch: 8}} | proxy a has pairs 33, expected at"
                        + " most the 32 of preferences.pairs",
                "proxies | {models: [{name: a, lower_confidence: -1}], training: {batch: 8}} | proxy a has"
                        + " lower_confidence -1.0, expected 0 (none) or a number above",
                "proxies | {models: [{name: a, length_head: {correlation: 1}}], training: {batch: 2}} | batch is 2 with"
                        + " length_head.correlation 1.0, expected at least 3: scores of fewer responses always"
                        + " correlate with length",
                "gold_model | {comparisons: 1} | gold_model.comparisons is 1, expected at least 2",
                "preferences.flip | 1.5 | preferences.flip is 1.5, expected a share from 0 to 1",
                "preferences.temperature | 0 | preferences.temperature is 0.0, expected a number above 0",
                "evaluation.prompts | 1 | evaluation.prompts is 1, expected at least 2"
            })
    void whatCannotRunIsRefusedBeforeAnythingDoes(String key, String value, String message) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> config(new Assignment(key, value)))
                .withMessageEndingWith(": " + message);
    }

    /// Where an objective has no β, the grid's is for the metrics, as in `daa align`.
    @ParameterizedTest
    @CsvSource({"sft", "slic_hf"})
    void objectivesWithoutBetaHaveTheGridsForTheirMetrics(String name) {
        StudyConfig config = config(new Assignment("objectives", "[{name: " + name + ", label: own, betas: [0.1]}]"));
        assertThat(config.objectives().getFirst().objective(0.1).name()).isEqualTo(name);
    }

    /// Else a report could not tell averages of one objective's weights apart.
    @Test
    void anObjectiveSaysWhichWeightsAreMeasured() {
        StudyConfig config = config(new Assignment(
                "objectives", "[{name: dpo, betas: [0.1], averaging: {decay: 0, share: 0.5, runs: 2}}]"));
        assertThat(config.objectives().getFirst().inWords())
                .endsWith("; averaged weights: decay 0.0, share 0.5, runs 2");
    }
}
