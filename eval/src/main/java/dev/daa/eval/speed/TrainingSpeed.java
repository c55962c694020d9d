package dev.daa.eval.speed;

import dev.daa.compute.Backend;
import dev.daa.eval.world.Item;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReferenceReviews;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.AlignReference;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.model.Optimizer;
import dev.daa.train.model.Work;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.Seeds;
import dev.daa.train.sft.SftLearner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Times the steps of the learners that training runs use.
final class TrainingSpeed {
    private static final Seeds SEEDS = new Seeds(1);
    private static final Optimizer ADAMW = Optimizer.adamW(0.01, 0);
    private static final float LEARNING_RATE = 1e-4f;
    private static final int BATCHES = 8;

    /// Pairs of a step.
    private static final int PAIRS = 64;

    private static final int PAIR_POOL = 1024;
    private static final double BETA = 0.1;

    private TrainingSpeed() {}

    /// Next-token prediction on random tokens: full sequences without prompts.
    static Speed pretraining(Workload workload, BenchmarkModel size, Backend backend, Pace pace, long origin) {
        RandomGenerator random = SEEDS.stream("tokens");
        TransformerConfig config = size.config();
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < BATCHES * size.sequences(); i++) {
            int[] tokens =
                    random.ints(size.length() + 1, 0, config.vocabulary()).toArray();
            sequences.add(new Sequence(new int[0], tokens));
        }
        try (Learner learner = new SftLearner(
                backend,
                model(backend, config),
                Examples.inOrder(sequences),
                size.sequences(),
                size.sequences(),
                BatchCapacity.ofRows(size.sequences() * size.length()),
                ADAMW)) {
            return measure(workload, learner, pace, origin);
        }
    }

    /// DPO on pairs of the reviews world, with the model of the `quick` study: width 64, 2 layers, 4 heads. The
    /// prompt of a pair is computed once for both responses, and no row is padding.
    static Speed pairs(Workload workload, Backend backend, Pace pace, long origin) {
        RandomGenerator random = SEEDS.stream("pairs");
        List<PreferencePair> pairs = new ArrayList<>();
        float[][] chosenLogProbs = new float[PAIR_POOL][];
        float[][] rejectedLogProbs = new float[PAIR_POOL][];
        for (int i = 0; i < PAIR_POOL; i++) {
            Item item = ReviewsWorld.item(random);
            PreferencePair pair =
                    new PreferencePair(ReviewsWorld.prompt(item), review(item, random), review(item, random));
            pairs.add(pair);
            chosenLogProbs[i] = uniformLogProbs(pair.chosen().length);
            rejectedLogProbs[i] = uniformLogProbs(pair.rejected().length);
        }
        try (Learner learner = new AlignLearner(
                backend,
                model(backend, quick()),
                pairs,
                new EpochOrder(PAIR_POOL, SEEDS),
                AlignReference.of(new ReferenceLogProbs(chosenLogProbs, rejectedLogProbs)),
                Objectives.create("dpo", Map.of("beta", BETA)),
                BETA,
                new Batching(PAIRS, PAIRS, ADAMW),
                BatchCapacity.ofPairs(pairs, PAIRS))) {
            return measure(workload, learner, pace, origin);
        }
    }

    /// Fine-tuning of the same model on reviews, as many in a step as [RolloutSpeed] has responses.
    static Speed reviews(Workload workload, Backend backend, Pace pace, long origin) {
        RandomGenerator random = SEEDS.stream("reviews");
        List<Sequence> reviews = new ArrayList<>();
        for (int i = 0; i < BATCHES * RolloutSpeed.RESPONSES; i++) {
            Item item = ReviewsWorld.item(random);
            reviews.add(new Sequence(ReviewsWorld.prompt(item), review(item, random)));
        }
        try (Learner learner = new SftLearner(
                backend,
                model(backend, quick()),
                Examples.inOrder(reviews),
                RolloutSpeed.RESPONSES,
                RolloutSpeed.RESPONSES,
                BatchCapacity.ofSequences(reviews, RolloutSpeed.RESPONSES),
                ADAMW)) {
            return measure(workload, learner, pace, origin);
        }
    }

    /// The model of the `quick` study.
    static TransformerConfig quick() {
        return TransformerConfig.gpt2(Lexicon.SIZE, 64, 2, 4, ReviewsWorld.PROMPT_LENGTH + ReviewsWorld.RESPONSE_LIMIT);
    }

    static Model model(Backend backend, TransformerConfig config) {
        return Model.initialize(
                backend, new TransformerParameters(config, Head.LANGUAGE, "policy"), SEEDS.stream("weights"));
    }

    private static Speed measure(Workload workload, Learner learner, Pace pace, long origin) {
        Steps steps = new Steps(learner);
        Timing timing = Timing.measure(steps::next, pace, origin);
        return new Speed(
                workload, (double) steps.work.rows() / steps.count, steps.work.operations() / steps.count, timing);
    }

    /// Counts the work, which differs between packed batches.
    private static final class Steps {
        private final Learner learner;
        private int count;
        private Work work = Work.NONE;

        private Steps(Learner learner) {
            this.learner = learner;
        }

        private void next() {
            count++;
            learner.step(count, LEARNING_RATE);
            work = work.plus(learner.workOfLastStep());
        }
    }

    private static int[] review(Item item, RandomGenerator random) {
        int[] response = new int[ReferenceReviews.MAXIMUM_LENGTH];
        return Arrays.copyOf(response, ReferenceReviews.sample(item, random, response));
    }

    private static float[] uniformLogProbs(int length) {
        float[] logProbs = new float[length];
        Arrays.fill(logProbs, (float) -Math.log(Lexicon.SIZE));
        return logProbs;
    }
}
