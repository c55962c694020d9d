package dev.daa.eval.speed;

import dev.daa.compute.Backend;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Configs;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.Optimizer;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.ppo.PolicyGradientCast;
import dev.daa.train.ppo.PolicyGradientLearner;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/// Times what classical RLHF does with the model of the quick study: best of n, and PPO's update after its rollout.
/// Responses have the mean length of the reviews world, so that weights need no training.
final class RolloutSpeed {
    static final int PROMPTS = 4;
    static final int SAMPLES = 64;
    static final int RESPONSES = 128;

    private static final int NEW_TOKENS = 20;
    private static final int LONGEST = ReviewsWorld.PROMPT_LENGTH + NEW_TOKENS;
    private static final Seeds SEEDS = new Seeds(1);
    private static final float LEARNING_RATE = 1e-5f;

    private RolloutSpeed() {}

    private static Model model(Backend backend, Head head, String name) {
        TransformerConfig config = TrainingSpeed.quick();
        return Model.initialize(backend, new TransformerParameters(config, head, name), SEEDS.stream(name));
    }

    private static List<int[]> prompts() {
        RandomGenerator random = SEEDS.stream("prompts");
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < RESPONSES; i++) {
            prompts.add(ReviewsWorld.prompt(ReviewsWorld.item(random)));
        }
        return prompts;
    }

    /// Samples for some prompts and their scores by a reward model of the same size. Tokens are those of prompts,
    /// each counted once, and of responses.
    static Speed bestOfN(Workload workload, Backend backend, Pace pace, long origin) {
        List<int[]> prompts = prompts().subList(0, PROMPTS);
        Sampling sampling = Sampling.full(1, NEW_TOKENS, StopTokens.NONE);
        try (Generator generator = new Generator(
                        backend,
                        model(backend, Head.LANGUAGE, "policy"),
                        PROMPTS * SAMPLES,
                        ReviewsWorld.PROMPT_LENGTH,
                        NEW_TOKENS);
                RewardModel reward = new RewardModel(backend, model(backend, Head.SCALAR, "reward"), LONGEST, 0)) {
            Timing timing = Timing.measure(
                    () -> {
                        Response[][] drawn = generator.generate(prompts, SAMPLES, sampling, 1);
                        for (int i = 0; i < PROMPTS; i++) {
                            int[] prompt = prompts.get(i);
                            reward.score(
                                    Arrays.stream(drawn[i])
                                            .map(response -> new Sequence(prompt, response.tokens()))
                                            .toList(),
                                    () -> false);
                        }
                    },
                    pace,
                    origin);
            int tokens = PROMPTS * (ReviewsWorld.PROMPT_LENGTH + SAMPLES * NEW_TOKENS);
            return new Speed(workload, tokens, Double.NaN, timing);
        }
    }

    /// The update of PPO's step, one pass over 128 responses, without the rollout before it. Policy and value
    /// network read every token, so a token counts twice.
    static Speed update(Workload workload, Backend backend, Pace pace, long origin) {
        PolicyGradient settings = Configs.read(PolicyGradient.class, "bench", "{algorithm: ppo, passes: 1}", List.of());
        RolloutSampler.Shape shape =
                new RolloutSampler.Shape(ReviewsWorld.PROMPT_LENGTH, Sampling.full(1, NEW_TOKENS, StopTokens.NONE), 1);
        PolicyGradientCast cast = new PolicyGradientCast(
                model(backend, Head.LANGUAGE, "policy"),
                model(backend, Head.LANGUAGE, "reference"),
                model(backend, Head.SCALAR, "value"),
                new RewardModel(backend, model(backend, Head.SCALAR, "reward"), LONGEST, 0));
        try (PolicyGradientLearner learner = new PolicyGradientLearner(
                backend,
                cast,
                shape,
                Examples.inOrder(prompts()),
                null,
                settings,
                new Batching(RESPONSES, RESPONSES, Optimizer.adamW(0, 1)),
                SEEDS,
                () -> false)) {
            double[] sums = new double[3];
            Timing timing = Timing.ofLastPart(
                    () -> {
                        learner.step((int) ++sums[0], LEARNING_RATE);
                        sums[1] += 2.0 * learner.workOfLastStep().rows();
                        sums[2] += learner.workOfLastStep().operations();
                        return learner.timeOfLastStep().orElseThrow().updating();
                    },
                    pace,
                    origin);
            return new Speed(workload, sums[1] / sums[0], sums[2] / sums[0], timing);
        }
    }
}
