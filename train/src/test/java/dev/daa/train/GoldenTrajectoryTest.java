package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Program;
import dev.daa.compute.Tensor;
import dev.daa.model.checkpoint.CheckpointLayout;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Packing;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.Transformer;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Examples;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.PairLoss;
import dev.daa.train.run.Metrics;
import dev.daa.train.sft.SftLearner;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A model folder of transformers, read by our reader, gives transformers' logits, gradients,
/// log-probabilities, training trajectory and greedy tokens. Tests of other backends extend this.
public class GoldenTrajectoryTest {
    /// Opens the backend under test.
    protected Backend open() {
        return Backend.open("cpu", 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "neox_serial"})
    void logitsOfEveryRow(String name) {
        GoldenModel golden = GoldenModel.read(name);
        try (Backend backend = open()) {
            Model model = golden.model(backend);
            Graph graph = new Graph();
            Tensor hidden = Transformer.record(graph, model.parameters());
            Tensor logits = graph.linear("logits", hidden, model.parameters().headWeight(), null, null);
            Capacity capacity = Capacity.training(64, 3, 0, 0);
            try (Program program = backend.compile(graph, capacity, model.values())) {
                Batch batch = new Batch(capacity);
                for (int[] ids : golden.sequences()) {
                    batch.addSegment(ids, 0, ids.length, -1);
                }
                program.forward(batch);
                int vocabulary = model.config().vocabulary();
                float[] found = new float[batch.rows() * vocabulary];
                program.read(logits, batch, found);
                int row = 0;
                for (int s = 0; s < golden.sequences().size(); s++) {
                    int values = golden.sequences().get(s).length * vocabulary;
                    float[] expected = golden.logits(s);
                    assertThat(Arrays.copyOfRange(found, row * vocabulary, row * vocabulary + values))
                            .as("sequence %d", s)
                            .usingComparatorWithPrecision(2e-5f)
                            .containsExactly(Arrays.copyOf(expected, values));
                    row += golden.sequences().get(s).length;
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "neox_serial"})
    void logProbabilitiesOfResponses(String name) {
        GoldenModel golden = GoldenModel.read(name);
        double[] expected = golden.numbers("completion_logps_f64");
        try (Backend backend = open();
                LogProbScorer scorer = new LogProbScorer(backend, golden.model(backend), 64, 64, 1)) {
            float[][] found = scorer.score(golden.promptsAndResponses());
            for (int i = 0; i < expected.length; i++) {
                double sum = 0;
                for (float logProb : found[i]) {
                    sum += logProb;
                }
                assertThat(sum).as("response %d", i).isCloseTo(expected[i], within(1e-4));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "neox_serial"})
    void everyGradient(String name) {
        GoldenModel golden = GoldenModel.read(name);
        try (Backend backend = open()) {
            Model model = golden.model(backend);
            Graph graph = new Graph();
            Op.TokenLogProb output = graph.tokenLogProb(
                    "logProb",
                    Transformer.record(graph, model.parameters()),
                    model.parameters().headWeight());
            graph.differentiate(model.parameters().layout(), output.logProb());
            Capacity capacity = Capacity.training(64, 8, 64, 0);
            try (Program program = backend.compile(graph, capacity, model.values());
                    Safetensors expected = Safetensors.open(golden.folder().resolve("sft_grads.safetensors"))) {
                Batch batch = new Batch(capacity);
                Packing packing = new Packing(batch);
                for (Sequence sequence : golden.promptsAndResponses()) {
                    packing.addScored(sequence.prompt(), sequence.response());
                }
                program.forward(batch);
                float[] derivative = new float[64];
                Arrays.fill(derivative, -1f / batch.targets());
                program.write(graph.gradient(output.logProb()), batch, derivative);
                program.backward(batch);
                float[] found = new float[model.parameters().layout().size()];
                program.gradients().read(found);
                float[] flat = new float[found.length];
                new CheckpointLayout(model.parameters()).read(expected, flat);
                for (Parameter parameter : model.parameters().layout().parameters()) {
                    assertThat(slice(found, parameter))
                            .as(parameter.name())
                            .usingComparatorWithPrecision(2e-5f)
                            .containsExactly(slice(flat, parameter));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "neox_serial"})
    void tenStepsOfAdamW(String name) {
        GoldenModel golden = GoldenModel.read(name);
        double[][] expected = golden.rows("sft_adamw10_loss_gradnorm");
        try (Backend backend = open();
                SftLearner learner = new SftLearner(
                        backend,
                        golden.model(backend),
                        Examples.inOrder(golden.promptsAndResponses()),
                        3,
                        3,
                        BatchCapacity.ofRows(64),
                        Optimizer.adamW(0.01, 1.0))) {
            for (int step = 1; step <= expected.length; step++) {
                Metrics metrics = learner.step(step, 1e-3f);
                assertThat(metrics.value("loss").orElseThrow())
                        .as("loss of step %d", step)
                        .isCloseTo(expected[step - 1][0], within(1e-4 * expected[step - 1][0]));
                assertThat(metrics.value("grad_norm").orElseThrow())
                        .as("gradient norm of step %d", step)
                        .isCloseTo(expected[step - 1][1], within(1e-4 * expected[step - 1][1]));
            }
        }
    }

    /// The golden pair has two prompts, which [dev.daa.train.align.AlignLearner] has no need of, so its three
    /// lines (forward, objective, backward) stand here again.
    @ParameterizedTest
    @CsvSource({
        "gpt2, dpo, dpo", "gpt2, ipo, ipo", "gpt2, hinge, slic",
        "neox_serial, dpo, dpo", "neox_serial, ipo, ipo", "neox_serial, hinge, slic"
    })
    void tenStepsOfAlignment(String name, String objectiveName, String key) {
        GoldenModel golden = GoldenModel.read(name);
        double[][] expected = golden.rows(key + "_beta0.1_sum_10steps_loss_h");
        Objective objective = Objectives.create(objectiveName, Map.of("beta", 0.1));
        Sequence chosen = golden.promptsAndResponses().get(0);
        Sequence rejected = golden.promptsAndResponses().get(1);
        double[] reference = golden.numbers("completion_logps_f64");
        try (Backend backend = open()) {
            Model model = golden.model(backend);
            Graph graph = new Graph();
            Op.TokenLogProb output = graph.tokenLogProb(
                    "logProb",
                    Transformer.record(graph, model.parameters()),
                    model.parameters().headWeight());
            Optimizer.adamW(0, 0).appendTo(graph, model.parameters().layout(), output.logProb());
            Capacity capacity = Capacity.training(64, 8, 64, 0);
            try (Program program = backend.compile(graph, capacity, model.values())) {
                Batch batch = new Batch(capacity);
                Packing packing = new Packing(batch);
                packing.addScored(chosen.prompt(), chosen.response());
                int split = packing.addScored(rejected.prompt(), rejected.response());
                float[] buffer = new float[batch.targets()];
                PairLoss loss = new PairLoss();
                for (int step = 1; step <= expected.length; step++) {
                    program.forward(batch);
                    program.read(output.logProb(), batch, buffer);
                    double[] policyChosen = {sum(buffer, 0, split)};
                    double[] policyRejected = {sum(buffer, split, buffer.length)};
                    int[] lengths = {split};
                    int[] rejectedLengths = {buffer.length - split};
                    objective.loss(
                            PairBatch.of(
                                    policyChosen,
                                    policyRejected,
                                    new double[] {reference[0]},
                                    new double[] {reference[1]},
                                    lengths,
                                    rejectedLengths),
                            objective.initialState(),
                            loss);
                    double h = policyChosen[0] - reference[0] - policyRejected[0] + reference[1];
                    assertThat(h).as("margin of step %d", step).isCloseTo(expected[step - 1][1], within(5e-3));
                    assertThat(loss.mean())
                            .as("loss of step %d", step)
                            .isCloseTo(expected[step - 1][0], within(1e-3 * expected[step - 1][0] + 1e-5));
                    Arrays.fill(buffer, 0, split, (float) loss.dChosen()[0]);
                    Arrays.fill(buffer, split, buffer.length, (float) loss.dRejected()[0]);
                    program.write(graph.gradient(output.logProb()), batch, buffer);
                    program.backward(batch);
                    program.update(1e-3f, step);
                }
            }
        }
    }

    private static double sum(float[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "neox_serial"})
    void greedyTokens(String name) {
        GoldenModel golden = GoldenModel.read(name);
        double[] expected = golden.numbers("greedy_from_first6_20");
        int[] prompt = Arrays.copyOf(golden.sequences().getFirst(), 6);
        try (Backend backend = open();
                Generator generator = new Generator(backend, golden.model(backend), 4, 6, 20)) {
            Response response = generator.generate(List.of(prompt), 1, Sampling.greedy(20, StopTokens.NONE), 1)[0][0];
            assertThat(Arrays.stream(response.tokens()).asDoubleStream().toArray())
                    .containsExactly(Arrays.copyOfRange(expected, 6, expected.length));
        }
    }

    private static float[] slice(float[] flat, Parameter parameter) {
        return Arrays.copyOfRange(flat, parameter.offset(), parameter.offset() + parameter.size());
    }
}
