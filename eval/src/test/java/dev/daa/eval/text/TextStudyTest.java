package dev.daa.eval.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.curve.BestOfN;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.tokenizer.BytePairTokenizer;
import dev.daa.model.tokenizer.BytePairTrainer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.online.OnlineConfig;
import dev.daa.train.online.OnlineRun;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The whole path on a language of a few words: people like the word "good" in an answer.
final class TextStudyTest {
    private static final List<String> WORDS = List.of("good", "bad", "cat", "dog", "sun", "sea");

    private final List<Integer> missing = new ArrayList<>();

    @TempDir
    Path folder;

    private static String words(SplittableRandom random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(' ').append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }

    private static long liked(String text) {
        return text.split("good", -1).length;
    }

    private Path dialogues(int count) throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        List<String> lines = new ArrayList<>();
        while (lines.size() < count) {
            String prompt = "\\n\\nHuman:" + words(random, 3) + "\\n\\nAssistant:";
            String first = words(random, 4);
            String second = words(random, 4);
            if (liked(first) != liked(second)) {
                boolean better = liked(first) > liked(second);
                lines.add("{\"chosen\":\"" + prompt + (better ? first : second) + "\",\"rejected\":\"" + prompt
                        + (better ? second : first) + "\"}");
            }
        }
        return Files.write(folder.resolve("dialogues.jsonl"), lines);
    }

    private Path model(Path data) throws IOException {
        BytePairTokenizer tokenizer =
                new BytePairTrainer().add(Files.readString(data)).train(290, "<end>");
        TransformerParameters parameters = new TransformerParameters(
                TransformerConfig.gptNeox(tokenizer.vocabulary(), 24, 2, 3, 64, 0.25f), Head.LANGUAGE, "policy");
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = Model.initialize(backend, parameters, new SplittableRandom(7));
            ModelFolder.write(
                    folder.resolve("model"), parameters, model.weights().copy(), ModelText.endingWith(tokenizer, 0));
        }
        return folder.resolve("model");
    }

    private TextStudyConfig config(Path model, Path data, String objectives, String more) {
        return Configs.read(
                TextStudyConfig.class, "test", """
                    title: test
                    model: %s
                    demonstrations: %s
                    preferences: %s
                    held_out_pairs: 24
                    rows: {max_length: 60}
                    sft: {steps: 60, batch: 16, learning_rate: 5e-3}
                    reward: {steps: 40, batch: 16, learning_rate: 3e-3}
                    objectives: %s
                    align: {epochs: 1, batch: 16, learning_rate: 2e-3}
                    best_of_n: 4
                    evaluation: {checkpoints: [0.5, 1.0], prompts: 16, max_tokens: 12}
                    placement: {threads: 1}
                    %s
                    """.formatted(model, data, data, objectives, more), List.of());
    }

    private List<Point> run(TextStudyConfig config) throws IOException {
        run(config, folder.resolve("study"), "", new ArrayList<>());
        return PointsCsv.read(folder.resolve("study/report/points.csv"));
    }

    /// @param stop run that is interrupted after its first step
    /// @param begun takes the names of the runs that begin
    private void run(TextStudyConfig config, Path out, String stop, List<String> begun) {
        try (Interrupt interrupt = new Interrupt()) {
            new TextStudy(
                            config,
                            out,
                            name -> (_, _) -> {
                                begun.add(name);
                                return metrics -> {
                                    if (name.equals(stop) && metrics.step() == 1) {
                                        interrupt.request();
                                    }
                                };
                            },
                            interrupt)
                    .run(missing::add);
        }
    }

    private static List<JsonNode> rows(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
    }

    private static JsonNode firstStep(Path run) throws IOException {
        return rows(run.resolve("metrics.jsonl")).getFirst();
    }

    private static List<Double> losses(Path run) throws IOException {
        return rows(run.resolve("metrics.jsonl")).stream()
                .map(row -> row.get("loss").asDouble())
                .toList();
    }

    /// Online DPO on the distinct prompts of a study's training pairs, as the command does it.
    private Path onlineAlone(Path study, String lora) throws IOException {
        List<String> prompts = rows(study.resolve("data/pairs.jsonl")).stream()
                .map(row -> "{\"prompt_ids\":" + row.get("prompt_ids") + "}")
                .distinct()
                .toList();
        Path out = folder.resolve("online");
        OnlineConfig config = Configs.read(
                OnlineConfig.class,
                "test",
                """
                model: %s
                reward: [%s]
                data: %s
                out: %s
                method: {objective: dpo, beta: 0.1}
                max_tokens: 12
                training: {steps: 3, batch: 8, learning_rate: 2e-3}
                placement: {threads: 1}
                %s
                """.formatted(
                                study.resolve("runs/sft"),
                                study.resolve("runs/gold"),
                                Files.write(folder.resolve("prompts.jsonl"), prompts),
                                out,
                                lora),
                List.of());
        try (Interrupt interrupt = new Interrupt()) {
            OnlineRun.run(config, (_, _) -> _ -> {}, interrupt);
        }
        return out;
    }

    @Test
    void goesFromTextToPointsAndOnFromWhereItStopped() throws IOException {
        Path data = dialogues(120);
        Path model = model(data);
        List<Point> first = run(config(model, data, "[{name: dpo, betas: [0.1]}]", ""));
        // SFT; one cell at two checkpoints; best of 1, 2 and 4.
        assertThat(first).hasSize(1 + 2 + 3);
        Point start = first.getFirst();
        assertThat(start.isStart()).isTrue();
        assertThat(start.kl().mean()).isCloseTo(0, within(1e-4));
        assertThat(start.gold().mean()).as("gold is relative to the SFT model").isCloseTo(0, within(1e-5));
        assertThat(start.evaluation().rewards().proxy().mean()).isCloseTo(0, within(1e-5));
        assertThat(first.get(2).kl().mean()).isPositive();
        assertThat(first.get(2).fraction()).isEqualTo(1);
        for (int n = 1, at = 3; n <= 4; n *= 2, at++) {
            assertThat(first.get(at).step()).isEqualTo(n);
            assertThat(first.get(at).kl().mean()).isLessThanOrEqualTo(BestOfN.kl(n) + 1e-9);
        }
        assertThat(Files.readAllLines(folder.resolve("study/runs/best-of-n/scores.csv")))
                .hasSize(1 + 4 * start.evaluation().responses().prompts());
        assertThat(first.get(5).evaluation().rewards().proxy().mean())
                .isGreaterThan(first.get(3).evaluation().rewards().proxy().mean());
        assertThat(Files.readString(folder.resolve("study/runs/sft/data.json"))).contains("\"rows\" : 120");

        List<Point> more = run(config(model, data, "[{name: dpo, betas: [0.1]}, {name: ipo, betas: [0.2]}]", ""));
        assertThat(more).hasSize(8).containsAll(first);
        assertThat(missing).as("cells missing, told after each").containsExactly(2, 1, 0, 1, 0);
    }

    /// The SFT model's samples are what policies are compared with, so no cell may draw by their random numbers.
    @Test
    void noCellSharesTheRandomNumbersOfTheModelThatItIsMeasuredAgainst() throws IOException {
        Path data = dialogues(60);
        run(config(
                model(data),
                data,
                "[]",
                "seeds: [0, 1]\n"
                        + "online: {methods: [{method: {objective: dpo}, betas: [0.1]}], training: {steps: 2, batch: 8,"
                        + " learning_rate: 1e-12}}"));
        Path runs = folder.resolve("study/runs");
        List<JsonNode> sft = rows(runs.resolve("sft/samples/step-0.jsonl"));
        List<JsonNode> seed0 = rows(runs.resolve("online-dpo-beta0.1-seed0/samples/step-2.jsonl"));
        List<JsonNode> seed1 = rows(runs.resolve("online-dpo-beta0.1-seed1/samples/step-2.jsonl"));
        assertThat(same(sft, seed1)).isLessThan(8);
        assertThat(same(sft, seed0)).isLessThan(8);
        assertThat(same(seed0, seed1)).isLessThan(8);
    }

    private static long same(List<JsonNode> some, List<JsonNode> others) {
        assertThat(some).hasSize(16).hasSameSizeAs(others);
        return IntStream.range(0, 16)
                .filter(i -> some.get(i).get("response").equals(others.get(i).get("response")))
                .count();
    }

    /// Every stage leaves an adapter, each cell starts at its reference and is bound by it, and a reference that
    /// moves is no hindrance.
    @Test
    void everyStageCanTrainAdapters() throws IOException {
        Path data = dialogues(60);
        Path model = model(data);
        List<Point> points = run(config(
                model,
                data,
                "[{name: dpo, betas: [0.1]}, {name: tr_dpo, betas: [0.1], parameters: {ref_model_sync_steps: 1}}]",
                "lora: {rank: 3, alpha: 6, targets: [all-linear]}"));
        assertThat(points).hasSize(1 + 2 * 2 + 3);
        Point start = points.getFirst();
        assertThat(start.kl().mean()).isCloseTo(0, within(1e-4));
        assertThat(points.subList(1, 5))
                .allSatisfy(point -> assertThat(point.kl().mean()).isPositive());
        Path runs = folder.resolve("study/runs");
        for (String stage : List.of("sft", "gold", "proxy")) {
            assertThat(runs.resolve(stage).resolve("adapter_model.safetensors")).exists();
            assertThat(runs.resolve(stage).resolve("model.safetensors")).doesNotExist();
        }
        assertThat(firstStep(runs.resolve("dpo-beta0.1-seed1")).get("loss").asDouble())
                .isCloseTo(Math.log(2), within(1e-6));
    }

    /// They stand where `daa study` puts them, and their KL is to the SFT model, wherever their reference is; the
    /// same seed gives the same bits, stopped or not, and what is finished is not trained again.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "unit_variance: true, ptx_coefficient: 0.1 | ",
                "entropy_coefficient: 0.01, reference_mix: 1, shaping: {transform: lsc, reference_samples: 2} | lora:"
                        + " {rank: 3, alpha: 6, targets: [all-linear]}"
            })
    void reinforcementAndOnlineAlignmentAreCellsLikeAnyOther(String ppo, @Nullable String lora) throws IOException {
        Path data = dialogues(60);
        TextStudyConfig config = config(model(data), data, "[]", """
            reinforcement:
              algorithms: [{name: ppo, method: {algorithm: ppo, passes: 2, %s}, kl_coefficients: [0.05]}]
              training: {steps: 3, batch: 8, learning_rate: 2e-3}
            online:
              methods:
                - {method: {objective: dpo}, betas: [0.1]}
                - {name: raft, method: {objective: sft, samples: 4, pairing: best-worst, refresh_every: 2}, betas: [1], labels: proxy}
              training: {steps: 3, batch: 8, learning_rate: 2e-3}
            %s
            """.formatted(ppo, lora == null ? "" : lora));
        List<String> cells = List.of("ppo-kl0.05-seed1", "online-dpo-beta0.1-seed1", "raft-beta1.0-seed1");
        Path whole = folder.resolve("whole");
        List<String> begun = new ArrayList<>();
        run(config, whole, "", begun);
        assertThat(begun).endsWith(cells.toArray(String[]::new));
        Path points = whole.resolve("report/points.csv");

        List<Point> measured = PointsCsv.read(points);
        // SFT; three cells at two checkpoints; best of 1, 2 and 4.
        assertThat(measured).hasSize(1 + 3 * 2 + 3);
        assertThat(measured.subList(1, 7))
                .extracting(
                        point -> point.cell().method(),
                        point -> point.cell().proxy(),
                        point -> Objects.requireNonNull(point.cell().regime()).key())
                .containsExactly(
                        tuple(Method.REINFORCEMENT, "proxy", "on-policy offline"),
                        tuple(Method.REINFORCEMENT, "proxy", "on-policy offline"),
                        tuple(Method.ONLINE, "", "on-policy online"),
                        tuple(Method.ONLINE, "", "on-policy online"),
                        tuple(Method.ONLINE, "proxy", "off-policy offline"),
                        tuple(Method.ONLINE, "proxy", "off-policy offline"));
        assertThat(measured.subList(1, 7))
                .allSatisfy(point -> assertThat(point.kl().mean()).isPositive());
        assertThat(measured.get(2).implicitReward().isMissing()).isTrue();
        assertThat(measured.get(2).fraction()).isEqualTo(1);
        assertThat(measured.get(4).implicitReward().mean()).isFinite();

        Path runs = whole.resolve("runs");
        JsonNode first = firstStep(runs.resolve(cells.get(0)));
        assertThat(first.get("objective/kl").asDouble())
                .as("the policy starts at its reference")
                .isCloseTo(0, within(1e-4));
        assertThat(firstStep(runs.resolve(cells.get(1))).get("loss").asDouble()).isCloseTo(Math.log(2), within(1e-5));
        for (String cell : cells) {
            assertThat(JsonMapper.shared()
                            .readTree(
                                    runs.resolve(cell).resolve("manifest.json").toFile())
                            .get("data")
                            .properties())
                    .extracting(Map.Entry::getKey, entry -> entry.getValue().asString())
                    .contains(
                            tuple("pairs", DataHash.of(whole.resolve("data/pairs.jsonl"))),
                            tuple("held-out", DataHash.of(whole.resolve("data/held-out.jsonl"))),
                            tuple("gold", ModelFolder.open(runs.resolve("gold")).hash()),
                            tuple(
                                    "proxy",
                                    ModelFolder.open(runs.resolve("proxy")).hash()));
        }

        assertThat(losses(runs.resolve(cells.get(1))))
                .as("daa online with the gold reward model does the same")
                .isEqualTo(losses(onlineAlone(whole, lora == null ? "" : lora)));

        Path stopped = folder.resolve("stopped");
        for (String cell : cells) {
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> run(config, stopped, cell, new ArrayList<>()))
                    .withMessageContaining(cell);
        }
        Path checkpoints = stopped.resolve("runs").resolve(cells.getLast()).resolve("checkpoints");
        Path early = Files.move(checkpoints.resolve("step-1"), folder.resolve("step-1"));
        List<String> last = new ArrayList<>();
        run(config, stopped, "", last);
        assertThat(last).endsWith(cells.getLast()).doesNotContain(cells.get(0), cells.get(1));
        assertThat(stopped.resolve("report/points.csv")).hasSameTextualContentAs(points);

        // What a kill leaves between the points of the end and its checkpoint.
        RunFolder.delete(checkpoints.resolve("step-3"));
        Files.move(early, checkpoints.resolve("step-1"));
        run(config, stopped, "", last);
        assertThat(checkpoints.resolve("step-3")).isDirectory();
        assertThat(stopped.resolve("report/points.csv")).hasSameTextualContentAs(points);
    }

    /// It would score other words than the policies write, and label the pairs by them.
    @Test
    void aGoldModelOfAnotherTokenizerIsRefusedBeforeAnythingIsTrained() throws IOException {
        Path model = model(dialogues(40));
        Path gold = folder.resolve("gold");
        TransformerParameters parameters =
                new TransformerParameters(ModelFolder.open(model).config(), Head.SCALAR, "reward");
        ModelFolder.write(
                gold,
                parameters,
                parameters.layout().zeros(),
                ModelText.endingWith(new BytePairTrainer().add("zz zz qq qq").train(290, "<end>"), 0));
        TextStudyConfig config =
                config(model, folder.resolve("dialogues.jsonl"), "[{name: dpo, betas: [1]}]", "gold: " + gold);
        Path study = folder.resolve("study");
        for (ThrowingCallable attempt : List.<ThrowingCallable>of(
                () -> run(config, study, "", new ArrayList<>()), () -> TextStudyMemory.of(config, study))) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(attempt)
                    .withMessageStartingWith(gold + ": found \"")
                    .withMessageEndingWith("so both need the same tokenizer");
        }
        assertThat(study.resolve("runs/sft")).doesNotExist();
    }

    @Test
    void aGoldModelThatCannotReadToTheEndIsRefused() throws IOException {
        Path model = model(dialogues(40));
        ModelFolder policy = ModelFolder.open(model);
        Path gold = folder.resolve("gold");
        TransformerParameters parameters = new TransformerParameters(
                TransformerConfig.gptNeox(policy.config().vocabulary(), 24, 1, 3, 9, 0.25f), Head.SCALAR, "reward");
        ModelFolder.write(
                gold,
                parameters,
                parameters.layout().zeros(),
                ModelText.endingWith(policy.tokenizer().orElseThrow(), 0));
        TextStudyConfig config =
                config(model, folder.resolve("dialogues.jsonl"), "[{name: dpo, betas: [1]}]", "gold: " + gold);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> run(config, folder.resolve("study"), "", new ArrayList<>()))
                .withMessageMatching("gold: \\Q" + gold + "\\E reads 9 positions, expected \\d+ for the longest .*;"
                        + " lower rows.max_length, or take another gold reward model");
        assertThat(folder.resolve("study")).doesNotExist();
    }

    /// The cells' steps follow from the number of pairs, which is known before anything is trained.
    @Test
    void aWarmUpLongerThanTheCellsIsRefusedBeforeAnythingIsTrained() throws IOException {
        Path data = dialogues(40);
        TextStudyConfig config = Configs.read(
                TextStudyConfig.class,
                "test",
                Configs.toYaml(config(model(data), data, "[{name: dpo, betas: [1]}]", "")),
                List.of(new Assignment("align.warmup", "2")));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> run(config, folder.resolve("study"), "", new ArrayList<>()))
                .withMessage("align.warmup is 2, expected at most the run's 1 steps");
        assertThat(folder.resolve("study")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "objectives: [] | objectives is [], expected at least one, or best_of_n, reinforcement or online",
                "{objectives: [{name: dpo, betas: [1]}], evaluation: {checkpoints: [0.5, 1.5]}} |"
                        + " evaluation.checkpoints is [0.5, 1.5], expected fractions above 0 and at most 1",
                "{objectives: [{name: dpo, betas: [1]}], evaluation: {checkpoints: []}} | evaluation.checkpoints is [],"
                        + " expected fractions above 0 and at most 1",
                "objectives: [{name: dpo, betas: [1], averaging: {}}] | objective dpo has averaging, expected none: a"
                        + " study on text measures the last weights; daa merge averages finished models",
                "reinforcement: {algorithms: [{method: {}, kl_coefficients: [0], proxies: [a]}], training: {steps: 2}}"
                        + " | reinforcement ppo has proxies [a], expected none: a study on text has one reward model",
                "reinforcement: {algorithms: [{method: {}, kl_coefficients: [0], rounds: {count: 2}}], training:"
                        + " {steps: 2}} | reinforcement ppo has 2 rounds, expected 1: a study on text does not train"
                        + " its reward model again",
                "reinforcement: {algorithms: [{method: {}, kl_coefficients: [0]}], training: {steps: 0}} |"
                        + " reinforcement.training.steps is 0, expected at least 1: prompts are drawn fresh, so epochs"
                        + " say nothing",
                "reinforcement: {algorithms: [{method: {}, kl_coefficients: [0]}], training: {steps: 2, warmup: 3}} |"
                        + " reinforcement.training.warmup is 3, expected at most the run's 2 steps",
                "online: {methods: [{method: {}, betas: [1], labels: proxy, proxies: [a]}], training: {steps: 2}} |"
                        + " online online-dpo has proxies [a], expected none: a study on text has one reward model",
                "online: {methods: [{method: {label_temperature: 1}, betas: [1]}], training: {steps: 2}} | online"
                        + " online-dpo has label_temperature 1.0 with labels from the oracle, expected 0: the gold"
                        + " reward model labels it as it labels the pairs, without noise",
                "online: {methods: [{method: {objective: bco_pair}, betas: [1]}], training: {steps: 2, batch: 8,"
                        + " micro_batch: 4}} | objective bco_pair needs the whole batch at once, found micro_batch 4"
                        + " of batch 8; set micro_batch to 8",
                "online: {methods: [{method: {objective: tr_dpo}, betas: [1]}], training: {steps: 2}} | objective"
                        + " tr_dpo moves its reference, expected one that keeps it, as online alignment does; use `daa"
                        + " align` for it",
                "{objectives: [{name: dpo, betas: [1]}], online: {methods: [{name: dpo, method: {}, betas: [1]}],"
                        + " training: {steps: 2}}} | objectives, reinforcement and online are called [dpo, dpo],"
                        + " expected no label twice; give a label or a name"
            })
    void whatItCannotDoIsRefusedInOneLine(String sections, String message) {
        String files = "title: test\nmodel: m\ndemonstrations: d\npreferences: p\n";
        String text = sections.startsWith("{")
                ? "{title: test, model: m, demonstrations: d, preferences: p, " + sections.substring(1)
                : files + sections;
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Configs.read(TextStudyConfig.class, "test", text, List.of()))
                .withMessageEndingWith(": " + message)
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\n"));
    }

    /// The files that come with daa: every key is known and every objective can be trained as they say.
    @ParameterizedTest
    @ValueSource(strings = {"real-text", "paper-1b", "paper-2.8b", "paper-6.9b"})
    void theStudiesThatComeWithDaaAreValid(String name) {
        Path file = Path.of("..", "studies", name + ".yaml");
        TextStudyConfig config = Configs.read(TextStudyConfig.class, file, List.of());
        assertThat(config.objectives()).hasSize(3);
        assertThat(config.reinforcement() != null)
                .isEqualTo(config.online() != null)
                .isEqualTo(name.equals("real-text"));
        if (name.startsWith("paper")) {
            assertThat(config.align().batch()).isEqualTo(128);
            assertThat(config.align().learningRate()).isEqualTo(5e-7);
            assertThat(config.align().warmup()).isEqualTo(150);
            assertThat(config.rows().maxLength()).isEqualTo(512);
            assertThat(config.objectives())
                    .allSatisfy(grid -> assertThat(grid.betas()).hasSize(7));
        }
    }
}
