package dev.daa.train.ppo;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.Examples;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardShaping;
import dev.daa.train.rollout.Rollout;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What a step learns from: responses to its prompts, with all prices in their scores, which responses of the reference
/// may shape ([RewardShaping]). Where prompts are left out whose responses all score the same, further ones are sampled
/// in their place (dynamic sampling, 2503.14476), as many as are missing, until all are there or the rounds for it are
/// over. With a [Constraint] each reward model's scores are kept, and responses score their weighted sum.
///
/// @param reward asked here where there is a constraint
/// @param references samples of the reference; null where they shape no score
/// @param prompts by their position
/// @param count prompts of a step
record StepSampler(
        RolloutSampler sampler,
        ResponseReward reward,
        @Nullable RolloutSampler references,
        Examples<int[]> prompts,
        int count,
        int maximumTokens,
        PolicyGradient settings,
        Seeds seeds,
        BooleanSupplier cancelled)
        implements AutoCloseable {
    private static final double[] NONE = {};

    /// @param count prompts of a step
    static StepSampler of(
            Backend backend,
            PolicyGradientCast cast,
            RolloutSampler.Shape shape,
            Examples<int[]> prompts,
            int count,
            PolicyGradient settings,
            Seeds seeds,
            BooleanSupplier cancelled) {
        RewardShaping shaping = settings.shaping();
        ResponseReward ofSampler = settings.constraint() == null ? cast.reward() : new Unasked(cast.reward());
        return new StepSampler(
                new RolloutSampler(backend, cast.policy(), cast.reference(), ofSampler, shape, count),
                cast.reward(),
                shaping == null
                        ? null
                        : RolloutSampler.ofReference(
                                backend,
                                cast.reference(),
                                (responses, stopped) -> cast.reward().score(responses, stopped),
                                shape.withSamples(shaping.referenceSamples()),
                                count),
                prompts,
                count,
                shape.sampling().maximumTokens(),
                settings,
                seeds,
                cancelled);
    }

    /// A reward that is only closed.
    private record Unasked(ResponseReward reward) implements ResponseReward {
        @Override
        public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
            return new double[responses.size()];
        }

        @Override
        public void close() {
            reward.close();
        }
    }

    /// Memory that it takes; the reward comes on top.
    ///
    /// @param count prompts of a step
    static JointMemory plan(
            Backend backend,
            TransformerParameters policy,
            TransformerParameters reference,
            RolloutSampler.Shape shape,
            int count,
            PolicyGradient settings) {
        JointMemory memory = RolloutSampler.plan(backend, policy, reference, shape, count);
        RewardShaping shaping = settings.shaping();
        return shaping == null
                ? memory
                : memory.add(RolloutSampler.planOfReference(
                        backend, reference, shape.withSamples(shaping.referenceSamples()), count));
    }

    /// @param sampled all responses of the step
    /// @param learned those that count in an update
    /// @param unshaped mean score of all responses before it was shaped
    /// @param values mean score of all responses by each constrained reward; empty without a constraint
    /// @param greedy `[responses]` score of the most likely response to the prompt of each; empty unless the
    ///   advantage asks for it
    /// @param further prompts that were sampled in place of others
    /// @param generationSeconds that generating took
    record Step(
            Rollout sampled,
            Rollout learned,
            double unshaped,
            double[] values,
            double[] greedy,
            int further,
            double generationSeconds) {}

    /// Responses to some prompts.
    ///
    /// @param rollout with its final scores
    /// @param unshaped sum of the scores before they were shaped
    /// @param values sums of the scores by each constrained reward
    /// @param references `[prompts][M]` scores of the reference's responses; empty where they shape nothing
    /// @param seconds that generating took
    private record Drawn(Rollout rollout, double unshaped, double[] values, double[][] references, double seconds) {}

    /// @param step from 1
    /// @param further prompts that earlier steps sampled in place of others
    /// @param weights of the constrained rewards; empty without a constraint
    Step sample(int step, long further, double[] weights) {
        long first = (step - 1L) * count + further;
        Drawn drawn = draw(first, count, weights, step);
        double[] values = drawn.values();
        double seconds = drawn.seconds();
        double unshaped = drawn.unshaped();
        Rollout sampled = drawn.rollout();
        Rollout learned = learned(sampled);
        int refilled = 0;
        for (int round = 1; round <= settings.recipe().refillRounds(); round++) {
            int missing = count - learned.size() / settings.samplesPerPrompt();
            if (missing == 0) {
                break;
            }
            Drawn more = draw(first + count + refilled, missing, weights, step, round);
            for (int i = 0; i < values.length; i++) {
                values[i] += more.values()[i];
            }
            seconds += more.seconds();
            unshaped += more.unshaped();
            refilled += missing;
            sampled = sampled.with(more.rollout());
            learned = learned.with(learned(more.rollout()));
        }
        double[] greedy = NONE;
        if (settings.recipe().advantage() == Advantage.GREEDY) {
            greedy = greedy(first, weights, drawn.references());
            seconds += sampler.generationSeconds();
        }
        int responses = sampled.size();
        Arrays.setAll(values, i -> values[i] / responses);
        return new Step(sampled, learned, unshaped / responses, values, greedy, refilled, seconds);
    }

    /// @param indices of the seed
    private Drawn draw(long first, int number, double[] weights, long... indices) {
        List<int[]> asked = prompts(first, number);
        double[] values = new double[weights.length];
        Rollout rollout = mixed(sampler.sample(asked, seeds.derive("rollout", indices), cancelled), weights, values);
        double seconds = sampler.generationSeconds();
        double unshaped = DoubleStream.of(rollout.score()).sum();
        double[][] earned = {};
        if (references != null) {
            earned = byPrompt(scored(references.sample(asked, seeds.derive("references", indices), cancelled)), number);
            seconds += references.generationSeconds();
        }
        return new Drawn(priced(rollout, earned), unshaped, values, earned, seconds);
    }

    private static double[][] byPrompt(Rollout rollout, int prompts) {
        int samples = rollout.size() / prompts;
        double[][] scores = new double[prompts][];
        for (int i = 0; i < prompts; i++) {
            scores[i] = Arrays.copyOfRange(rollout.score(), i * samples, (i + 1) * samples);
        }
        return scores;
    }

    private List<int[]> prompts(long first, int number) {
        List<int[]> chosen = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            chosen.add(prompts.at(first + i));
        }
        return chosen;
    }

    private double[] greedy(long first, double[] weights, double[][] earned) {
        Rollout rollout = sampler.greedy(prompts(first, count), cancelled);
        double[] score =
                priced(mixed(rollout, weights, weights.clone()), earned).score();
        int samples = settings.samplesPerPrompt();
        return IntStream.range(0, count * samples)
                .mapToDouble(response -> score[response / samples])
                .toArray();
    }

    /// The rollout with the weighted sum of what constrained rewards say, each bounded; bounded scores without a
    /// constraint.
    ///
    /// @param values takes the sums of the scores by each
    private Rollout mixed(Rollout rollout, double[] weights, double[] values) {
        if (weights.length == 0) {
            return scored(rollout);
        }
        double[][] each = weights.length == 1
                ? new double[][] {reward.score(rollout.responses(), cancelled)}
                : reward.scoreEach(rollout.responses(), cancelled);
        if (each.length != weights.length) {
            throw new IllegalStateException(weights.length + " proxy points for " + each.length + " rewards");
        }
        double[] score = new double[rollout.size()];
        for (int i = 0; i < weights.length; i++) {
            double weight = weights[i];
            double[] own = scored(rollout.withScore(each[i])).score();
            values[i] = DoubleStream.of(own).sum();
            Arrays.setAll(score, response -> score[response] + weight * own[response]);
        }
        return rollout.withScore(score);
    }

    /// The rollout with clipped scores, and the one of a missing end of sequence.
    private Rollout scored(Rollout rollout) {
        double[] score = rollout.score();
        Double missing = settings.missingEosScore();
        for (int i = 0; i < score.length; i++) {
            if (missing != null && !rollout.stopped()[i]) {
                score[i] = missing;
            }
            if (settings.scoreClip() > 0) {
                score[i] = Math.clamp(score[i], -settings.scoreClip(), settings.scoreClip());
            }
        }
        return rollout;
    }

    /// The rollout with shaped scores and the price of length.
    ///
    /// @param earned `[prompts][M]` by the reference; empty where it shapes nothing
    private Rollout priced(Rollout rollout, double[][] earned) {
        double[] score = rollout.score();
        RewardShaping shaping = settings.shaping();
        for (int i = 0; i < score.length; i++) {
            if (shaping != null) {
                score[i] = shaping.shaped(score[i], earned[i * earned.length / score.length]);
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
        if (references != null) {
            references.close();
        }
    }
}
