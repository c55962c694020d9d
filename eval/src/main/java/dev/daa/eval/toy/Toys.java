package dev.daa.eval.toy;

import dev.daa.compute.Backend;
import dev.daa.eval.world.Item;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReferenceReviews;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/// Everything that the toys show, for the report: some seconds of work, the same at every call.
///
/// @param three descents on three responses
/// @param courses training on the tree
/// @param ranks preference matrices of pairs of reference reviews
public record Toys(List<ThreeResponses.Descent> three, List<Course> courses, List<PreferenceRank> ranks) {
    private static final List<String> OBJECTIVES = List.of("dpo", "ipo", "slic");
    private static final List<Double> BETAS = List.of(0.01, 0.1, 0.5);
    private static final int STARTS = 25;
    private static final double THREE_BETA = 0.1;
    private static final int STEPS = 200;
    private static final int EVERY = 10;
    private static final int SEEDS = 3;
    private static final int[] PAIRS = {64, 256, 1024, 4096, 16384};

    /// A course of training on the tree.
    ///
    /// @param policy `table` or `network`
    /// @param seed of the network; 0 for the table, which has none
    public record Course(String policy, String objective, double beta, long seed, List<Tree.Mass> masses) {}

    public static Toys run(Backend backend) {
        List<ThreeResponses.Descent> three = new ArrayList<>();
        List<Course> courses = new ArrayList<>();
        for (String objective : OBJECTIVES) {
            three.addAll(ThreeResponses.of(objective, THREE_BETA, STARTS));
            for (double beta : BETAS) {
                courses.add(new Course("table", objective, beta, 0, TreeTable.train(objective, beta, STEPS, EVERY)));
            }
        }
        for (long seed = 1; seed <= SEEDS; seed++) {
            TreeNetwork network = new TreeNetwork(backend, seed);
            for (String objective : OBJECTIVES) {
                for (double beta : BETAS) {
                    courses.add(
                            new Course("network", objective, beta, seed, network.train(objective, beta, STEPS, EVERY)));
                }
            }
        }
        return new Toys(three, courses, ofReviews());
    }

    private static List<PreferenceRank> ofReviews() {
        RandomGenerator random = new Seeds(1).stream("preference matrix");
        List<String> chosen = new ArrayList<>();
        List<String> rejected = new ArrayList<>();
        List<PreferenceRank> ranks = new ArrayList<>();
        int[] response = new int[ReferenceReviews.MAXIMUM_LENGTH];
        for (int pairs : PAIRS) {
            while (chosen.size() < pairs) {
                Item item = ReviewsWorld.item(random);
                chosen.add(review(item, random, response));
                rejected.add(review(item, random, response));
            }
            ranks.add(PreferenceRank.of(chosen, rejected));
        }
        return ranks;
    }

    private static String review(Item item, RandomGenerator random, int[] response) {
        int length = ReferenceReviews.sample(item, random, response);
        return Lexicon.decode(ReviewsWorld.prompt(item)) + " " + Lexicon.decode(Arrays.copyOf(response, length));
    }
}
