package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.world.Item;
import dev.daa.eval.world.ReferenceReviews;
import dev.daa.eval.world.ReviewVariants;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/// Mean log π of six kinds of responses while SFT runs (Guo & Xiong 2024, §3 of the Alignment Guidebook): what training
/// on good responses does to all the others. Chosen and rejected are the better and the worse by gold of two reference
/// reviews; the metrics are `probe/chosen`, `probe/rejected`, … in nats per response.
final class CategoryProbe implements AutoCloseable {
    /// When it is asked, as fractions of the training.
    static final List<Double> FRACTIONS = List.of(0.01, 0.03, 0.1, 0.3, 1.0);

    private static final int PROMPTS = 128;

    private final LogProbScorer scorer;
    private final List<List<Sequence>> categories = new ArrayList<>();
    private final List<String> names =
            List.of("chosen", "rejected", "other_prompt", "rejected_paraphrase", "chosen_variant", "gibberish");

    CategoryProbe(Backend backend, Model model, Seeds seeds) {
        scorer = new LogProbScorer(backend, model, BaseStage.LONGEST, BaseStage.SCORING_ROWS, 1);
        RandomGenerator random = seeds.stream("category probe");
        names.forEach(_ -> categories.add(new ArrayList<>()));
        for (int i = 0; i < PROMPTS; i++) {
            Item item = Item.values()[i % Item.values().length];
            Item other = Item.values()[(i + 1) % Item.values().length];
            int[] prompt = ReviewsWorld.prompt(item);
            int[] one = review(item, random);
            int[] two = review(item, random);
            boolean first = ReviewsWorld.goldReward(item, one).reward()
                    > ReviewsWorld.goldReward(item, two).reward();
            int[] chosen = first ? one : two;
            int[] rejected = first ? two : one;
            List<int[]> responses = List.of(
                    chosen,
                    rejected,
                    review(other, random),
                    ReviewVariants.paraphrase(rejected, random),
                    ReviewVariants.paraphrase(chosen, random),
                    ReviewVariants.gibberish(chosen.length, random));
            for (int k = 0; k < responses.size(); k++) {
                categories.get(k).add(new Sequence(prompt, responses.get(k)));
            }
        }
    }

    private static int[] review(Item item, RandomGenerator random) {
        int[] response = new int[ReferenceReviews.MAXIMUM_LENGTH];
        return Arrays.copyOf(response, ReferenceReviews.sample(item, random, response));
    }

    Metrics measure(Metrics metrics) {
        for (int k = 0; k < categories.size(); k++) {
            double sum = 0;
            for (float[] logProbs : scorer.score(categories.get(k))) {
                for (float logProb : logProbs) {
                    sum += logProb;
                }
            }
            metrics.with("probe/" + names.get(k), sum / PROMPTS);
        }
        return metrics;
    }

    @Override
    public void close() {
        scorer.close();
    }
}
