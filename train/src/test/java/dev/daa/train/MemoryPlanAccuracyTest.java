package dev.daa.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.AlignReference;
import dev.daa.train.align.KlProbe;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.ppo.PolicyGradientCast;
import dev.daa.train.ppo.PolicyGradientLearner;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.rollout.LengthPenalty;
import dev.daa.train.rollout.LowerConfidence;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import dev.daa.train.sft.SftLearner;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the memory plan says is what a learner or a generator takes, measured as what lives in the heap before and
/// after.
final class MemoryPlanAccuracyTest {
    private static final int ROWS = 256;
    private static final int MICRO_BATCH = 8;

    @TempDir
    Path folder;

    /// Bytes of all live float arrays, as the JVM's class histogram counts them. The heap's own figure would add
    /// what the collector leaves empty behind large arrays.
    private static long used() {
        try {
            String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
            String floats = histogram
                    .lines()
                    .filter(line -> line.contains(" [F "))
                    .findFirst()
                    .orElseThrow();
            return Long.parseLong(floats.strip().split("\\s+")[2]);
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"false,4096,0", "true,60000,0", "false,40000,0", "false,4096,8", "true,4096,32"})
    void isRightWithinFivePercent(boolean recompute, int vocabulary, int rank) {
        TransformerParameters whole =
                new TransformerParameters(TransformerConfig.gpt2(vocabulary, 256, 6, 4, ROWS), Head.LANGUAGE, "policy");
        Optimizer optimizer = new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-8, 0, 1, recompute);
        Lora lora = new Lora(Math.max(1, rank), 8, List.of(Lora.ALL_LINEAR), false);
        TransformerParameters parameters = rank == 0 ? whole : whole.adapted(lora, "base");
        int[] response = new int[ROWS];
        Arrays.setAll(response, i -> i % 97);
        List<Sequence> sequences = List.of(new Sequence(new int[0], response));
        Examples<Sequence> examples = Examples.inOrder(sequences);
        BatchCapacity largest = BatchCapacity.ofSequences(sequences, MICRO_BATCH);
        try (Backend backend = Backend.open("cpu", 2)) {
            MemoryPlan plan = SftLearner.plan(backend, parameters, MICRO_BATCH, largest, optimizer);
            long before = used();
            Model drawn = Model.initialize(backend, whole, new SplittableRandom(1));
            Model model = rank == 0 ? drawn : drawn.adapted(backend, lora, "base", new SplittableRandom(2));
            try (SftLearner learner =
                    new SftLearner(backend, model, examples, MICRO_BATCH, MICRO_BATCH, largest, optimizer)) {
                assertThat(learner.step(1, 1e-3f).value("loss").orElseThrow()).isPositive();
                assertThat((double) used() - before)
                        .as("recompute %b, plan %s", recompute, plan)
                        .isCloseTo(plan.totalBytes(), withinPercentage(5.0));
            }
        }
    }

    private static TransformerParameters gpt2(Head head, String name) {
        return new TransformerParameters(TransformerConfig.gpt2(4096, 256, 6, 4, ROWS), head, name);
    }

    private static Model drawn(Backend backend, TransformerParameters parameters) {
        return Model.initialize(backend, parameters, new SplittableRandom(1));
    }

    private static void assertTakes(long before, JointMemory plan) {
        assertThat((double) used() - before).as("plan %s", plan).isCloseTo(plan.totalBytes(), withinPercentage(5.0));
    }

    /// Objectives that ask more of a step than log-probabilities: the reference's forward pass in the graph, the
    /// policy's collision probabilities, scorers of other prompts' responses, adapters beside each of them.
    @ParameterizedTest
    @CsvSource({"dpo,0", "tdpo1,0", "tdpo2,0", "wpo,0", "kto,0", "tdpo2,8", "kto,8", "tr_dpo,0", "tr_dpo,8"})
    void anAlignmentsPlanIsRightToo(String name, int rank) {
        Map<String, Object> parameters = name.equals("wpo") ? Map.of("wpo_alignment", "sampled") : Map.of();
        Objective objective = Objectives.create(name, parameters);
        Optimizer optimizer = Optimizer.adamW(0, 1);
        int[] prompt = new int[ROWS / 4];
        Arrays.fill(prompt, 5);
        int[] response = new int[ROWS / 2];
        Arrays.setAll(response, i -> i % 97);
        List<PreferencePair> pairs = List.of(
                new PreferencePair(prompt, response, response),
                new PreferencePair(Arrays.copyOf(prompt, 3), response, response));
        BatchCapacity capacity = BatchCapacity.ofPairs(pairs, 2);
        Lora lora = new Lora(Math.max(1, rank), 8, List.of(Lora.ALL_LINEAR), false);
        TransformerParameters whole = gpt2(Head.LANGUAGE, "policy");
        TransformerParameters policy = rank == 0 ? whole : whole.adapted(lora, "base");
        boolean moves = objective.referenceUpdate().isPresent();
        TransformerParameters reference = rank == 0
                ? gpt2(Head.LANGUAGE, "reference")
                : moves ? policy.withOwnAdapter("reference") : policy.withoutAdapter("reference");
        ReferenceLogProbs scores = new ReferenceLogProbs(new float[2][response.length], new float[2][response.length]);
        try (Backend backend = Backend.open("cpu", 2)) {
            JointMemory plan = PairUpdater.plan(backend, policy, reference, objective, 2, capacity, optimizer);
            if (moves) {
                plan.add(LogProbScorer.plan(backend, reference, ROWS, ROWS));
            }
            long before = used();
            Model model = drawn(backend, whole);
            Model trained = rank == 0 ? model : model.adapted(backend, lora, "base", new SplittableRandom(2));
            AlignReference given = AlignReference.of(
                    backend,
                    objective,
                    scores,
                    () -> rank == 0
                            ? drawn(backend, reference)
                            : moves
                                    ? trained.withOwnAdapter(backend, "reference")
                                    : trained.withoutAdapter("reference"),
                    ROWS,
                    ROWS);
            try (AlignLearner learner = new AlignLearner(
                    backend,
                    trained,
                    pairs,
                    new EpochOrder(2, new Seeds(1)),
                    given,
                    objective,
                    0.1,
                    new Batching(2, 2, optimizer),
                    capacity)) {
                assertThat(learner.step(1, 1e-3f).value("loss").orElseThrow()).isFinite();
                assertTakes(before, plan);
            }
        }
    }

    @Test
    void aProbesPlanIsRightToo() {
        TransformerParameters policy = gpt2(Head.LANGUAGE, "policy");
        TransformerParameters reference = gpt2(Head.LANGUAGE, "reference");
        List<PreferencePair> pairs =
                Collections.nCopies(8, new PreferencePair(new int[60], new int[] {1}, new int[] {2}));
        try (Backend backend = Backend.open("cpu", 2)) {
            JointMemory plan = KlProbe.plan(backend, policy, reference, new KlProbe.Shape(8, 60, 100));
            long before = used();
            Model model = drawn(backend, policy);
            try (KlProbe probe =
                    KlProbe.of(backend, model, drawn(backend, reference), pairs, 8, 100, StopTokens.NONE, 1)) {
                assertThat(probe.measure(Metrics.at(1), () -> false).value("kl/exact"))
                        .isPresent();
                assertTakes(before, plan);
            }
        }
    }

    /// With the gradient of the entropies, and demonstrations that are longer than what is sampled.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"ppo|0|null", "ppo|0.1|null", "rloo|0.1|null", "rloo|0|{transform: par, reference_samples: 30}"})
    void aReinforcementsPlanIsRightToo(String algorithm, double entropy, String shaping) {
        PolicyGradient settings = Configs.read(
                PolicyGradient.class,
                "test",
                "{algorithm: %s, passes: 1, entropy_coefficient: %s, ptx_coefficient: 0.5, shaping: %s}"
                        .formatted(algorithm, entropy, shaping),
                List.of());
        TransformerParameters policy = gpt2(Head.LANGUAGE, "policy");
        TransformerParameters reference = gpt2(Head.LANGUAGE, "reference");
        TransformerParameters value = algorithm.equals("ppo") ? gpt2(Head.SCALAR, "value") : null;
        RolloutSampler.Shape shape =
                new RolloutSampler.Shape(20, Sampling.full(1, 40, StopTokens.NONE), settings.samplesPerPrompt());
        Batching batching = new Batching(8, 4, Optimizer.adamW(0, 1));
        PolicyGradientLearner.Demonstrations demonstrations =
                new PolicyGradientLearner.Demonstrations(_ -> new Sequence(new int[0], new int[ROWS]), ROWS);
        try (Backend backend = Backend.open("cpu", 2)) {
            JointMemory plan = PolicyGradientLearner.plan(
                    backend, policy, reference, value, shape, demonstrations, settings, batching);
            long before = used();
            Model model = drawn(backend, policy);
            PolicyGradientCast cast = new PolicyGradientCast(
                    model,
                    drawn(backend, reference),
                    value == null ? null : drawn(backend, value),
                    (responses, _) -> new double[responses.size()]);
            try (PolicyGradientLearner learner = new PolicyGradientLearner(
                    backend,
                    cast,
                    shape,
                    Examples.inOrder(List.of(new int[20])),
                    demonstrations,
                    settings,
                    batching,
                    new Seeds(1),
                    () -> false)) {
                assertThat(learner.step(1, 1e-3f).value("loss").orElseThrow()).isFinite();
                assertTakes(before, plan);
            }
        }
    }

    private static PreferencePair comparison(int length) {
        return new PreferencePair(new int[] {5}, new int[length - 1], new int[] {1});
    }

    private RewardFolders bounded(double factor, int longest) throws IOException {
        Path comparisons = TinyModels.write(folder.resolve("comparisons.jsonl"), List.of(comparison(longest)));
        return RewardFolders.open(
                List.of(folder.resolve("reward")),
                ModelFolder.open(folder.resolve("reward")),
                RewardEnsemble.Rule.MEAN,
                0,
                new LowerConfidence(factor, factor > 0 ? comparisons : null, 1),
                LengthPenalty.NONE);
    }

    /// With the features of a lower confidence bound beside the scores. Those of longer comparisons take more.
    @Test
    void aRewardsPlanIsRightToo() throws IOException {
        try (Backend backend = Backend.open("cpu", 2)) {
            TransformerConfig roomy = TransformerConfig.gpt2(4096, 256, 6, 4, 4096);
            Model drawn = drawn(backend, new TransformerParameters(roomy, Head.SCALAR, "reward"));
            ModelFolder.write(
                    folder.resolve("reward"),
                    drawn.parameters(),
                    drawn.weights().copy(),
                    ModelText.endingWith(null, 0));
        }
        for (double factor : new double[] {0, 0.1}) {
            RewardFolders rewards = bounded(factor, ROWS);
            try (Backend backend = Backend.open("cpu", 2)) {
                JointMemory plan = rewards.plan(backend, 20);
                long before = used();
                try (ResponseReward reward = rewards.reward(backend, 20, List.of(), () -> false)) {
                    assertThat(reward.score(List.of(comparison(20).chosenSequence()), () -> false))
                            .hasSize(1);
                    assertTakes(before, plan);
                }
            }
        }
        try (Backend backend = Backend.open("cpu", 2)) {
            assertThat(bounded(0.1, 3000).plan(backend, 20).totalBytes())
                    .isGreaterThan(bounded(0.1, ROWS).plan(backend, 20).totalBytes());
        }
    }

    /// Held-out pairs are scored while the learner keeps what its steps take.
    @Test
    void aRewardModelsPlanHasItsHeldOutScores() throws IOException {
        Path model = TinyModels.writeLanguage(folder.resolve("model"), 7);
        Path data = TinyModels.write(folder.resolve("data.jsonl"), TinyModels.pairs(33, 5));
        List<Assignment> config = List.of(
                new Assignment("model", model.toString()),
                new Assignment("data", data.toString()),
                new Assignment("out", folder.resolve("out").toString()),
                new Assignment("placement.backend", "cpu"),
                new Assignment("placement.threads", "1"));
        List<Assignment> measured = new ArrayList<>(config);
        measured.add(new Assignment("held_out", data.toString()));
        long steps =
                RewardRun.plan(Configs.read(RewardConfig.class, null, config)).totalBytes();
        long scored =
                RewardRun.plan(Configs.read(RewardConfig.class, null, measured)).totalBytes();
        try (Backend backend = Backend.open("cpu", 1)) {
            TransformerParameters parameters =
                    new TransformerParameters(ModelFolder.open(model).config(), Head.SCALAR, "reward");
            MemoryPlan scorer = RewardScorer.plan(backend, parameters, 20, 2048);
            assertThat(scored - steps).isEqualTo(scorer.totalBytes() - scorer.bytes(MemoryPlan.Part.PARAMETERS));
        }
    }

    /// With weights packed for decoding beside the model's own, and the cache.
    @Test
    void aGeneratorsPlanIsRightToo() {
        TransformerParameters parameters =
                new TransformerParameters(TransformerConfig.gpt2(4096, 256, 6, 4, ROWS), Head.LANGUAGE, "policy");
        List<int[]> prompts = Collections.nCopies(8, new int[60]);
        try (Backend backend = Backend.open("cpu", 2)) {
            MemoryPlan plan = Generator.plan(backend, parameters, 16, 60, 100);
            long before = used();
            Model model = Model.initialize(backend, parameters, new SplittableRandom(1));
            try (Generator generator = new Generator(backend, model, 16, 60, 100)) {
                assertThat(generator.generate(prompts, 2, Sampling.full(1, 5, StopTokens.NONE), 1))
                        .hasDimensions(8, 2);
                assertThat((double) used() - before)
                        .as("plan %s", plan)
                        .isCloseTo(plan.totalBytes(), withinPercentage(5.0));
            }
        }
    }
}
