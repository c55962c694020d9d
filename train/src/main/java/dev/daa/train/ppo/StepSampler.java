package dev.daa.train.ppo;

import dev.daa.train.data.Examples;
import dev.daa.train.rollout.Rollout;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/// What a step learns from: responses to its prompts, with all prices in their scores. Where prompts are left out whose
/// responses all score the same, further ones are sampled in their place (dynamic sampling, 2503.14476), as many as
/// are missing, until all are there or the rounds for it are over.
///
/// @param prompts by their position
/// @param count prompts of a step
record StepSampler(
        RolloutSampler sampler,
        Examples<int[]> prompts,
        int count,
        int maximumTokens,
        PolicyGradient settings,
        Seeds seeds,
        BooleanSupplier cancelled)
        implements AutoCloseable {
    private static final double[] NONE = {};

    /// @param sampled all responses of the step
    /// @param learned those that count in an update
    /// @param greedy `[responses]` score of the most likely response to the prompt of each; empty unless the
    ///   advantage asks for it
    /// @param further prompts that were sampled in place of others
    /// @param generationSeconds that generating took
    record Step(Rollout sampled, Rollout learned, double[] greedy, int further, double generationSeconds) {}

    /// @param step from 1
    /// @param further prompts that earlier steps sampled in place of others
    Step sample(int step, long further) {
        long first = (step - 1L) * count + further;
        Rollout sampled = rollout(first, count, seeds.derive("rollout", step));
        double seconds = sampler.generationSeconds();
        Rollout learned = learned(sampled);
        int refilled = 0;
        for (int round = 1; round <= settings.recipe().refillRounds(); round++) {
            int missing = count - learned.size() / settings.samplesPerPrompt();
            if (missing == 0) {
                break;
            }
            Rollout more = rollout(first + count + refilled, missing, seeds.derive("rollout", step, round));
            seconds += sampler.generationSeconds();
            refilled += missing;
            sampled = sampled.with(more);
            learned = learned.with(learned(more));
        }
        double[] greedy = NONE;
        if (settings.recipe().advantage() == Advantage.GREEDY) {
            greedy = greedy(first);
            seconds += sampler.generationSeconds();
        }
        return new Step(sampled, learned, greedy, refilled, seconds);
    }

    private List<int[]> prompts(long first, int number) {
        List<int[]> chosen = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            chosen.add(prompts.at(first + i));
        }
        return chosen;
    }

    private Rollout rollout(long first, int number, long seed) {
        return priced(sampler.sample(prompts(first, number), seed, cancelled));
    }

    private double[] greedy(long first) {
        double[] score =
                priced(sampler.greedy(prompts(first, count), cancelled)).score();
        int samples = settings.samplesPerPrompt();
        return IntStream.range(0, count * samples)
                .mapToDouble(response -> score[response / samples])
                .toArray();
    }

    /// The rollout with the prices of a missing end of sequence and of length, and clipped scores.
    private Rollout priced(Rollout rollout) {
        double[] score = rollout.score();
        Double missing = settings.missingEosScore();
        for (int i = 0; i < score.length; i++) {
            if (missing != null && !rollout.stopped()[i]) {
                score[i] = missing;
            }
            if (settings.scoreClip() > 0) {
                score[i] = Math.clamp(score[i], -settings.scoreClip(), settings.scoreClip());
            }
            score[i] -= settings.recipe().overlong(rollout.length(i), maximumTokens);
        }
        return rollout;
    }

    private Rollout learned(Rollout rollout) {
        if (!settings.recipe().dropEqual()) {
            return rollout;
        }
        boolean[] differing = Advantages.differing(rollout.score(), settings.samplesPerPrompt());
        return rollout.only(IntStream.range(0, rollout.size())
                .filter(response -> differing[response])
                .toArray());
    }

    @Override
    public void close() {
        sampler.close();
    }
}
