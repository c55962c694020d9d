package dev.daa.eval.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.eval.curve.BestOfN;
import dev.daa.eval.report.Point;
import dev.daa.eval.report.PointsCsv;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.tokenizer.BytePairTokenizer;
import dev.daa.model.tokenizer.BytePairTrainer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Configs;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// The whole path on a language of a few words: people like the word "good" in an answer.
final class TextStudyTest {
    private static final List<String> WORDS = List.of("good", "bad", "cat", "dog", "sun", "sea");

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
                    folder.resolve("model"),
                    parameters,
                    model.weights().copy(),
                    tokenizer,
                    List.of(0),
                    OptionalInt.of(0));
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
        Path out = folder.resolve("study");
        try (Interrupt interrupt = new Interrupt()) {
            new TextStudy(config, out, _ -> (_, _) -> _ -> {}, interrupt).run();
        }
        return PointsCsv.read(out.resolve("report/points.csv"));
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
        for (int i = 0; i < 3; i++) {
            int n = 1 << i;
            Point best = first.get(3 + i);
            assertThat(best.step()).isEqualTo(n);
            assertThat(best.kl().mean()).isLessThanOrEqualTo(BestOfN.kl(n) + 1e-9);
        }
        assertThat(first.get(5).evaluation().rewards().proxy().mean())
                .isGreaterThan(first.get(3).evaluation().rewards().proxy().mean());
        assertThat(Files.readString(folder.resolve("study/runs/sft/data.json"))).contains("\"rows\" : 120");

        List<Point> more = run(config(model, data, "[{name: dpo, betas: [0.1]}, {name: ipo, betas: [0.2]}]", ""));
        assertThat(more).hasSize(8).containsAll(first);
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
        String first = Files.readAllLines(runs.resolve("dpo-beta0.1-seed1/metrics.jsonl"))
                .getFirst();
        assertThat(JsonMapper.shared().readTree(first).get("loss").asDouble()).isCloseTo(Math.log(2), within(1e-6));
    }

    /// The files that come with daa: every key is known and every objective can be trained as they say.
    @ParameterizedTest
    @ValueSource(strings = {"real-text", "paper-1b", "paper-2.8b", "paper-6.9b"})
    void theStudiesThatComeWithDaaAreValid(String name) {
        Path file = Path.of("..", "studies", name + ".yaml");
        TextStudyConfig config = Configs.read(TextStudyConfig.class, file, List.of());
        assertThat(config.objectives()).hasSize(3);
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
