package dev.daa.eval.toy;

import dev.daa.compute.Backend;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.AlignReference;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.Seeds;
import dev.daa.train.sft.SftLearner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// A small transformer on the [Tree], trained by the same learners as everything else: SFT on samples of the data,
/// then direct alignment on the one preference. States share weights, so what is learned about the pair carries over
/// to trajectories that no pair mentions.
final class TreeNetwork {
    private static final int START = 3;
    private static final int SFT_STEPS = 400;
    private static final int SFT_BATCH = 32;
    private static final float SFT_RATE = 3e-3f;
    private static final float RATE = 1e-3f;
    private static final int ROWS = 4 * 64;
    private static final TransformerParameters PARAMETERS =
            new TransformerParameters(TransformerConfig.gpt2(4, 16, 1, 2, 4), Head.LANGUAGE, "policy");

    private final Backend backend;
    private final long seed;
    private final float[] start;

    /// Trains the SFT model of a seed.
    TreeNetwork(Backend backend, long seed) {
        this.backend = backend;
        this.seed = seed;
        Seeds seeds = new Seeds(seed);
        Model model = Model.initialize(backend, PARAMETERS, seeds.stream("tree weights"));
        try (SftLearner learner = new SftLearner(
                backend,
                model,
                position -> sequence(Tree.sample(seeds.stream("tree data", position))),
                SFT_BATCH,
                SFT_BATCH,
                BatchCapacity.ofRows(ROWS),
                Optimizer.adamW(0, 1))) {
            for (int step = 1; step <= SFT_STEPS; step++) {
                learner.step(step, SFT_RATE * (1 - (step - 1f) / SFT_STEPS));
            }
        }
        start = model.flatWeights();
    }

    private static Sequence sequence(int trajectory) {
        return new Sequence(new int[] {START}, Tree.actions(trajectory));
    }

    /// Aligns a copy of the SFT model and tells where the mass is, every `every` steps from 0.
    List<Tree.Mass> train(String objective, double beta, int steps, int every) {
        Model model = Model.of(backend, PARAMETERS, start);
        PreferencePair pair =
                new PreferencePair(new int[] {START}, Tree.actions(Tree.CHOSEN), Tree.actions(Tree.REJECTED));
        List<Tree.Mass> course = new ArrayList<>();
        try (LogProbScorer scorer = new LogProbScorer(backend, model, 4, ROWS, 1)) {
            course.add(mass(scorer, 0));
            ReferenceLogProbs reference = new ReferenceLogProbs(
                    scorer.score(List.of(pair.chosenSequence())), scorer.score(List.of(pair.rejectedSequence())));
            try (AlignLearner learner = new AlignLearner(
                    backend,
                    model,
                    List.of(pair),
                    new EpochOrder(1, new Seeds(seed)),
                    AlignReference.of(reference),
                    Objectives.create(objective, Map.of("beta", beta)),
                    beta,
                    new Batching(1, 1, Optimizer.adamW(0, 0)),
                    BatchCapacity.ofPairs(List.of(pair), 1))) {
                for (int step = 1; step <= steps; step++) {
                    learner.step(step, RATE);
                    if (step % every == 0) {
                        course.add(mass(scorer, step));
                    }
                }
            }
        }
        return course;
    }

    private static Tree.Mass mass(LogProbScorer scorer, int step) {
        float[][] scores = scorer.score(IntStream.range(0, Tree.TRAJECTORIES)
                .mapToObj(TreeNetwork::sequence)
                .toList());
        double[] probabilities = new double[Tree.TRAJECTORIES];
        for (int k = 0; k < Tree.TRAJECTORIES; k++) {
            double sum = 0;
            for (float logProb : scores[k]) {
                sum += logProb;
            }
            probabilities[k] = Math.exp(sum);
        }
        return Tree.Mass.of(step, probabilities);
    }
}
