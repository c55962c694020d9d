package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a person can get wrong is one line and exit code 2, and leaves nothing behind.
final class BadInputTest {
    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    /// Of reference log-probabilities, which a run that is refused later may have computed already.
    @TempDir
    Path cache;

    private String model;
    private String data;

    @BeforeEach
    void write() throws IOException {
        model = SmallFiles.model(folder.resolve("model")).toString();
        data = SmallFiles.pairs(folder.resolve("data.jsonl"), 33).toString();
    }

    /// Runs a command line that must be refused with this line; `DIR` stands for the test's folder.
    private void refused(String line, String... arguments) throws IOException {
        List<Path> before = tree();
        assertThat(terminal.run(arguments)).isEqualTo(2);
        assertThat(terminal.err()).isEqualTo("daa: " + line.replace("DIR", folder.toString()) + "\n");
        assertThat(terminal.out()).isEmpty();
        assertThat(tree()).as("files").isEqualTo(before);
    }

    private List<Path> tree() throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.sorted(Comparator.naturalOrder()).toList();
        }
    }

    /// Each has a stack and scratch memory of its own: too many take minutes to start, and then the process's
    /// limit.
    @ParameterizedTest
    @ValueSource(ints = {1025, Integer.MAX_VALUE})
    void moreThreadsThanAnyMachineHasCores(int threads) throws IOException {
        String out = folder.resolve("out").toString();
        refused(
                "threads is " + threads + ", expected 1 to 1024",
                ("sft --model " + model + " --data " + data + " --out " + out + " --steps 1 --batch 3 --backend cpu"
                                + " --threads " + threads)
                        .split(" "));
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    private String[] align(String... more) {
        List<String> given = List.of(more);
        List<String> arguments = new ArrayList<>(List.of("align"));
        Map.of("--model", model, "--data", data, "--out", folder + "/out", "--cache", cache.toString())
                .forEach((option, value) -> {
                    if (!given.contains(option)) {
                        arguments.addAll(List.of(option, value));
                    }
                });
        arguments.addAll(given);
        return arguments.toArray(String[]::new);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--steps | -3 | --steps: steps is -3, expected 0 (epochs decide) or more",
                "--steps | three | --steps: found \"three\", expected a whole number",
                "--steps | 2.5 | --steps: found \"2.5\", expected a whole number",
                "--steps | 99999999999 | --steps: found \"99999999999\", expected a whole number from"
                        + " -2147483648 to 2147483647",
                "--epochs | 0 | --epochs: epochs is 0.0, expected a number above 0, at most 1e6",
                "--epochs | 1e300 | --epochs: epochs is 1.0E300, expected a number above 0, at most 1e6",
                "--batch | 0 | --batch: batch is 0, expected at least 1",
                "--micro-batch | 65 | --micro-batch: micro_batch is 65, expected 0 (the batch) to batch 64",
                "--warmup | 2 | warmup is 2, expected at most the run's 1 steps",
                "--warmup | -1 | --warmup: warmup is -1, expected at least 0 steps",
                "--lr | -1e-3 | --lr: learning_rate is -0.001, expected a number above 0",
                "--lr | NaN | --lr: learning_rate is NaN, expected a number above 0",
                "--lr | 1e300 | --lr: learning_rate is 1.0E300, expected a number above 0",
                "--clip | -1 | --clip: optimizer clip is -1.0, expected a finite number of at least 0",
                "--beta1 | 1 | --beta1: optimizer beta1 is 1.0, expected at least 0 and less than 1",
                "--epsilon | 0 | --epsilon: optimizer epsilon is 0.0, expected a number above 0 in fp32: what has no"
                        + " gradient yet is divided by it",
                "--weight-decay | NaN | --weight-decay: optimizer weight_decay is NaN, expected a finite number of at"
                        + " least 0",
                "--schedule | cosin | --schedule: found \"cosin\", expected one of constant, linear," + " cosine",
                "--checkpoints | 0,1 | checkpoints is [0.0, 1.0], expected fractions above 0 and at most 1",
                "--kl-prompts | -1 | --kl-prompts: kl_prompts is -1, expected 0 (none) or more",
                "--threads | -1 | --threads: threads is -1, expected 0 (one per core) or more",
                "--backend | gpu | backend is 'gpu', expected one of auto, cpu",
                "--beta | -1 | --beta: objective dpo, parameter beta: found -1.0, expected a finite number > 0",
                "--parameters | {ipo_from: tau} | objective dpo has no parameter ipo_from; it takes beta,"
                        + " label_smoothing, reference_free, length_penalty, nll_coefficient, nll_average",
                "--label-smoothing | 0.1 | --label-smoothing: found a parameter of an objective, expected an option;"
                        + " give it as --parameters '{label_smoothing: 0.1}'",
                "--parameters.label-smoothing | 0.1 | --parameters.label-smoothing: found a parameter of an objective,"
                        + " expected an option; give it as --parameters '{label_smoothing: 0.1}'",
                "--out | DIR/data.jsonl | DIR/data.jsonl: a file lies where a folder is needed; choose another --out"
                        + " folder",
                "--model | DIR/absent | DIR/absent: found nothing, expected a model folder",
                "--data | DIR/absent.jsonl | DIR/absent.jsonl: no such file",
                "--config | DIR/absent.yaml | DIR/absent.yaml: no such file"
            })
    void ofAnOption(String option, String value, String line) throws IOException {
        refused(line, align(option, value.replace("DIR", folder.toString())));
    }

    /// One row of thousands is too long to answer: which one?
    @Test
    void aPromptWithoutRoomForItsResponseIsNamed() throws IOException {
        String rows = file("rows.jsonl", "{\"prompt_ids\":[1]}\n{\"prompt_ids\":[1,2,3]}\n");
        assertThat(new RecordedTerminal(false).run("generate", "--model", model, "--data", rows, "--max-tokens", "38"))
                .isZero();
        refused(
                "DIR/rows.jsonl:2: found a prompt of 3 tokens, before a response of up to 39, expected together at most"
                        + " 41, as the model has positions; lower max_tokens, shorten the prompt or remove the row",
                "generate",
                "--model",
                model,
                "--data",
                rows,
                "--max-tokens",
                "39");
    }

    @Test
    void aRunWithoutAModelNamesItsCheckpoints() throws IOException {
        Path run = folder.resolve("run");
        Files.createDirectories(run.resolve("checkpoints"));
        refused(
                "DIR/run: found a run without a model of its own, as an unfinished one or a study's cell, expected a"
                        + " model folder; each of its checkpoints is one: DIR/run/checkpoints/step-N",
                "generate",
                "--model",
                run.toString(),
                "--data",
                data);
    }

    @Test
    void anUnknownObjectiveListsTheNames() throws IOException {
        List<Path> before = tree();
        assertThat(terminal.run(align("--objective", "dpoo"))).isEqualTo(2);
        assertThat(terminal.err())
                .startsWith("daa: --objective: no objective dpoo; there are dpo, cdpo, ")
                .hasLineCount(1);
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void anUnknownOptionNamesTheNearest() throws IOException {
        List<Path> before = tree();
        assertThat(terminal.run(align("--stepz", "3"))).isEqualTo(2);
        assertThat(terminal.err())
                .startsWith(
                        "daa: --stepz: unknown option; did you mean --training.steps? Valid keys: model, reference, ")
                .hasLineCount(1);
        assertThat(tree()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"--prest,--preset", "--dryrun,--dry-run", "--job,--jobs", "--jbos,--jobs"})
    void aMistypedOptionOfTheCommandItselfIsKnown(String mistyped, String meant) throws IOException {
        refused(mistyped + ": unknown option; did you mean " + meant + "?", "study", mistyped, "quick");
    }

    @Test
    void whereThereAreManyKeysHelpListsThem() throws IOException {
        List<Path> before = tree();
        assertThat(terminal.run("study", "--preset", "quick", "--nonsense", "3"))
                .isEqualTo(2);
        assertThat(terminal.err())
                .matches("daa: --nonsense: unknown option\\. --help lists the \\d+ keys\\R")
                .hasLineCount(1);
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void anObjectiveOverTheBatchRefusesMicroBatches() throws IOException {
        refused(
                "objective bco_pair needs the whole batch at once, found micro_batch 3 of batch 64; set micro_batch to"
                        + " 64",
                align("--objective", "bco_pair", "--micro-batch", "3"));
    }

    @Test
    void aClassPathThatIsNotThere() throws IOException {
        refused(
                "--classpath: no file or folder DIR/none.jar",
                align("--objective", "my.Objective", "--classpath", folder + "/none.jar"));
    }

    @Test
    void aMissingKey() throws IOException {
        refused(
                "command line: missing key out (folder of the run; an interrupted run there goes on); give it in a"
                        + " config file or as --out",
                "align",
                "--model",
                model,
                "--data",
                data);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "training: {steps: 3;lr: 2 | :3:3: expected ',' or '}', but got :",
                ";\tdata: y | :3:1: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for"
                        + " indentation)",
                "steps: 3 | :2:1: unknown key steps. Valid keys: model, reference, data, out,",
                "training: {stepz: 3} | :2:12: unknown key training.stepz; did you mean steps?",
                "training: 3 | :2:1: training: found 3, expected a section with the keys",
                "beta: [1] | :2:1: beta: found [1], expected a number",
                "seed: 1;seed: 2 | :3:5: Duplicate Object property \"seed\""
            })
    void inAConfigFile(String lines, String message) throws IOException {
        String file = file("run.yaml", "out: " + folder + "/out\n" + lines.replace(';', '\n') + "\n");
        List<Path> before = tree();
        assertThat(terminal.run("align", "--config", file, "--model", model, "--data", data))
                .isEqualTo(2);
        assertThat(terminal.err()).startsWith("daa: " + file + message).hasLineCount(1);
        assertThat(tree()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"prompt_ids\":[1,} | :2:18: found broken JSON (Unexpected character ('}' (code 125)): expected a"
                        + " value), expected one JSON object a line",
                "{\"prompt_ids\":[1],\"chosen_ids\":[3],\"rejected_ids\":[2,33]} | :2: rejected_ids[1]: found token id"
                        + " 33, expected ids from 0 to 32, the model's vocabulary",
                "{\"prompt_ids\":[1],\"chosen_ids\":[3],\"rejected_ids\":[-1]} | :2: rejected_ids[0]: found token id"
                        + " -1, expected ids from 0 to 32, the model's vocabulary",
                "{\"prompt_ids\":[1],\"chosen_ids\":[3],\"rejected_ids\":[2.5]} | :2: rejected_ids[0]: found 2.5,"
                        + " expected a token id, a whole number",
                "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"} | :2: found prompt as text, but the model has"
                        + " no tokenizer, expected prompt_ids; give token ids, or put tokenizer.json into the model"
                        + " folder",
                "{\"prompt_ids\":[1],\"chosen_ids\":[3]} | :2: found the keys prompt_ids, chosen_ids, expected rejected"
                        + " (text) or rejected_ids (token ids)",
                "[1] | :2:1: found JSON that is no object, expected one JSON object a line"
            })
    void inADataFile(String row, String message) throws IOException {
        String good = "{\"prompt_ids\":[1],\"chosen_ids\":[3],\"rejected_ids\":[2]}\n";
        refused(
                "DIR/rows.jsonl" + message,
                "align",
                "--model",
                model,
                "--out",
                folder + "/out",
                "--data",
                file("rows.jsonl", good + row + "\n" + good));
    }

    @Test
    void aRowLongerThanTheModelsPositions() throws IOException {
        String rows = file(
                "rows.jsonl",
                "{\"prompt_ids\":" + Arrays.toString(new int[20]) + ",\"response_ids\":" + Arrays.toString(new int[21])
                        + "}\n{\"prompt_ids\":" + Arrays.toString(new int[20]) + ",\"response_ids\":"
                        + Arrays.toString(new int[22]) + "}\n");
        refused(
                "DIR/rows.jsonl:2: response: found 22 tokens after a prompt of 20, expected at most 41"
                        + " together, as the model has no more positions; shorten or remove the row",
                "logprobs",
                "--model",
                model,
                "--data",
                rows);
    }

    /// Training counts what it leaves out, and goes on with the rest.
    @Test
    void rowsThatCannotBeTrainedOn() throws IOException {
        String good = "{\"prompt_ids\":[1],\"chosen_ids\":[3],\"rejected_ids\":[2]}\n";
        String bad = "{\"prompt_ids\":[1],\"chosen_ids\":[],\"rejected_ids\":[2]}\n";
        String rows = file("rows.jsonl", good + bad + good);
        assertThat(terminal.run("reward", "--model", model, "--data", rows, "--out", folder + "/out"))
                .isZero();
        assertThat(terminal.err()).startsWith("daa: " + rows + ": 3 rows; left out 1 (an empty response: line 2)\n");
        assertThat(Files.readString(folder.resolve("out/data.json")))
                .contains("\"left_out\"", "\"empty_response\" : 1");
        refusedAgain(
                file("empty.jsonl", bad),
                "found no row to train on; left out 1 (an empty response: line 1), expected at least one");
    }

    private void refusedAgain(String rows, String message) {
        RecordedTerminal again = new RecordedTerminal(false);
        assertThat(again.run("reward", "--model", model, "--data", rows, "--out", folder + "/other"))
                .isEqualTo(2);
        assertThat(again.err()).isEqualTo("daa: " + rows + ": " + message + "\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cut | tensor transformer.ln_f.bias: found an end at byte 18672, expected at most 18668, the"
                        + " bytes after the header; the file is cut off",
                "short | found 5 bytes, expected a safetensors header of at least 10; the file is cut off",
                "shape | tensor transformer.wte.weight: found data_offsets [0,1584] (1584 bytes), expected 1716 bytes"
                        + " for F32 [33, 13]",
            })
    void ofATruncatedOrLyingModelFile(String kind, String message) throws IOException {
        Path weights = Path.of(model, "model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        Files.write(
                weights,
                switch (kind) {
                    case "cut" -> Arrays.copyOf(bytes, bytes.length - 4);
                    case "short" -> Arrays.copyOf(bytes, 5);
                    default ->
                        new String(bytes, StandardCharsets.ISO_8859_1)
                                .replaceFirst("\\[33,12]", "[33,13]")
                                .getBytes(StandardCharsets.ISO_8859_1);
                });
        refused("DIR/model/model.safetensors: " + message, align());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "n_layer | 0 | found 0, expected at least 1",
                "vocab_size | -3 | found -3, expected at least 1",
                "n_embd | 1000000000 | found 1000000000, which makes a matrix of 4000000000 × 1000000000, expected at"
                        + " most 2147483631 values in a matrix"
            })
    void ofAModelsConfig(String key, String value, String message) throws IOException {
        Path config = Path.of(model, "config.json");
        String text = Files.readString(config);
        Files.writeString(
                config,
                text.replaceFirst("\"" + key + "\" *: *\\d+", "\"" + key + "\": " + value)
                        .replaceFirst("\"n_inner\" *: *\\d+ *,", ""));
        refused("DIR/model/config.json: " + key + ": " + message, "logprobs", "--model", model, "--data", data);
        refusedInspect();
    }

    private void refusedInspect() {
        RecordedTerminal inspecting = new RecordedTerminal(false);
        assertThat(inspecting.run("inspect", model)).isEqualTo(2);
        assertThat(inspecting.err()).isEqualTo(terminal.err());
    }

    @Test
    void anEmptyTextMakesNoModel() throws IOException {
        refused(
                "DIR/empty.txt: found no text, expected some to learn the tokenizer from",
                "new-model",
                "--text",
                file("empty.txt", ""),
                "--out",
                folder + "/new");
    }

    @Test
    void ofAModelFolderWithoutAFile() throws IOException {
        Files.delete(Path.of(model, "model.safetensors"));
        refused("DIR/model: found no weights, expected model.safetensors or model.safetensors.index.json", align());
    }

    /// NaN weights are the model's fault, not the learning rate's, and are found before anything is written.
    @ParameterizedTest
    @ValueSource(strings = {"logprobs", "generate", "sft", "align"})
    void ofAModelWhoseWeightsAreNotFinite(String command) throws IOException {
        SmallFiles.scaledModel(Path.of(model), Float.NaN);
        List<String> arguments = new ArrayList<>(List.of(command, "--model", model, "--data", data));
        if (List.of("sft", "align").contains(command)) {
            arguments.addAll(List.of("--out", folder + "/out"));
        } else if (command.equals("generate")) {
            arguments.addAll(List.of("--max-tokens", "9"));
        }
        refused(
                "DIR/model/model.safetensors: tensor transformer.wte.weight: found NaN as value 0, expected finite"
                        + " weights; use another model or an earlier checkpoint",
                arguments.toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({"logprobs,token_logprobs,--temperature,1", "generate,logprobs,--max-tokens,9"})
    void ofAModelWhoseAnswersOverflow(String command, String key, String option, String value) throws IOException {
        SmallFiles.scaledModel(Path.of(model), 1e18f);
        refused(
                "DIR/model: found " + key + " NaN, expected finite numbers; the model's weights are too large; use"
                        + " another model or an earlier checkpoint",
                command,
                "--model",
                model,
                "--data",
                data,
                option,
                value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "generate | --batch | 0 | --batch: batch is 0, expected at least 1",
                "generate | --samples | 0 | --samples: samples is 0, expected at least 1",
                "generate | --max-tokens | 0 | --max-tokens: max_tokens is 0, expected at least 1",
                "generate | --temperature | -1 | --temperature: temperature is -1.0, expected 0 (greedy) or 1.0E-30 to"
                        + " 100",
                "generate | --temperature | 1e-40 | --temperature: temperature is 1.0E-40, expected 0 (greedy) or"
                        + " 1.0E-30 to 100",
                "generate | --temperature | 1e-50 | --temperature: temperature is 1.0E-50, expected 0 (greedy) or"
                        + " 1.0E-30 to 100",
                "generate | --top-p | 0 | --top-p: top_p is 0.0, expected more than 0 and at most 1 (all tokens)",
                "generate | --max-tokens | 1000 | DIR/data.jsonl:1: found a prompt of 4 tokens, before a response of up"
                        + " to 1000, expected together at most 41, as the model has positions; lower max_tokens,"
                        + " shorten the prompt or remove the row",
                "logprobs | --temperature | 0 | --temperature: temperature is 0.0, expected 1.0E-30 to 100"
            })
    void ofGenerationAndScoring(String command, String option, String value, String line) throws IOException {
        refused(line, command, "--model", model, "--data", data, option, value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--jobs | 0 | --jobs: found 0, expected at least 1",
                "--backend | gpu | backend is 'gpu', expected one of auto, cpu",
                "--preset | quik | preset is 'quik', expected one of quick, standard",
                "--align.warmup | 9999 | --align.warmup: align.warmup is 9999, expected at most the run's",
                "--align.batch | -3 | --align.batch: batch is -3, expected at least 1",
                "--flip | 1.5 | --flip: preferences.flip is 1.5, expected a share from 0 to 1",
                "--sead | 3 | --sead: unknown option; did you mean --seeds?"
            })
    void ofAStudy(String option, String value, String line) {
        assertThat(terminal.run("study", "--out", folder + "/study", option, value))
                .isEqualTo(2);
        assertThat(terminal.err()).startsWith("daa: " + line).hasLineCount(1);
        assertThat(folder.resolve("study")).doesNotExist();
    }

    @Test
    void anUnknownCellListsTheCells() {
        assertThat(terminal.run("study", "--out", folder + "/study", "--cell", "dpo"))
                .isEqualTo(2);
        assertThat(terminal.err())
                .startsWith("daa: --cell: found dpo, expected one of dpo-beta0.")
                .hasLineCount(1);
        assertThat(folder.resolve("study")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "objectives | --check | a JSON file",
                "fit | --points | a CSV file with distance,reward",
            })
    void ofAFolderInPlaceOfAFile(String command, String option, String expected) throws IOException {
        refused("DIR: found a folder, expected " + expected, command, option, folder.toString());
    }
}
