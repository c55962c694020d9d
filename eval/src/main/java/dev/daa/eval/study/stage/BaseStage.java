package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.compute.MemoryPlan;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.eval.world.Item;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.PreferenceOracle;
import dev.daa.eval.world.ReferenceReviews;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.WordLevelTokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import dev.daa.train.sft.SftLearner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Makes what the cells of one size and seed share: the SFT model, its preference pairs and their reference
/// log-probabilities, and everything that checkpoints are measured on. All of it is a function of the config
/// and the seed, so a cell that is run again alone gets the same.
public final class BaseStage {
    private static final int POSITIONS = 64;
    static final int CONCURRENT = 256;
    private static final int CENTRING_PAIRS = 1024;
    static final int SCORING_ROWS = 2048;
    static final int LONGEST = ReviewsWorld.PROMPT_LENGTH + ReviewsWorld.RESPONSE_LIMIT;

    private final StudyConfig config;
    private final ExactFrontier frontier;
    private final Interrupt interrupt;

    public BaseStage(StudyConfig config, ExactFrontier frontier, Interrupt interrupt) {
        this.config = config;
        this.frontier = frontier;
        this.interrupt = interrupt;
    }

    /// What cells start from.
    ///
    /// @param weights of the SFT model, in its layout's order
    /// @param pairs for training
    /// @param referenceLogProbs of `pairs` under the SFT model
    /// @param gold what labelled the pairs and is reported
    /// @param goldQuality what it is on the SFT policy's samples
    public record Prepared(
            Cell.Base base,
            TransformerConfig transformer,
            float[] weights,
            List<PreferencePair> pairs,
            ReferenceLogProbs referenceLogProbs,
            HeldOut heldOut,
            Gold gold,
            GoldQuality goldQuality) {

        /// The point of the SFT model itself.
        public Point start(Evaluation evaluation) {
            Point.Cell cell = new Point.Cell(
                    base.name(), Point.SFT, Double.NaN, base.size().name(), weights.length, base.seed());
            return new Point(cell, 0, 0, evaluation);
        }

        /// Samples of the SFT policy on which rewards are centred: the responses of the first pairs.
        List<Sequence> centringSamples() {
            List<Sequence> samples = new ArrayList<>();
            for (PreferencePair pair : pairs.subList(0, Math.min(CENTRING_PAIRS, pairs.size()))) {
                samples.add(pair.chosenSequence());
                samples.add(pair.rejectedSequence());
            }
            return samples;
        }

        /// The SFT model as a policy or a reference on a backend.
        Model model(Backend backend, String layoutName) {
            return Model.of(backend, new TransformerParameters(transformer, Head.LANGUAGE, layoutName), weights);
        }
    }

    static ModelText text() {
        return ModelText.endingWith(
                WordLevelTokenizer.of(Lexicon.vocabulary(), Lexicon.word(Lexicon.EOS)), Lexicon.EOS);
    }

    public static TransformerConfig transformer(StudyConfig.Size size) {
        return TransformerConfig.gpt2(Lexicon.SIZE, size.width(), size.layers(), size.heads(), POSITIONS);
    }

    /// A micro-batch of the longest reviews.
    private static BatchCapacity largestBatch(TrainingConfig training) {
        int reviews = training.examplesPerPass();
        return new BatchCapacity(
                reviews * (ReviewsWorld.PROMPT_LENGTH + ReferenceReviews.MAXIMUM_LENGTH),
                reviews * ReferenceReviews.MAXIMUM_LENGTH);
    }

    /// Memory that fine-tuning takes.
    public static MemoryPlan plan(Backend backend, TransformerConfig transformer, TrainingConfig training) {
        return SftLearner.plan(
                backend,
                new TransformerParameters(transformer, Head.LANGUAGE, "policy"),
                training.examplesPerPass(),
                largestBatch(training),
                training.rule());
    }

    /// Trains the SFT model in its run folder, or takes it from there, and prepares the rest.
    ///
    /// @param gold what labels, whatever its scale
    public Prepared prepare(Backend backend, Cell.Base base, Gold gold, RunFolder folder, MetricsSink display) {
        return prepared(backend, base, gold, new Seeds(base.seed()), sft(backend, base, folder, display));
    }

    /// Trains the SFT model in its run folder, or takes it from there.
    public Model sft(Backend backend, Cell.Base base, RunFolder folder, MetricsSink display) {
        Seeds seeds = new Seeds(base.seed());
        TransformerConfig transformer = transformer(base.size());
        TransformerParameters parameters = new TransformerParameters(transformer, Head.LANGUAGE, "policy");
        Model model = Model.initialize(backend, parameters, seeds.stream("initial weights"));
        TrainingConfig training = config.sft();
        Examples<Sequence> reviews = position -> freshReview(seeds, position);
        try (SftLearner learner = new SftLearner(
                        backend,
                        model,
                        reviews,
                        training.batch(),
                        training.examplesPerPass(),
                        largestBatch(training),
                        training.rule());
                CategoryProbe probe = new CategoryProbe(backend, model, seeds)) {
            boolean probed = config.analysis().contains(Part.LIKELIHOOD);
            new TrainingLoop(
                            learner,
                            training.scheduleOver(training.steps()),
                            probed ? TrainingLoop.stepsAt(CategoryProbe.FRACTIONS, training.steps()) : new TreeSet<>(),
                            TrainingLoop.Retention.LAST,
                            text())
                    .run(
                            folder,
                            display,
                            probed ? (_, _, metrics) -> probe.measure(metrics) : TrainingLoop.Evaluation.none(),
                            interrupt);
        }
        return model;
    }

    private Prepared prepared(Backend backend, Cell.Base base, Gold raw, Seeds seeds, Model model) {
        PreferenceOracle oracle = new PreferenceOracle(
                config.preferences().temperature(), config.preferences().flip());
        try (Generator generator = new Generator(
                        backend, model, CONCURRENT, ReviewsWorld.PROMPT_LENGTH, ReviewsWorld.RESPONSE_LIMIT);
                LogProbScorer scorer = new LogProbScorer(backend, model, LONGEST, SCORING_ROWS, 1)) {
            Comparisons drawn = Comparisons.of(
                    generator, seeds, "pairs", config.preferences().pairs(), interrupt::requested);
            Gold gold = raw.scaledOn(backend, drawn.responses(), interrupt::requested);
            double[] reward = rewards(backend, gold, drawn.responses());
            List<PreferencePair> pairs = drawn.labelled(oracle, reward);
            Comparisons drawnHeldOut = Comparisons.of(
                    generator, seeds, "held-out pairs", config.preferences().heldOut(), interrupt::requested);
            List<PreferencePair> heldOutPairs =
                    drawnHeldOut.labelled(oracle, rewards(backend, gold, drawnHeldOut.responses()));
            ReferenceLogProbs reference = new ReferenceLogProbs(
                    scorer.score(
                            pairs.stream().map(PreferencePair::chosenSequence).toList()),
                    scorer.score(
                            pairs.stream().map(PreferencePair::rejectedSequence).toList()));
            return new Prepared(
                    base,
                    model.config(),
                    model.flatWeights(),
                    pairs,
                    reference,
                    heldOut(backend, generator, gold, seeds, heldOutPairs),
                    gold,
                    GoldQuality.of(base, gold, drawn.responses(), reward));
        }
    }

    /// Measures the SFT model itself: the point at √KL = 0.
    public PolicyEvaluator.Measured measureStart(Backend backend, Prepared prepared, @Nullable TrainedProxy proxy) {
        Model policy = prepared.model(backend, "policy");
        Model reference = prepared.model(backend, "reference");
        try (PolicyEvaluator evaluator = new PolicyEvaluator(
                backend,
                policy,
                reference,
                prepared.heldOut(),
                frontier,
                prepared.gold(),
                config.evaluation().temperature(),
                proxy == null ? null : proxy.open(backend))) {
            long seed = new Seeds(prepared.base().seed()).derive("evaluation samples");
            return evaluator.evaluate(new PolicyEvaluator.Subject.Start(), seed, interrupt::requested);
        }
    }

    static Sequence freshReview(Seeds seeds, long position) {
        RandomGenerator random = seeds.stream("review", position);
        Item item = ReviewsWorld.item(random);
        return new Sequence(ReviewsWorld.prompt(item), review(item, random));
    }

    private static int[] review(Item item, RandomGenerator random) {
        int[] response = new int[ReferenceReviews.MAXIMUM_LENGTH];
        return Arrays.copyOf(response, ReferenceReviews.sample(item, random, response));
    }

    private double[] rewards(Backend backend, Gold gold, List<Sequence> responses) {
        try (ResponseReward reward = gold.open(backend)) {
            return reward.score(responses, interrupt::requested);
        }
    }

    private HeldOut heldOut(
            Backend backend, Generator generator, Gold gold, Seeds seeds, List<PreferencePair> heldOutPairs) {
        int count = config.evaluation().prompts();
        List<int[]> prompts = Comparisons.prompts(seeds, "evaluation prompts", count);
        Response[][] sft = generator.generate(
                prompts,
                1,
                sampling(config.evaluation().temperature()),
                seeds.derive("reference samples"),
                interrupt::requested);
        RandomGenerator data = seeds.stream("data responses");
        List<Sequence> reviews = new ArrayList<>();
        List<Sequence> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] prompt = prompts.get(i);
            reviews.add(new Sequence(prompt, review(ReviewsWorld.itemOf(prompt), data)));
            samples.add(new Sequence(prompt, sft[i][0].tokens()));
        }
        try (ResponseReward reward = gold.open(backend)) {
            return new HeldOut(
                    prompts,
                    reward.score(reviews, interrupt::requested),
                    reward.score(samples, interrupt::requested),
                    Arrays.stream(Gold.Exact.rewards(samples)).average().orElseThrow(),
                    samples,
                    heldOutPairs,
                    reward.score(
                            heldOutPairs.stream()
                                    .map(PreferencePair::chosenSequence)
                                    .toList(),
                            interrupt::requested),
                    reward.score(
                            heldOutPairs.stream()
                                    .map(PreferencePair::rejectedSequence)
                                    .toList(),
                            interrupt::requested));
        }
    }

    private static Sampling sampling(double temperature) {
        return Sampling.full(temperature, ReviewsWorld.RESPONSE_LIMIT, Lexicon.STOP);
    }
}
