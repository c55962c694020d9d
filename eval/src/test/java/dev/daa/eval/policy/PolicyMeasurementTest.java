package dev.daa.eval.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PolicyMeasurementTest {
    private static final int VOCABULARY = 11;
    private static final int[][] PROMPTS = {{1, 2, 3}, {4, 5}, {6, 7, 8, 9}};

    @TempDir
    Path folder;

    private Path policy;
    private Path reference;
    private Path data;

    @BeforeEach
    void writeModels() throws IOException {
        policy = model("policy", 1);
        reference = model("reference", 2);
        List<String> rows = new ArrayList<>();
        for (int[] prompt : PROMPTS) {
            rows.add("{\"prompt_ids\":" + java.util.Arrays.toString(prompt) + "}");
        }
        data = Files.write(folder.resolve("prompts.jsonl"), rows);
    }

    private Path model(String name, long seed) throws IOException {
        return model(name, Head.LANGUAGE, seed, 0);
    }

    /// @param distance how far each weight is moved, up or down
    private Path model(String name, Head head, long seed, double distance) throws IOException {
        SplittableRandom steps = new SplittableRandom(3);
        Path path = Files.createDirectories(folder.resolve(name));
        try (Backend backend = Backend.open("cpu", 1)) {
            TransformerParameters parameters =
                    new TransformerParameters(TransformerConfig.gpt2(VOCABULARY, 12, 2, 3, 24), head, "model");
            Model model = Model.initialize(backend, parameters, new SplittableRandom(seed));
            float[] weights = model.flatWeights();
            for (int i = 0; i < weights.length; i++) {
                weights[i] *= 3; // far from uniform, so that the models differ
                weights[i] += (float) (distance * steps.nextDouble(-1, 1));
            }
            ModelFolder.write(path, parameters, new float[][] {weights}, ModelText.endingWith(null, 0));
        }
        return path;
    }

    private PolicyMeasurement measure(Path model, String... more) {
        List<Assignment> options = new ArrayList<>(List.of(
                new Assignment("model", model.toString()),
                new Assignment("reference", reference.toString()),
                new Assignment("data", data.toString())));
        for (int i = 0; i < more.length; i += 2) {
            Assignment one = new Assignment(more[i], more[i + 1]);
            options.removeIf(other -> other.key().equals(one.key()));
            options.add(one);
        }
        return PolicyMeasurement.of(Configs.read(MeasureConfig.class, null, options), () -> false);
    }

    /// log-probability of every token as the one-token answer to a prompt.
    private double[] next(Path model, int[] prompt) {
        ModelFolder source = ModelFolder.open(model);
        TransformerParameters parameters = new TransformerParameters(source.config(), Head.LANGUAGE, "model");
        List<Sequence> answers = new ArrayList<>();
        for (int token = 0; token < VOCABULARY; token++) {
            answers.add(new Sequence(prompt, new int[] {token}));
        }
        try (Backend backend = Backend.open("cpu", 1);
                LogProbScorer scorer = new LogProbScorer(
                        backend, Model.of(backend, parameters, source.weights(parameters)), 8, 64, 1)) {
            return java.util.Arrays.stream(scorer.score(answers, () -> false))
                    .mapToDouble(logProbs -> logProbs[0])
                    .toArray();
        }
    }

    /// Score of every token as the one-token answer to a prompt.
    private double[] scores(Path judge, int[] prompt) {
        List<Sequence> answers = new ArrayList<>();
        for (int token = 0; token < VOCABULARY; token++) {
            answers.add(new Sequence(prompt, new int[] {token}));
        }
        try (Backend backend = Backend.open("cpu", 1);
                ResponseReward model = RewardModel.of(backend, ModelFolder.open(judge), 8, 0)) {
            return model.score(answers, () -> false);
        }
    }

    @Test
    void divergencesOfOneTokenAreThoseOfItsDistribution() {
        double kl = 0;
        double forward = 0;
        double entropy = 0;
        for (int[] prompt : PROMPTS) {
            double[] p = next(policy, prompt);
            double[] q = next(reference, prompt);
            for (int token = 0; token < VOCABULARY; token++) {
                kl += Math.exp(p[token]) * (p[token] - q[token]) / PROMPTS.length;
                forward += Math.exp(q[token]) * (q[token] - p[token]) / PROMPTS.length;
                entropy -= Math.exp(p[token]) * p[token] / PROMPTS.length;
            }
        }
        PolicyMeasurement measured = measure(policy, "max-tokens", "1", "samples", "2");
        assertThat(kl).isGreaterThan(0.05);
        assertThat(measured.kl().mean()).isCloseTo(kl, within(1e-5));
        assertThat(measured.forwardKl().mean()).isCloseTo(forward, within(1e-5));
        assertThat(measured.entropy()).isCloseTo(entropy, within(1e-5));
        assertThat(measured.length().mean()).isEqualTo(1);
        assertThat(measured.prompts()).isEqualTo(3);
    }

    /// Over all pairs of one-token answers, drawn independently: 0.529. By the same random numbers it would be
    /// 0.494.
    @Test
    void theWinRateIsThatOfIndependentAnswers() throws IOException {
        Path near = model("near", Head.LANGUAGE, 2, 0.2);
        Path judge = model("judge", Head.SCALAR, 8, 0);
        double win = 0;
        double reward = 0;
        for (int[] prompt : PROMPTS) {
            double[] p = next(near, prompt);
            double[] q = next(reference, prompt);
            double[] score = scores(judge, prompt);
            for (int own = 0; own < VOCABULARY; own++) {
                for (int other = 0; other < VOCABULARY; other++) {
                    double mass = Math.exp(p[own] + q[other]) / PROMPTS.length;
                    win += mass * (score[own] > score[other] ? 1 : score[own] == score[other] ? 0.5 : 0);
                    reward += mass * (score[own] - score[other]);
                }
            }
        }
        PolicyMeasurement measured =
                measure(near, "reward", "[" + judge + "]", "max-tokens", "1", "samples", "4000", "batch", "1024");
        double standardError = Math.sqrt(0.25 / (4000 * PROMPTS.length));
        PolicyMeasurement.Value rate = Objects.requireNonNull(measured.winRate());
        assertThat(rate.mean()).isCloseTo(win, within(4 * standardError));
        assertThat(Objects.requireNonNull(measured.reward()).mean()).isCloseTo(reward, within(0.2));
    }

    @Test
    void theReferenceIsNoWayFromItself() {
        PolicyMeasurement measured = measure(reference, "max-tokens", "6", "prompts", "2");
        assertThat(measured.prompts()).isEqualTo(2);
        assertThat(measured.kl().mean()).isZero();
        assertThat(measured.klK1().mean()).isZero();
        assertThat(measured.forwardKl().mean()).isZero();
        assertThat(measured.reward()).isNull();
    }
}
