package dev.daa.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.transformer.Model;
import dev.daa.train.TinyModels;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.Feedback;
import dev.daa.train.data.LabelledResponse;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Alignment on responses that were judged one by one.
class LabelledResponsesTest {
    /// With an ε this large, updates are smooth in the gradients, and rounding stays rounding.
    private static final Optimizer SMOOTH = new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1, 0.01, 1, false);

    private final Backend backend = Backend.open("cpu", 2);
    private final List<PreferencePair> pairs = TinyModels.pairs(13, 5);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        backend.close();
    }

    private AlignLearner learner(
            String objective, Map<String, Object> parameters, List<? extends Feedback> rows, long referenceSeed) {
        ReferenceLogProbs reference;
        try (LogProbScorer scorer =
                new LogProbScorer(backend, TinyModels.language(backend, referenceSeed), 40, 64, 1)) {
            reference = ReferenceLogProbs.of(rows, scorer::score);
        }
        Model model = TinyModels.language(backend, 7);
        return new AlignLearner(
                backend,
                model,
                rows,
                new EpochOrder(rows.size(), new Seeds(3)),
                AlignReference.of(reference),
                Objectives.create(objective, parameters),
                0.3,
                new Batching(rows.size(), rows.size(), SMOOTH),
                BatchCapacity.ofPairs(rows, rows.size()));
    }

    private List<Feedback> apart() {
        List<Feedback> rows = new ArrayList<>();
        pairs.forEach(pair -> rows.add(new LabelledResponse(pair.prompt(), pair.chosen(), true)));
        pairs.forEach(pair -> rows.add(new LabelledResponse(pair.prompt(), pair.rejected(), false)));
        return rows;
    }

    /// A unary objective does not see which responses belong together: the same responses in pairs and one by one
    /// are the same batch.
    @ParameterizedTest
    @ValueSource(strings = {"kto", "bco"})
    void onePairIsTwoLabelledResponses(String objective) {
        Map<String, Object> parameters =
                objective.equals("kto") ? Map.of("beta", 0.3, "reference_point", "matched") : Map.of("beta", 0.3);
        try (AlignLearner together = learner(objective, parameters, pairs, 8);
                AlignLearner one = learner(objective, parameters, apart(), 8)) {
            for (int step = 1; step <= 3; step++) {
                Metrics expected = together.step(step, 0.1f);
                Metrics found = one.step(step, 0.1f);
                for (String key : List.of(
                        "loss", "grad_norm", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen")) {
                    assertThat(found.value(key).orElseThrow())
                            .as("%s of step %d", key, step)
                            .isCloseTo(expected.value(key).orElseThrow(), within(1e-5));
                }
                assertThat(found.value("rewards/accuracies")).isEmpty();
            }
            assertThat(one.model().flatWeights())
                    .usingComparatorWithPrecision(2e-6f)
                    .containsExactly(together.model().flatWeights());
        }
    }

    /// At policy = reference z₀ is 0 and every response costs half its weight; BCO's cost ln 2 each.
    @Test
    void theFirstLossIsKnown() {
        List<Feedback> rows = apart().subList(0, 17); // 13 desirable, 4 undesirable
        Map<String, Object> weights =
                Map.of("desirable_weight", 0.7, "undesirable_weight", 1.9, "reference_point", "matched");
        try (AlignLearner kto = learner("kto", weights, rows, 7);
                AlignLearner bco = learner("bco", Map.of(), rows, 7)) {
            assertThat(kto.step(1, 1e-3f).value("loss").orElseThrow())
                    .isCloseTo((13 * 0.7 + 4 * 1.9) / 2 / 17, within(1e-7));
            assertThat(bco.step(1, 1e-3f).value("loss").orElseThrow()).isCloseTo(Math.log(2), within(1e-7));
        }
    }

    @Test
    void oneSideAloneTrainsToo() {
        for (boolean desirable : new boolean[] {true, false}) {
            List<Feedback> rows = apart().subList(desirable ? 0 : 13, desirable ? 13 : 26);
            String side = desirable ? "chosen" : "rejected";
            try (AlignLearner learner = learner("kto", Map.of("reference_point", "zero"), rows, 7)) {
                double last = 0;
                for (int step = 1; step <= 5; step++) {
                    Metrics metrics = learner.step(step, 0.5f);
                    last = metrics.value("logratios/" + side).orElseThrow();
                    assertThat(metrics.value("rewards/" + (desirable ? "rejected" : "chosen")))
                            .isEmpty();
                }
                assertThat(last).isCloseTo(0, within(5.0));
                assertThat(desirable ? last : -last).isGreaterThan(1e-3);
            }
        }
    }

    private Path write(String... rows) throws IOException {
        return Files.write(folder.resolve("data.jsonl"), List.of(rows));
    }

    @Test
    void labelledRowsAreReadAsTheyAre() throws IOException {
        DataReader reader = DataReader.ofIds(TinyModels.VOCABULARY);
        Path data = write(
                "{\"prompt_ids\":[1],\"completion_ids\":[4,5],\"completion\":\"\",\"label\":true}",
                "{\"prompt_ids\":[2],\"completion_ids\":[6],\"completion\":\"\",\"label\":0}");
        List<Feedback> rows = reader.feedback(data);
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).chosen()).containsExactly(4, 5);
        assertThat(rows.get(0).rejected()).isNull();
        assertThat(rows.get(1).chosen()).isNull();
        assertThat(rows.get(1).rejected()).containsExactly(6);
        Path mixed = write(
                "{\"prompt_ids\":[1],\"completion_ids\":[4,5],\"completion\":\"\",\"label\":true}",
                "{\"prompt_ids\":[2],\"chosen_ids\":[6],\"rejected_ids\":[7]}");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> reader.feedback(mixed))
                .withMessage(mixed + ": found 1 responses judged alone and 1 pairs, expected one of both;"
                        + " make two files of them");
    }

    /// No response of HelpSteer's form needs a partner either: the threshold decides, and there is no guess at one.
    @Test
    void ratedRowsAreDesirableFromAThresholdOn() throws IOException {
        Path data = write(
                "{\"prompt_ids\":[1],\"response_ids\":[4,5],\"response\":\"\",\"helpfulness\":4,\"verbosity\":0}",
                "{\"prompt_ids\":[1],\"response_ids\":[5],\"response\":\"\",\"helpfulness\":3,\"verbosity\":1}",
                "{\"prompt_ids\":[2],\"response_ids\":[6],\"response\":\"\",\"helpfulness\":2.9,\"verbosity\":2}");
        DataReader reader = DataReader.ofIds(TinyModels.VOCABULARY);
        RowConfig helpful = new RowConfig(0, 0, RowConfig.TooLong.DROP, "helpfulness", 3.0);
        assertThat(reader.forTraining(helpful).feedback(data))
                .extracting(row -> ((LabelledResponse) row).desirable())
                .containsExactly(true, true, false);
        RowConfig wordy = new RowConfig(0, 0, RowConfig.TooLong.DROP, "verbosity", 1.0);
        assertThat(reader.forTraining(wordy).feedback(data))
                .extracting(row -> ((LabelledResponse) row).desirable())
                .containsExactly(false, true, true);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> reader.forTraining(RowConfig.DEFAULT).feedback(data))
                .withMessage(data + ":1: found a rated response, and the objective asks whether it is desirable,"
                        + " expected the helpfulness from which on one is; set --desirable-rating");
    }

    /// A run on rows of which none has a partner: a pairwise objective has nothing to learn from, KTO has all of
    /// it.
    @Test
    void aRunNeedsNoPartners() throws IOException {
        Path model = TinyModels.writeLanguage(folder.resolve("model"), 7);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            lines.add("{\"prompt_ids\":[" + (i + 1) + ",2],\"completion_ids\":[" + (20 + i)
                    + ",3,0],\"completion\":\"\"," + "\"label\":" + (i % 3 != 0) + "}");
        }
        Path data = write(lines.toArray(String[]::new));
        Path out = folder.resolve("kto");
        try (Interrupt interrupt = new Interrupt()) {
            AlignRun.run(config(model, data, out, "kto"), (_, _) -> _ -> {}, interrupt);
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> AlignRun.run(
                            config(model, data, folder.resolve("dpo"), "dpo"), (_, _) -> _ -> {}, interrupt))
                    .withMessageContaining("no better or worse response to the same prompt");
        }
        List<JsonNode> rows = Files.readAllLines(out.resolve("metrics.jsonl")).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
        assertThat(rows).hasSize(6); // two epochs of three batches of four
        assertThat(rows.getFirst().get("loss").asDouble()).isCloseTo(0.5, within(1e-7));
        assertThat(rows.getLast().get("loss").asDouble()).isLessThan(0.5);
    }

    private static AlignConfig config(Path model, Path data, Path out, String objective) {
        return Configs.read(
                AlignConfig.class,
                null,
                Arrays.asList(
                        new Assignment("model", model.toString()),
                        new Assignment("data", data.toString()),
                        new Assignment("out", out.toString()),
                        new Assignment("objective", objective),
                        new Assignment("training.batch", "4"),
                        new Assignment("training.epochs", "2"),
                        new Assignment("lr", "3e-3"),
                        new Assignment("kl_prompts", "3"),
                        new Assignment("placement.threads", "1")));
    }
}
