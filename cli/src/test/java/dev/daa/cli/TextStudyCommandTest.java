package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.run.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A study on a model folder and a preference file, from its YAML to its report.
final class TextStudyCommandTest {
    private static final String REINFORCEMENT = """
        reinforcement:
          algorithms: [{method: {algorithm: rloo, samples: 2}, kl_coefficients: [0.1]}]
          training: {steps: 2, batch: 6}
        """;

    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    private int run(String sections) throws IOException {
        return run(sections, 9);
    }

    private int run(String sections, int maxTokens, String... more) throws IOException {
        Path model = SmallFiles.model(folder.resolve("model"));
        Path data = SmallFiles.pairs(folder.resolve("data.jsonl"), 33);
        Path config =
                Files.writeString(folder.resolve("tiny.yaml"), """
                    title: tiny
                    model: %s
                    demonstrations: %s
                    preferences: %s
                    held_out_pairs: 9
                    sft: {steps: 2, batch: 7}
                    reward: {steps: 2, batch: 7}
                    evaluation: {checkpoints: [0.5, 1.0], prompts: 7, max_tokens: %d}
                    placement: {threads: 1}
                    """.formatted(model, data, data, maxTokens) + sections);
        return terminal.run(Stream.concat(
                        Stream.of(
                                "text-study",
                                "--config",
                                config.toString(),
                                "--out",
                                folder.resolve("study").toString()),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    @Test
    void reportsReinforcementAndOnlineAlignmentWithTheirRegimes() throws IOException {
        assertThat(run(REINFORCEMENT + """
            best_of_n: 2
            online:
              methods: [{method: {objective: ipo}, betas: [0.1]}]
              training: {steps: 2, batch: 5}
            """)).as(terminal.err()).isZero();
        assertThat(Files.readString(folder.resolve("study/report/index.html")))
                .contains("id=\"part-regimes\"", "id=\"part-thresholds\"", "Gao et al. 2022")
                .contains("<dt>objective of online-ipo</dt>\n<dd>ipo: ipo_form tau, ipo_average sum, ")
                .containsPattern("online-ipo[^<]* \\(")
                .containsPattern("RLOO[^<]* \\(")
                .as("texts have no rules and no sentiment")
                .contains("What the policies do to their responses")
                .doesNotContain("Where the sentiment keeps rising");
        assertThat(folder.resolve("study/report/figures/gold-proxy.svg")).isNotEmptyFile();
        assertThat(folder.resolve("study/report/thresholds.json"))
                .content()
                .contains("\"method\" : \"best-of-n\"", "\"samples\" : 2", "\"prompts\" : 7");
    }

    /// As after an interruption, when the file that it was started with has been edited.
    @Test
    void goesOnWithTheConfigThatItsFolderKeeps() throws IOException {
        String grid = "objectives: [{name: ipo, betas: [0.1]}]\n";
        String study = folder.resolve("study").toString();
        assertThat(run(grid, 9, "--align.batch", "5")).as(terminal.err()).isZero();
        Path saved = folder.resolve("study/study.yaml");
        Path points = folder.resolve("study/report/points.csv");
        assertThat(saved).content().contains("batch: 5", "title: tiny");
        assertThat(folder.resolve("study/study.json"))
                .content()
                .contains("\"./daa text-study --config study.yaml --out DIR\"");
        String before = Files.readString(points);
        String config = Files.readString(saved);
        assertThat(run(grid.replace("0.1", "0.1, 1.0"), 9)).isEqualTo(2);
        assertThat(terminal.err()).contains("ipo-beta0.1-seed1", "align.batch: 5, now 64");
        assertThat(saved).hasContent(config);

        assertThat(terminal.run("text-study", "--out", study))
                .as(terminal.err())
                .isZero();
        assertThat(points).hasContent(before);
        assertThat(terminal.run("text-study", "--out", study, "--objectives", "[{name: ipo, betas: [0.1, 1.0]}]"))
                .as(terminal.err())
                .isZero();
        assertThat(points).content().startsWith(before).contains("ipo-beta1.0-seed1");
        assertThat(terminal.run("text-study", "--config", saved.toString(), "--out", study))
                .isZero();

        assertThat(terminal.run("study", "--preset", "quick", "--out", study)).isEqualTo(2);
        assertThat(terminal.err())
                .endsWith(study + ": found a study on text, expected a study of the reviews world or a new folder; go"
                        + " on with it by daa text-study, or choose another --out\n");
        String said = terminal.err();
        assertThat(terminal.run("study", "--out", study)).isEqualTo(2);
        assertThat(terminal.err().substring(said.length()))
                .as("without its config being read as another's")
                .isEqualTo(said.substring(said.lastIndexOf("daa: ")));
    }

    @Test
    void aGridThatLacksFinishedRunsIsRefused() throws IOException {
        String grid = "best_of_n: 3\nobjectives: [{name: ipo, betas: [0.1, 1.0]}]\n";
        assertThat(run(grid)).as(terminal.err()).isZero();
        Path points = folder.resolve("study/report/points.csv");
        String before = Files.readString(points);
        assertThat(run(grid.replace("[0.1, 1.0]", "[0.1]").replace("best_of_n: 3", "")))
                .isEqualTo(2);
        assertThat(terminal.err())
                .endsWith("daa: " + folder.resolve("study")
                        + ": holds 2 finished runs that this config lacks (best-of-n, ipo-beta1.0-seed1); choose"
                        + " another --out, or put them back into the config\n");
        assertThat(run(grid.replace("best_of_n: 3", "best_of_n: 4"))).isEqualTo(2);
        assertThat(terminal.err())
                .contains("best-of-n/config.yaml: this run was started with another config (samples: 3, now 4)");
        assertThat(points).hasContent(before);
    }

    /// What is gone on with by its folder alone may be so from another one.
    @Test
    void relativePathsAreKeptAsAbsoluteOnes() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path data = here.relativize(folder.resolve("data.jsonl"));
        Path study = folder.resolve("study");
        String grid = "objectives: [{name: ipo, betas: [0.1]}]\n";
        assertThat(run(grid, 9, "--preferences", data.toString()))
                .as(terminal.err())
                .isZero();
        for (String file : new String[] {"study.yaml", "runs/ipo-beta0.1-seed1/config.yaml"}) {
            assertThat(study.resolve(file)).content().contains("\npreferences: " + here + "/" + data + "\n");
        }
        Path older = study.resolve("runs/ipo-beta0.1-seed1/config.yaml");
        Files.writeString(older, Files.readString(older).replace(here + "/" + data, data.toString()));
        assertThat(terminal.run("text-study", "--out", study.toString()))
                .as(terminal.err())
                .isZero();
    }

    @Test
    void aDryRunSaysWhatEachStageTakesAndWritesNothing() throws IOException {
        assertThat(run("objectives: [{name: ipo, betas: [0.1, 1.0]}]\n", 9, "--dry-run"))
                .as(terminal.err())
                .isZero();
        assertThat(terminal.out().lines().filter(line -> line.startsWith("# ")))
                .filteredOn(line -> !line.startsWith("# available "))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("# supervised fine-tuning, at least:"),
                        line -> assertThat(line).startsWith("# needs "),
                        line -> assertThat(line).isEqualTo("# a reward model, at least:"),
                        line -> assertThat(line).startsWith("# needs "),
                        line -> assertThat(line).isEqualTo("# objective ipo, at least:"),
                        line -> assertThat(line).startsWith("# needs "));
        assertThat(folder.resolve("study")).doesNotExist();
    }

    @Test
    void whatItCannotDoIsOneLine() throws IOException {
        assertThat(run(REINFORCEMENT.replace("[0.1]}]", "[0.1], proxies: [other]}]")))
                .isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: " + folder.resolve("tiny.yaml")
                        + ": reinforcement rloo has proxies [other], expected none: a study on text has one reward"
                        + " model\n");
        assertThat(folder.resolve("study")).doesNotExist();
    }

    @Test
    void aStudyThatAnotherProcessRunsIsLeftAlone() throws IOException {
        Path study = folder.resolve("study");
        try (FolderLock _ = FolderLock.take(study)) {
            assertThat(run(REINFORCEMENT)).isEqualTo(2);
            assertThat(terminal.err())
                    .endsWith("daa: " + study
                            + ": another daa process is writing here; wait for it, or choose another --out\n");
            assertThat(study.toFile().list()).containsExactly(".lock");
        }
    }

    /// What a later stage could not do is told before the first one has taken its hours.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--preferences nowhere.jsonl | nowhere.jsonl: ",
                "--held-out nowhere.jsonl | nowhere.jsonl: ",
                "--held-out-pairs 33 | held_out_pairs is 33, expected less than the 33 pairs of ",
                "--held-out one.jsonl | the held-out pairs have 1 prompts, expected at least 2",
                "--preferences one.jsonl --held-out data.jsonl | every prompt of the training pairs is empty, expected",
                "--reward.warmup 3 | reward.warmup is 3, expected at most the run's 2 steps",
            })
    void dataThatALaterStageCannotTakeIsRefusedBeforeAnythingIsTrained(String options, String message)
            throws IOException {
        Files.writeString(
                folder.resolve("one.jsonl"),
                options.startsWith("--held-out")
                        ? "{\"prompt_ids\":[1],\"chosen_ids\":[1,2],\"rejected_ids\":[2,2]}\n"
                        : "{\"prompt_ids\":[],\"chosen_ids\":[1,2],\"rejected_ids\":[2,2]}\n");
        String[] given =
                options.replaceAll("(\\w+)\\.jsonl", folder + "/$1.jsonl").split(" ");
        assertThat(run(REINFORCEMENT, 9, given)).isEqualTo(2);
        assertThat(terminal.err()).contains(message);
        assertThat(folder.resolve("study/runs")).doesNotExist();
        assertThat(run(
                        REINFORCEMENT,
                        9,
                        Stream.concat(Stream.of("--dry-run"), Stream.of(given)).toArray(String[]::new)))
                .as("nor does a dry run promise it")
                .isEqualTo(2);
    }

    /// Reading responses of ids needs no end of text, writing them does.
    @Test
    void aModelWithoutAnEndOfTextIsRefusedBeforeAnythingIsTrained() throws IOException {
        assertThat(run(REINFORCEMENT, 9, "--model", endless().toString())).isEqualTo(2);
        assertThat(terminal.err()).contains("found no eos_token_id, expected one; add it to the file");
        assertThat(folder.resolve("study/runs")).doesNotExist();
    }

    private Path endless() throws IOException {
        Path model = SmallFiles.model(folder.resolve("endless"));
        for (String file : List.of("config.json", "generation_config.json")) {
            Path json = model.resolve(file);
            if (Files.exists(json)) {
                Files.writeString(json, Files.readString(json).replaceAll("\"eos_token_id\"\\s*:\\s*0\\s*,?", ""));
            }
        }
        return model;
    }

    @Test
    void aStudyThatWasMovedSaysWhatToDo() throws IOException {
        assertThat(run("objectives: [{name: ipo, betas: [0.1]}]\n"))
                .as(terminal.err())
                .isZero();
        Path study = folder.resolve("study");
        Path moved = Files.move(study, folder.resolve("moved"));
        assertThat(terminal.run("text-study", "--out", moved.toString())).isEqualTo(2);
        assertThat(terminal.err())
                .contains("runs/gold/config.yaml: this run was started with another config (data: " + study)
                .contains("; where these were moved, move them back, or make symbolic links of their old names and give"
                        + " the old --out; else choose another --out");
        Files.createSymbolicLink(study, moved);
        assertThat(terminal.run("text-study", "--out", study.toString()))
                .as(terminal.err())
                .isZero();
        Files.move(folder.resolve("data.jsonl"), folder.resolve("other.jsonl"));
        assertThat(terminal.run("text-study", "--out", study.toString())).isEqualTo(2);
        assertThat(terminal.err())
                .endsWith("daa: " + study.resolve("study.yaml") + ": names " + folder.resolve("data.jsonl")
                        + ", where nothing is; move it back, or make a symbolic link of that name\n");
    }

    /// Prompts of pairs that only reinforcement answers count, too, before anything is trained.
    @Test
    void promptsThatLeaveNoRoomForResponsesAreRefused() throws IOException {
        assertThat(run(REINFORCEMENT, 34)).isEqualTo(2);
        assertThat(terminal.err())
                .endsWith("daa: a prompt of 7 tokens and a response of evaluation.max_tokens 34 need 41 positions, the"
                        + " model has 40; lower evaluation.max_tokens, rows.max_length or rows.max_prompt_length\n");
        assertThat(folder.resolve("study/runs")).doesNotExist();
    }

    /// `--lr` alone is refused here.
    @Test
    void helpNamesNoShorthandThatSeveralSectionsHave() {
        assertThat(terminal.run("text-study", "--help")).isZero();
        assertThat(terminal.out())
                .contains("--sft.learning-rate", "--reward.learning-rate")
                .doesNotContain("--lr");
    }

    @Test
    void helpShowsItsSectionsAsOptional() {
        assertThat(terminal.run("text-study", "--help")).isZero();
        assertThat(terminal.out().replaceAll("\\s+", " "))
                .contains(
                        "--reinforcement reinforcement on the proxy reward model (optional section)",
                        "(required in reinforcement)",
                        "(optional section) --online.methods ways to make pairs with their grids of β (required in"
                                + " online)");
    }
}
