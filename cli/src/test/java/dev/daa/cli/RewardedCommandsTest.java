package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The commands that choose by, score with and train on a reward model.
class RewardedCommandsTest {
    @TempDir
    Path folder;

    private Path model;
    private Path reward;
    private Path data;

    @BeforeEach
    void write() throws IOException {
        model = SmallFiles.model(folder.resolve("model"));
        data = SmallFiles.pairs(folder.resolve("data.jsonl"), 3);
        reward = rewardModel("reward", 3, 1);
    }

    /// A random reward model, every weight times a factor.
    private Path rewardModel(String name, long seed, float factor) throws IOException {
        Path path = Files.createDirectories(folder.resolve(name));
        TransformerConfig config = TransformerConfig.gpt2(SmallFiles.VOCABULARY, 12, 2, 3, 40);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model scalar = Model.initialize(
                    backend, new TransformerParameters(config, Head.SCALAR, "reward"), new SplittableRandom(seed));
            float[] weights = scalar.flatWeights();
            for (int i = 0; i < weights.length; i++) {
                weights[i] *= factor;
            }
            ModelFolder.write(path, scalar.parameters(), new float[][] {weights}, ModelText.endingWith(null, 0));
        }
        return path;
    }

    private String[] eval(Path policy, String... more) {
        return Stream.concat(
                        Stream.of(
                                "eval",
                                "--model",
                                policy.toString(),
                                "--reference",
                                model.toString(),
                                "--data",
                                data.toString(),
                                "--max-tokens",
                                "9"),
                        Arrays.stream(more))
                .toArray(String[]::new);
    }

    private List<JsonNode> rows(String... arguments) {
        RecordedTerminal terminal = new RecordedTerminal(false);
        String[] all = Stream.concat(Arrays.stream(arguments), Stream.of("--placement.threads", "1"))
                .toArray(String[]::new);
        assertThat(terminal.run(all)).as(terminal.err()).isZero();
        return terminal.out().lines().map(JsonMapper.shared()::readTree).toList();
    }

    private List<JsonNode> bestOfN(String... more) {
        return rows(bestOfNCommand(more));
    }

    private String[] bestOfNCommand(String... more) {
        return Stream.concat(
                        Stream.of(
                                "best-of-n",
                                "--model",
                                model.toString(),
                                "--reward",
                                reward.toString(),
                                "--data",
                                data.toString(),
                                "--max-tokens",
                                "9",
                                "--n",
                                "6"),
                        Arrays.stream(more))
                .toArray(String[]::new);
    }

    private List<Double> scores(List<JsonNode> responses) throws IOException {
        Path file = Files.write(
                folder.resolve("responses.jsonl"),
                responses.stream().map(JsonNode::toString).toList());
        return rows("score", "--reward", reward.toString(), "--data", file.toString()).stream()
                .map(row -> row.get("score").asDouble())
                .toList();
    }

    /// All n in order are the samples; the first of them is the best, and `daa score` says of each what was
    /// printed.
    @Test
    void theBestComesFirstAndScoresAgree() throws IOException {
        List<JsonNode> all = bestOfN("--keep", "6");
        assertThat(all).hasSize(18);
        List<Double> scores = scores(all);
        for (int prompt = 0; prompt < 3; prompt++) {
            for (int i = 0; i < 6; i++) {
                double score = all.get(6 * prompt + i).get("score").asDouble();
                assertThat(scores.get(6 * prompt + i)).isCloseTo(score, org.assertj.core.api.Assertions.within(1e-6));
                assertThat(score)
                        .isLessThanOrEqualTo(all.get(6 * prompt).get("score").asDouble());
            }
        }
        List<JsonNode> best = bestOfN();
        assertThat(best).containsExactly(all.get(0), all.get(6), all.get(12));
    }

    /// As behind `| head -1`: what is to come is neither computed nor written.
    @Test
    void theBestOfNEndsWhereItsReaderHas() {
        AtomicInteger rows = new AtomicInteger();
        OutputStream ended = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }

            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
                rows.addAndGet((int) new String(bytes, from, count, StandardCharsets.UTF_8)
                        .chars()
                        .filter(letter -> letter == '{')
                        .count());
                throw new IOException("Broken pipe");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new PrintStream(ended, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        int code = new CommandLineInterface(terminal).run(bestOfNCommand("--placement.threads", "1"));
        assertThat(code).isEqualTo(1);
        assertThat(rows).hasValue(1);
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .endsWith(
                        "daa: the output is incomplete: it could not be written, as on a full disk or where its reader"
                                + " has ended")
                .noneMatch(line -> line.contains("KL to the sampler"));
    }

    /// A choice that hardly looks at scores is near the sampler; a sharp one is as far as log 6 at most.
    @ParameterizedTest
    @CsvSource({"1e-6,0.000", "1e9,1.792"})
    void theSoftChoiceSaysHowFarItIsFromTheSampler(String sharpness, String bound) {
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(bestOfNCommand("--sharpness", sharpness, "--placement.threads", "1")))
                .isZero();
        assertThat(terminal.err())
                .contains("soft best of 6, sharpness " + Double.parseDouble(sharpness) + ": KL to the sampler at most "
                        + bound + " nats, by the weights of these samples");
    }

    /// The worst of two is that of centred scores, from zero: on the file's rows in `daa score`, on samples of the
    /// model in `daa best-of-n`.
    @Test
    void theWorstOfTwoIsThatOfCentredScores() throws IOException {
        Path other = SmallFiles.rewardModel(folder.resolve("other"), 4);
        List<JsonNode> all = bestOfN("--keep", "6");
        double[] first = centred(scores(all, reward.toString()));
        double[] second = centred(scores(all, other.toString()));
        double[] expected = new double[first.length];
        Arrays.setAll(expected, i -> Math.min(first[i], second[i]));
        String both = reward + "," + other;
        assertThat(scores(all, both, "--combine", "worst-case"))
                .containsExactly(centred(expected), org.assertj.core.api.Assertions.within(1e-6));
    }

    private static double[] centred(double[] scores) {
        double mean = Arrays.stream(scores).average().orElseThrow();
        return Arrays.stream(scores).map(score -> score - mean).toArray();
    }

    private double[] scores(List<JsonNode> responses, String models, String... more) throws IOException {
        Path file = Files.write(
                folder.resolve("responses.jsonl"),
                responses.stream().map(JsonNode::toString).toList());
        return rows(Stream.concat(
                                Stream.of("score", "--reward", models, "--data", file.toString()), Arrays.stream(more))
                        .toArray(String[]::new))
                .stream()
                .mapToDouble(row -> row.get("score").asDouble())
                .toArray();
    }

    /// With 256 samples of the same three prompts to centre on, 192 of them score 0 up to chance.
    @Test
    void theBestOfNScoresZeroOnAverageUnderTheWorstOfTwo() throws IOException {
        Path first = SmallFiles.rewardModel(folder.resolve("first"), 11);
        Path second = SmallFiles.rewardModel(folder.resolve("second"), 12);
        double mean = rows(
                        "best-of-n",
                        "--model",
                        model.toString(),
                        "--reward",
                        first + "," + second,
                        "--combine",
                        "worst-case",
                        "--data",
                        data.toString(),
                        "--max-tokens",
                        "9",
                        "--n",
                        "64",
                        "--keep",
                        "64")
                .stream()
                .mapToDouble(row -> row.get("score").asDouble())
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0, org.assertj.core.api.Assertions.within(0.1));
    }

    /// Pairs are the best against the worst, and data for `daa align`.
    @Test
    void pairsAreTheBestAgainstTheWorst() throws IOException {
        List<JsonNode> all = bestOfN("--keep", "6");
        List<JsonNode> pairs = bestOfN("--pairs", "true");
        assertThat(pairs).hasSize(3);
        for (int prompt = 0; prompt < 3; prompt++) {
            assertThat(pairs.get(prompt).get("chosen_ids"))
                    .isEqualTo(all.get(6 * prompt).get("response_ids"));
            assertThat(pairs.get(prompt).get("rejected_score"))
                    .isEqualTo(all.get(6 * prompt + 5).get("score"));
        }
        Path file = Files.write(
                folder.resolve("pairs.jsonl"),
                pairs.stream().map(JsonNode::toString).toList());
        RecordedTerminal align = new RecordedTerminal(false);
        assertThat(align.run(
                        "align",
                        "--model",
                        model.toString(),
                        "--data",
                        file.toString(),
                        "--out",
                        folder.resolve("aligned").toString(),
                        "--batch",
                        "3",
                        "--kl-prompts",
                        "0"))
                .as(align.err())
                .isZero();
    }

    /// The bound takes √d·c times a distance off; twice the factor takes twice as much.
    @Test
    void theLowerConfidenceBoundIsAKindOfReward() throws IOException {
        List<JsonNode> responses = bestOfN("--keep", "6");
        Path file = Files.write(
                folder.resolve("responses.jsonl"),
                responses.stream().map(JsonNode::toString).toList());
        List<Double> plain = scores(responses);
        List<List<Double>> bounds = new ArrayList<>();
        for (String factor : List.of("0.5", "1")) {
            bounds.add(rows(
                            "score",
                            "--reward",
                            reward.toString(),
                            "--data",
                            file.toString(),
                            "--factor",
                            factor,
                            "--comparisons",
                            data.toString())
                    .stream()
                    .map(row -> row.get("score").asDouble())
                    .toList());
        }
        for (int i = 0; i < plain.size(); i++) {
            double half = plain.get(i) - bounds.get(0).get(i);
            double whole = plain.get(i) - bounds.get(1).get(i);
            assertThat(half).isPositive();
            assertThat(whole).isCloseTo(2 * half, within(1e-5));
        }
        assertThat(bestOfN("--factor", "1", "--comparisons", data.toString())).hasSize(3);
    }

    /// 0.25 for each token beyond the first two.
    @Test
    void tokensCanCost() throws IOException {
        List<JsonNode> responses = bestOfN("--keep", "6");
        Path file = Files.write(
                folder.resolve("responses.jsonl"),
                responses.stream().map(JsonNode::toString).toList());
        List<Double> plain = scores(responses);
        List<JsonNode> charged = rows(
                "score",
                "--reward",
                reward.toString(),
                "--data",
                file.toString(),
                "--per-token",
                "0.25",
                "--free-tokens",
                "2");
        for (int i = 0; i < plain.size(); i++) {
            int beyond = Math.max(0, responses.get(i).get("response_ids").size() - 2);
            assertThat(charged.get(i).get("score").asDouble()).isCloseTo(plain.get(i) - 0.25 * beyond, within(1e-5));
        }
        assertThat(bestOfN("--residual")).hasSize(3);
    }

    /// Both draw the same responses, so every difference of rewards is 0, whatever the rewards are.
    @ParameterizedTest
    @ValueSource(strings = {"mean", "worst-case", "uncertainty", "kl-dro"})
    void aPolicyThatIsItsReferenceEarnsNothingWithCertainty(String combine) throws IOException {
        String both = reward + "," + rewardModel("other", 4, 1);
        JsonNode earned = rows(eval(model, "--samples", "4", "--reward", both, "--combine", combine))
                .getFirst()
                .get("reward");
        assertThat(earned.get("mean").asDouble()).isZero();
        assertThat(earned.get("se").asDouble()).isZero();
    }

    /// The reward is relative to the reference's, and so is its standard error over prompts: with one response to
    /// each of n prompts, the standard deviation of the differences over √n.
    @Test
    void theRewardAndItsErrorAreOfTheDifferences() throws IOException {
        Path policy = SmallFiles.scaledModel(folder.resolve("policy"), 3);
        List<List<Double>> scores = new ArrayList<>();
        for (Path sampled : List.of(policy, model)) {
            List<JsonNode> responses = new ArrayList<>();
            for (JsonNode row : rows(
                    "generate",
                    "--model",
                    sampled.toString(),
                    "--data",
                    data.toString(),
                    "--max-tokens",
                    "9",
                    "--temperature",
                    "1")) {
                responses.add(row);
            }
            scores.add(scores(responses));
        }
        double[] differences = new double[3];
        Arrays.setAll(differences, i -> scores.get(0).get(i) - scores.get(1).get(i));
        double mean = Arrays.stream(differences).average().orElseThrow();
        double squares = Arrays.stream(differences)
                .map(difference -> (difference - mean) * (difference - mean))
                .sum();
        JsonNode earned =
                rows(eval(policy, "--reward", reward.toString())).getFirst().get("reward");
        assertThat(earned.get("mean").asDouble()).isCloseTo(mean, within(1e-6));
        assertThat(earned.get("se").asDouble()).isCloseTo(Math.sqrt(squares / 2 / 3), within(1e-6));
    }

    /// The second id of generation_config.json ends responses, too.
    @Test
    void generationStopsAtEveryIdThatTheModelLists() throws IOException {
        Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [0, 5, 9]}");
        List<JsonNode> responses = rows(
                "generate",
                "--model",
                model.toString(),
                "--data",
                data.toString(),
                "--samples",
                "60",
                "--max-tokens",
                "30");
        List<Integer> ends = new ArrayList<>();
        for (JsonNode response : responses) {
            List<Integer> ids = response.get("response_ids")
                    .valueStream()
                    .map(JsonNode::intValue)
                    .toList();
            assertThat(ids.subList(0, ids.size() - 1)).doesNotContain(0, 5, 9);
            if (response.get("stopped").asBoolean()) {
                ends.add(ids.getLast());
            }
        }
        assertThat(ends).contains(0, 5, 9);
    }

    @Test
    void aScoreThatIsNotFiniteNamesRewardModelAndResponse() throws IOException {
        Path broken = rewardModel("broken", 3, 1e18f);
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(eval(model, "--reward", reward + "," + broken))).isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: " + broken + ": response 1 of 3: found a score of NaN, expected finite numbers; the"
                        + " reward model's weights are too large; use another or an earlier checkpoint\n");
        assertThat(terminal.out()).isEmpty();
    }

    @Test
    void aPolicyWhoseAnswersOverflowIsNamed() throws IOException {
        Path policy = SmallFiles.scaledModel(folder.resolve("policy"), 1e18f);
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(eval(policy))).isEqualTo(2);
        assertThat(terminal.err())
                .isEqualTo("daa: " + policy + ": response 1: found a log-probability of NaN, expected finite numbers;"
                        + " the model's weights are too large; use another model or an earlier checkpoint\n");
    }

    @Test
    void whatSaysHowRewardModelsScoreNeedsOne() {
        for (List<String> way : List.of(
                List.of("--combine", "worst-case", "combine"),
                List.of("--per-token", "0.1", "length_penalty"),
                List.of("--residual", "true", "length_penalty"))) {
            RecordedTerminal terminal = new RecordedTerminal(false);
            assertThat(terminal.run(eval(model, way.get(0), way.get(1)))).isEqualTo(2);
            assertThat(terminal.err())
                    .contains(way.get(2) + " is set and reward is empty, expected --reward or no " + way.get(2));
        }
    }

    @Test
    void aLanguageModelIsNoReward() {
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run("score", "--reward", model.toString(), "--data", data.toString()))
                .isEqualTo(2);
        assertThat(terminal.err())
                .contains(model + ": found a language model, expected a reward model, as `daa reward` trains");
    }

    @Test
    void reinforcementAndOnlineAlignmentLeaveAModelFolder() {
        for (String command : List.of("ppo", "online")) {
            Path out = folder.resolve(command);
            RecordedTerminal terminal = new RecordedTerminal(false);
            assertThat(terminal.run(
                            command,
                            "--model",
                            model.toString(),
                            "--reward",
                            reward.toString(),
                            "--data",
                            data.toString(),
                            "--out",
                            out.toString(),
                            "--max-tokens",
                            "9",
                            "--batch",
                            "4",
                            "--factor",
                            "0.5",
                            "--comparisons",
                            data.toString(),
                            "--steps",
                            "2"))
                    .as(terminal.err())
                    .isZero();
            assertThat(out.resolve("model.safetensors")).exists();
        }
    }
}
