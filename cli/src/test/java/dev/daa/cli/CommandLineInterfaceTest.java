package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.Law;
import dev.daa.eval.study.StudyPresets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class CommandLineInterfaceTest {
    private final RecordedTerminal terminal = new RecordedTerminal(false);

    @TempDir
    Path folder;

    private void refused(String line, String... arguments) {
        assertThat(terminal.run(arguments)).isEqualTo(2);
        assertThat(terminal.err()).isEqualTo(line + "\n");
        assertThat(terminal.out()).isEmpty();
    }

    @Test
    void anOutputThatCannotBeWrittenIsAFailureInOneLine() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream full = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        Terminal terminal = new Terminal(
                new PrintStream(full, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        assertThat(new CommandLineInterface(terminal).run("objectives")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("daa: the output is incomplete")
                .hasLineCount(1);
    }

    @Test
    void withoutACommandShowsTheHelp() {
        assertThat(terminal.run()).isZero();
        assertThat(terminal.out())
                .startsWith("Usage: daa")
                .contains("objectives")
                .contains("Exit codes:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fit", "objectives", "inspect", "devices", "eval", "sft", "ppo", "study"})
    void everyCommandHasHelp(String command) {
        assertThat(terminal.run(command, "--help")).isZero();
        assertThat(terminal.out()).startsWith("Usage: daa " + command).containsOnlyOnce("Exit codes:");
    }

    @Test
    void anUnknownCommandOrOptionIsOneLineWithASuggestion() {
        refused("daa: Unmatched argument at index 0: 'fitt'; did you mean fit? (daa --help lists everything)", "fitt");
    }

    @Test
    void anUnknownOptionIsOneLineWithASuggestion() {
        refused(
                "daa: Unknown options: '--lawe', 'rl'; did you mean --law? (daa fit --help lists everything)",
                "fit",
                "--points",
                "x.csv",
                "--lawe",
                "rl");
    }

    @Test
    void aMissingFileIsOneLine() {
        Path absent = folder.resolve("absent");
        refused("daa: " + absent + ": no such file or folder", "inspect", absent.toString());
    }

    @Test
    void debugAddsTheStackTrace() {
        assertThat(terminal.run("inspect", "absent", "--debug")).isEqualTo(2);
        assertThat(terminal.err())
                .startsWith("dev.daa.compute.InputException: absent")
                .contains("\tat ")
                .endsWith("daa: absent: no such file or folder\n");
    }

    /// Exact points of d(2 − 0.5 log d); its peak is at exp(2/0.5 − 1) = e³ with reward 0.5·e³.
    @Test
    void fitAnswersInJson() throws IOException {
        StringBuilder csv = new StringBuilder("distance,reward\n");
        for (double d : new double[] {0.5, 1, 2, 4, 8, 16, 32}) {
            csv.append(d).append(',').append(d * (2 - 0.5 * Math.log(d))).append('\n');
        }
        Path points = Files.writeString(folder.resolve("points.csv"), csv);
        assertThat(terminal.run("fit", "--points", points.toString(), "--law", "rl"))
                .isZero();
        JsonNode fit = JsonMapper.shared().readTree(terminal.out());
        assertThat(fit.path("alpha").asDouble()).isCloseTo(2, within(1e-9));
        assertThat(fit.path("beta").asDouble()).isCloseTo(0.5, within(1e-9));
        assertThat(fit.path("peak_distance").asDouble()).isCloseTo(Math.exp(3), within(1e-7));
        assertThat(fit.path("peak_reward").asDouble()).isCloseTo(0.5 * Math.exp(3), within(1e-7));
    }

    /// Two prompts of gold u − ½u⁸, whose threshold is 6; scores in the order of their expected quantiles.
    @Test
    void fitFindsTheThresholdsOfSamples() throws IOException {
        StringBuilder csv = new StringBuilder("prompt,proxy,gold\n");
        for (String prompt : List.of("a", "b")) {
            for (int k = 1; k <= 40; k++) {
                double eighth = 1;
                for (int j = 0; j < 8; j++) {
                    eighth *= (double) (k + j) / (41 + j);
                }
                csv.append(prompt)
                        .append(',')
                        .append(k)
                        .append(',')
                        .append(k / 41.0 - eighth / 2)
                        .append('\n');
            }
        }
        String samples = Files.writeString(folder.resolve("samples.csv"), csv).toString();
        assertThat(terminal.run("fit", "--samples", samples)).isZero();
        List<JsonNode> lines =
                terminal.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines).extracting(line -> line.path("parameter").asString()).containsExactly("n", "lambda", "mu");
        assertThat(lines.getFirst().path("threshold").asDouble()).isCloseTo(6, within(0.03));
        assertThat(lines.getFirst().path("outcome").asString()).isEqualTo("interior");
        assertThat(lines.getFirst().path("gold").asDouble()).isCloseTo(9 / 14.0, within(1e-5));
        assertThat(lines.getFirst().path("has_interval").asBoolean()).isFalse();
        assertThat(lines.getLast().path("threshold").asDouble()).isCloseTo(6.27893246629769, within(0.05));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "fit --samples s.csv --law bon; fit --samples: found --law, expected no such option, which is for"
                        + " --points",
                "fit; Error: Missing required argument (specify one of these): (--points=FILE.csv |"
                        + " --samples=FILE.csv) (daa fit --help lists everything)",
                "fit --points s.csv --samples s.csv; Error: --points=FILE.csv, --samples=FILE.csv are mutually"
                        + " exclusive (specify only one) (daa fit --help lists everything)"
            })
    void fitTakesPointsOrSamples(String arguments, String message) {
        refused("daa: " + message, arguments.split(" "));
    }

    @Test
    void helpIsAlsoAskedForByItsWord() {
        assertThat(terminal.run("help")).isZero();
        assertThat(terminal.out()).contains("Start here: daa study --preset quick");
        assertThat(terminal.run("help", "fit")).isZero();
        assertThat(terminal.out()).contains("Usage: daa fit ");
    }

    @Test
    void helpOfFitExplainsEveryLaw() {
        assertThat(terminal.run("fit", "--help")).isZero();
        assertThat(terminal.out())
                .contains(
                        Arrays.stream(Law.values()).map(law -> law.key() + ": ").toArray(String[]::new));
    }

    @Test
    void helpNamesEveryPreset() {
        assertThat(terminal.run("study", "--help")).isZero();
        assertThat(terminal.out().replaceAll("\\s+", " ")).contains(String.join(", ", StudyPresets.NAMES) + ".");
    }

    /// The help's c + d(α − βd) is what the answer's numbers mean: 1 + 2d − 0.5d² here.
    @Test
    void fitNamesTheCoefficientsOfAQuadraticAsItsHelpDoes() throws IOException {
        Path points = Files.writeString(folder.resolve("points.csv"), "distance,reward\n1,2.5\n2,3\n3,2.5\n4,1\n");
        assertThat(terminal.run("fit", "--points", points.toString(), "--law", "quadratic_distance"))
                .isZero();
        JsonNode fit = JsonMapper.shared().readTree(terminal.out());
        assertThat(fit.path("intercept").asDouble()).isCloseTo(1, within(1e-9));
        assertThat(fit.path("alpha").asDouble()).isCloseTo(2, within(1e-9));
        assertThat(fit.path("beta").asDouble()).isCloseTo(0.5, within(1e-9));
        assertThat(terminal.run("fit", "--help")).isZero();
        assertThat(terminal.out()).contains("quadratic_distance: c + d(α − βd)", "quadratic_kl: c + d²(α − βd²)");
    }

    /// At policy = reference the DPO loss is ln 2 and its derivatives are ∓β/2, over the number of pairs.
    @Test
    void objectivesEvaluatesAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("check.json"), """
            {"objective":"dpo","beta":0.2,"policy_chosen":[-1,-2],"policy_rejected":[-3,-4],
             "reference_chosen":[-1,-2],"reference_rejected":[-3,-4],"chosen_length":[1,1],"rejected_length":[1,1]}
            """);
        assertThat(terminal.run("objectives", "--check", file.toString())).isZero();
        JsonNode answer = JsonMapper.shared().readTree(terminal.out());
        for (int pair = 0; pair < 2; pair++) {
            assertThat(answer.path("loss").get(pair).asDouble()).isCloseTo(Math.log(2), within(1e-12));
            assertThat(answer.path("d_policy_chosen").get(pair).asDouble()).isCloseTo(-0.05, within(1e-12));
            assertThat(answer.path("d_policy_rejected").get(pair).asDouble()).isCloseTo(0.05, within(1e-12));
        }
    }

    @Test
    void objectivesListsAndShows() {
        assertThat(terminal.run("objectives")).isZero();
        assertThat(terminal.out().lines())
                .anyMatch(line -> line.startsWith("ipo "))
                .anyMatch(line -> line.strip()
                        .equals("also sigmoid; 2305.18290 eq. 7; needs reference log-probs; beta = 0.1,"
                                + " label_smoothing = 0, margin options"))
                .anyMatch(line -> line.endsWith("claims to mitigate: yes, provably"));
        assertThat(terminal.run("objectives", "dpo")).isZero();
        assertThat(terminal.out()).contains("2305.18290").contains("--beta");
    }

    /// As the commands that train take them: `--label-smoothing` is no option.
    @Test
    void anObjectivesParametersAreShownAsTheyAreGiven() {
        assertThat(terminal.run("objectives", "cdpo")).isZero();
        assertThat(terminal.out())
                .contains("\n  --beta ", "\n  label_smoothing ")
                .endsWith("\nKeys without -- are given as --parameters '{label_smoothing: 0.1}'.\n");
    }

    @Test
    void aClasspathIsForWhatIsChecked() {
        assertThat(terminal.run("objectives", "my.Loss", "--classpath", folder.toString()))
                .isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: --classpath: found it without --check, expected a class that --check evaluates; daa"
                        + " align --objective CLASS --classpath … trains with it\n");
    }

    @Test
    void devicesNamesTheCpuBackend() {
        assertThat(terminal.run("devices")).isZero();
        assertThat(terminal.out().lines())
                .anyMatch(line -> line.startsWith("JDK "))
                .anyMatch(line -> line.startsWith("cpu "));
    }

    /// What a model of more parameters than an array holds would take is known from its config alone.
    @Test
    void inspectNeedsNoWeights() throws IOException {
        Files.writeString(folder.resolve("config.json"), """
            {"architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "hidden_size": 2560,
             "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 10240, "vocab_size": 50304,
             "max_position_embeddings": 2048, "rotary_pct": 0.25, "rotary_emb_base": 10000, "hidden_act": "gelu",
             "layer_norm_eps": 1e-05, "use_parallel_residual": true, "tie_word_embeddings": false,
             "bos_token_id": 0, "eos_token_id": 0}
            """);
        assertThat(terminal.run("inspect", folder.toString())).isZero();
        assertThat(terminal.out())
                .startsWith("gpt_neox with a language head, 2,775,208,960 parameters, 10,586 MiB in fp32\n")
                .contains("\nno weights\n", "parameters 10,586.6 MiB, gradients 10,586.6 MiB, optimizer 21,173.2 MiB");
    }

    @Test
    void inspectSaysWhatEachCommandTakes() throws IOException {
        assertThat(terminal.run(
                        "inspect", SmallFiles.model(folder.resolve("model")).toString()))
                .isZero();
        assertThat(terminal.out())
                .contains("memory with a micro-batch of 4 rows of 40 tokens, 64 responses at a time\n");
        for (String command : List.of("sft", "reward", "align", "ppo", "online")) {
            for (String options : List.of("", " --recompute", " --lora-rank 8", " --lora-rank 8 --recompute")) {
                assertThat(terminal.out()).containsPattern("  " + command + options + " +[\\d.]+ MiB: parameters");
            }
        }
        for (String command : List.of("generate", "best-of-n", "score")) {
            assertThat(terminal.out()).containsPattern("  " + command + " +[\\d.]+ MiB: parameters");
        }
    }

    @Test
    void theProcessExitsWithTheCode() throws IOException, InterruptedException {
        Process daa = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElse("java"),
                        "--add-modules=jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "inspect",
                        folder.toString()))
                .redirectError(folder.resolve("err").toFile())
                .start();
        assertThat(daa.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(daa.exitValue()).isEqualTo(2);
        assertThat(Files.readString(folder.resolve("err")).lines().filter(line -> !line.startsWith("WARNING")))
                .containsExactly("daa: " + folder
                        + ": found a folder without config.json, adapter_config.json or manifest.json, expected a"
                        + " model, adapter or run folder");
    }

    @Test
    void aFileThatMayNotBeReadIsBadInput() {
        AccessDeniedException denied = new AccessDeniedException("runs/a/points.csv");
        for (Exception failure : List.of(denied, new UncheckedIOException(denied))) {
            assertThat(CommandLineInterface.mendable(failure))
                    .isInstanceOf(InputException.class)
                    .hasMessage("runs/a/points.csv: access denied; give this user the right to it");
        }
        Exception broken = new UncheckedIOException(new IOException("Input/output error"));
        assertThat(CommandLineInterface.mendable(broken)).isSameAs(broken);
    }
}
