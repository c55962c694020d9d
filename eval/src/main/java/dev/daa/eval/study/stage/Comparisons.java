package dev.daa.eval.study.stage;

import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.PreferenceOracle;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.Sequence;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// Two samples of a policy to each of some prompts, before anyone prefers one.
///
/// @param responses the two of the first prompt, of the second, …
/// @param labels draws them
record Comparisons(List<Sequence> responses, RandomGenerator labels) {
    /// Draws prompts and samples.
    ///
    /// @param purpose of the random streams
    static Comparisons of(Generator generator, Seeds seeds, String purpose, int count, BooleanSupplier cancelled) {
        List<int[]> prompts = prompts(seeds, purpose + ", prompts", count);
        Response[][] drawn = generator.generate(
                prompts,
                2,
                Sampling.full(1, ReviewsWorld.RESPONSE_LIMIT, Lexicon.STOP),
                seeds.derive(purpose + ", samples"),
                cancelled);
        List<Sequence> responses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            responses.add(new Sequence(prompts.get(i), drawn[i][0].tokens()));
            responses.add(new Sequence(prompts.get(i), drawn[i][1].tokens()));
        }
        return new Comparisons(responses, seeds.stream(purpose + ", labels"));
    }

    static List<int[]> prompts(Seeds seeds, String purpose, int count) {
        RandomGenerator random = seeds.stream(purpose);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            prompts.add(ReviewsWorld.prompt(ReviewsWorld.item(random)));
        }
        return prompts;
    }

    /// The pairs as an oracle labels them.
    ///
    /// @param gold of each response
    List<PreferencePair> labelled(PreferenceOracle oracle, double[] gold) {
        List<PreferencePair> pairs = new ArrayList<>();
        for (int i = 0; i < responses.size(); i += 2) {
            Sequence first = responses.get(i);
            Sequence second = responses.get(i + 1);
            boolean prefersFirst = oracle.prefersFirst(gold[i], gold[i + 1], labels);
            pairs.add(new PreferencePair(
                    first.prompt(),
                    prefersFirst ? first.response() : second.response(),
                    prefersFirst ? second.response() : first.response()));
        }
        return pairs;
    }
}
