package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.report.Point;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.eval.world.Item;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.PreferenceOracle;
import dev.daa.eval.world.ReferenceReviews;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.tokenizer.WordLevelTokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import dev.daa.train.run.TrainingLoop;
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
final class BaseStage {
    private static final int POSITIONS = 64;
    private static final int CONCURRENT = 256;
    static final int SCORING_ROWS = 2048;
    static final int LONGEST = ReviewsWorld.PROMPT_LENGTH + ReviewsWorld.RESPONSE_LIMIT;

    private final StudyConfig config;
    private final ExactFrontier frontier;
    private final Interrupt interrupt;

    BaseStage(StudyConfig config, ExactFrontier frontier, Interrupt interrupt) {
        this.config = config;
        this.frontier = frontier;
        this.interrupt = interrupt;
    }

    /// What cells start from.
    ///
    /// @param weights of the SFT model, in its layout's order
    /// @param pairs for training
    /// @param referenceLogProbs of `pairs` under the SFT model
    record Prepared(
            Cell.Base base,
            TransformerConfig transformer,
            float[] weights,
            List<PreferencePair> pairs,
            ReferenceLogProbs referenceLogProbs,
            HeldOut heldOut) {

        /// The point of the SFT model itself.
        Point start(Point.Evaluation evaluation) {
            Point.Cell cell = new Point.Cell(
                    base.name(), Point.SFT, Double.NaN, base.size().name(), weights.length, base.seed());
            return new Point(cell, 0, 0, evaluation);
        }

        /// The SFT model as a policy or a reference on a backend.
        Model model(Backend backend, String layoutName) {
            return Model.of(backend, new TransformerParameters(transformer, Head.LANGUAGE, layoutName), weights);
        }
    }

    static Tokenizer tokenizer() {
        return WordLevelTokenizer.of(Lexicon.vocabulary(), Lexicon.word(Lexicon.EOS));
    }

    /// Trains the SFT model in its run folder, or takes it from there, and prepares the rest.
    Prepared prepare(Backend backend, Cell.Base base, RunFolder folder, MetricsSink display) {
        Seeds seeds = new Seeds(base.seed());
        StudyConfig.Size size = base.size();
        TransformerConfig transformer =
                TransformerConfig.gpt2(Lexicon.SIZE, size.width(), size.layers(), size.heads(), POSITIONS);
        TransformerParameters parameters = new TransformerParameters(transformer, Head.LANGUAGE, "policy");
        Model model = Model.initialize(backend, parameters, seeds.stream("initial weights"));
        TrainingConfig training = config.sft();
        Examples<Sequence> reviews = position -> freshReview(seeds, position);
        int capacity = training.examplesPerPass() * (ReviewsWorld.PROMPT_LENGTH + ReferenceReviews.MAXIMUM_LENGTH);
        try (SftLearner learner = new SftLearner(
                        backend,
                        model,
                        reviews,
                        training.batch(),
                        training.examplesPerPass(),
                        capacity,
                        training.rule());
                CategoryProbe probe = new CategoryProbe(backend, model, seeds)) {
            boolean probed = config.analysis().contains(Part.LIKELIHOOD);
            new TrainingLoop(
                            learner,
                            training.scheduleOver(training.steps()),
                            probed ? TrainingLoop.stepsAt(CategoryProbe.FRACTIONS, training.steps()) : new TreeSet<>(),
                            TrainingLoop.Retention.LAST,
                            tokenizer(),
                            Lexicon.EOS)
                    .run(
                            folder,
                            display,
                            probed ? (_, _, metrics) -> probe.measure(metrics) : TrainingLoop.Evaluation.none(),
                            interrupt);
        }
        return prepared(backend, base, seeds, model);
    }

    private Prepared prepared(Backend backend, Cell.Base base, Seeds seeds, Model model) {
        PreferenceOracle oracle = new PreferenceOracle(
                config.preferences().temperature(), config.preferences().flip());
        try (Generator generator = new Generator(
                        backend, model, CONCURRENT, ReviewsWorld.PROMPT_LENGTH, ReviewsWorld.RESPONSE_LIMIT);
                LogProbScorer scorer = new LogProbScorer(backend, model, LONGEST, SCORING_ROWS, 1)) {
            List<PreferencePair> pairs = pairs(
                    generator, oracle, seeds, "pairs", config.preferences().pairs());
            List<PreferencePair> heldOutPairs = pairs(
                    generator,
                    oracle,
                    seeds,
                    "held-out pairs",
                    config.preferences().heldOut());
            ReferenceLogProbs reference = new ReferenceLogProbs(
                    scorer.score(
                            pairs.stream().map(PreferencePair::chosenSequence).toList()),
                    scorer.score(
                            pairs.stream().map(PreferencePair::rejectedSequence).toList()));
            HeldOut heldOut = heldOut(generator, seeds, heldOutPairs);
            return new Prepared(base, model.config(), model.flatWeights(), pairs, reference, heldOut);
        }
    }

    /// Measures the SFT model itself: the point at √KL = 0.
    PolicyEvaluator.Measured measureStart(Backend backend, Prepared prepared, @Nullable TrainedProxy proxy) {
        Model policy = prepared.model(backend, "policy");
        Model reference = prepared.model(backend, "reference");
        try (PolicyEvaluator evaluator = new PolicyEvaluator(
                backend,
                policy,
                reference,
                prepared.heldOut(),
                frontier,
                config.evaluation().temperature(),
                proxy == null ? null : proxy.open(backend))) {
            long seed = new Seeds(prepared.base().seed()).derive("evaluation samples");
            return evaluator.evaluate(new PolicyEvaluator.Subject.Start(), seed, interrupt::requested);
        }
    }

    private static Sequence freshReview(Seeds seeds, long position) {
        RandomGenerator random = seeds.stream("review", position);
        Item item = ReviewsWorld.item(random);
        return new Sequence(ReviewsWorld.prompt(item), review(item, random));
    }

    private static int[] review(Item item, RandomGenerator random) {
        int[] response = new int[ReferenceReviews.MAXIMUM_LENGTH];
        return Arrays.copyOf(response, ReferenceReviews.sample(item, random, response));
    }

    private List<PreferencePair> pairs(
            Generator generator, PreferenceOracle oracle, Seeds seeds, String purpose, int count) {
        List<int[]> prompts = prompts(seeds, purpose + ", prompts", count);
        Response[][] responses =
                generator.generate(prompts, 2, sampling(1), seeds.derive(purpose + ", samples"), interrupt::requested);
        RandomGenerator labels = seeds.stream(purpose + ", labels");
        List<PreferencePair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] first = responses[i][0].tokens();
            int[] second = responses[i][1].tokens();
            boolean prefersFirst =
                    oracle.prefersFirst(gold(prompts.get(i), first), gold(prompts.get(i), second), labels);
            pairs.add(new PreferencePair(prompts.get(i), prefersFirst ? first : second, prefersFirst ? second : first));
        }
        return pairs;
    }

    private HeldOut heldOut(Generator generator, Seeds seeds, List<PreferencePair> heldOutPairs) {
        int count = config.evaluation().prompts();
        List<int[]> prompts = prompts(seeds, "evaluation prompts", count);
        Response[][] sft = generator.generate(
                prompts,
                1,
                sampling((float) config.evaluation().temperature()),
                seeds.derive("reference samples"),
                interrupt::requested);
        RandomGenerator data = seeds.stream("data responses");
        double[] dataGold = new double[count];
        double[] sftGold = new double[count];
        List<Sequence> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Item item = ReviewsWorld.itemOf(prompts.get(i));
            dataGold[i] = gold(prompts.get(i), review(item, data));
            sftGold[i] = gold(prompts.get(i), sft[i][0].tokens());
            samples.add(new Sequence(prompts.get(i), sft[i][0].tokens()));
        }
        return new HeldOut(
                prompts,
                dataGold,
                sftGold,
                Arrays.stream(sftGold).average().orElseThrow(),
                samples,
                heldOutPairs.stream().map(PreferencePair::chosenSequence).toList(),
                heldOutPairs.stream().map(PreferencePair::rejectedSequence).toList());
    }

    private static List<int[]> prompts(Seeds seeds, String purpose, int count) {
        RandomGenerator random = seeds.stream(purpose);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            prompts.add(ReviewsWorld.prompt(ReviewsWorld.item(random)));
        }
        return prompts;
    }

    private static double gold(int[] prompt, int[] response) {
        return ReviewsWorld.goldReward(ReviewsWorld.itemOf(prompt), response).reward();
    }

    private static Sampling sampling(float temperature) {
        return Sampling.full(temperature, ReviewsWorld.RESPONSE_LIMIT, Lexicon.EOS);
    }
}
