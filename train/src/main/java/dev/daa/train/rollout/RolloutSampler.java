package dev.daa.train.rollout;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Samples responses of a policy as it is now, and asks reference and reward about them. Log-probabilities of policy
/// and reference are at the temperature of the sampling.
public final class RolloutSampler implements AutoCloseable {
    private static final int SCORING_ROWS = 2048;
    private static final int CONCURRENT = 256;

    private final Sampling sampling;
    private final int samples;
    private final Generator generator;
    private final @Nullable LogProbScorer reference;
    private final ResponseReward reward;
    private double generationSeconds;

    /// How long prompts and responses can be, and how these are drawn.
    ///
    /// @param longestPrompt tokens
    /// @param sampling of the responses; its temperature is not 0
    /// @param samples responses per prompt
    public record Shape(int longestPrompt, Sampling sampling, int samples) {
        /// Tokens of the longest prompt and response.
        public int longest() {
            return longestPrompt + sampling.maximumTokens();
        }

        /// The same with another number of responses per prompt.
        public Shape withSamples(int other) {
            return new Shape(longestPrompt, sampling, other);
        }
    }

    /// @param policy whose weights are read anew for every rollout
    /// @param reward closed with the sampler
    /// @param prompts most of them at a time
    public RolloutSampler(
            Backend backend, Model policy, Model reference, ResponseReward reward, Shape shape, int prompts) {
        this(backend, policy, reference, reward, shape, prompts, (float)
                shape.sampling().temperature());
    }

    /// @param referenceTemperature divides the reference's logits, where that is not the temperature of the
    ///   sampling: for samples that another policy explores with
    public RolloutSampler(
            Backend backend,
            Model policy,
            Model reference,
            ResponseReward reward,
            Shape shape,
            int prompts,
            float referenceTemperature) {
        this(
                backend,
                policy,
                new LogProbScorer(backend, reference, shape.longest(), SCORING_ROWS, referenceTemperature),
                reward,
                shape,
                prompts);
    }

    /// @param reference null where the policy is the reference
    private RolloutSampler(
            Backend backend,
            Model policy,
            @Nullable LogProbScorer reference,
            ResponseReward reward,
            Shape shape,
            int prompts) {
        sampling = shape.sampling();
        samples = shape.samples();
        this.reference = reference;
        this.reward = reward;
        generator = new Generator(
                backend, policy, concurrent(shape, prompts), shape.longestPrompt(), sampling.maximumTokens());
    }

    /// Samples of the reference itself, whose log-probabilities are those that it sampled with.
    ///
    /// @param reward closed with the sampler
    /// @param prompts most of them at a time
    public static RolloutSampler ofReference(
            Backend backend, Model reference, ResponseReward reward, Shape shape, int prompts) {
        return new RolloutSampler(backend, reference, (LogProbScorer) null, reward, shape, prompts);
    }

    private static int concurrent(Shape shape, int prompts) {
        return Math.min(CONCURRENT, prompts * shape.samples());
    }

    /// Memory that sampling and the reference's log-probabilities take; the reward comes on top.
    public static JointMemory plan(
            Backend backend, TransformerParameters policy, TransformerParameters reference, Shape shape, int prompts) {
        return planOfReference(backend, policy, shape, prompts)
                .add(LogProbScorer.plan(backend, reference, shape.longest(), SCORING_ROWS));
    }

    /// Memory that samples of the reference itself take; the reward comes on top.
    public static JointMemory planOfReference(
            Backend backend, TransformerParameters reference, Shape shape, int prompts) {
        return JointMemory.of(Generator.plan(
                backend,
                reference,
                concurrent(shape, prompts),
                shape.longestPrompt(),
                shape.sampling().maximumTokens()));
    }

    /// Responses to some prompts.
    ///
    /// @param seed of the samples
    /// @param cancelled asked between tokens and between batches
    public Rollout sample(List<int[]> prompts, long seed, BooleanSupplier cancelled) {
        return rollout(prompts, samples, sampling, seed, cancelled);
    }

    /// The most likely response to each of some prompts; its log-probabilities are the policy's at no temperature.
    public Rollout greedy(List<int[]> prompts, BooleanSupplier cancelled) {
        return rollout(prompts, 1, Sampling.greedy(sampling.maximumTokens(), sampling.stop()), 0, cancelled);
    }

    private Rollout rollout(List<int[]> prompts, int samples, Sampling sampling, long seed, BooleanSupplier cancelled) {
        long begin = System.nanoTime();
        Response[][] drawn = generator.generate(prompts, samples, sampling, seed, cancelled);
        generationSeconds = (System.nanoTime() - begin) * 1e-9;
        List<Sequence> responses = new ArrayList<>();
        int[] start = new int[prompts.size() * samples + 1];
        boolean[] stopped = new boolean[prompts.size() * samples];
        for (int i = 0; i < drawn.length; i++) {
            for (Response response : drawn[i]) {
                int at = responses.size();
                start[at + 1] = start[at] + response.length();
                stopped[at] = response.stopped();
                responses.add(new Sequence(prompts.get(i), response.tokens()));
            }
        }
        double[] policy = new double[start[responses.size()]];
        for (int i = 0; i < responses.size(); i++) {
            copy(drawn[i / samples][i % samples].logProbs(), policy, start[i]);
        }
        double[] referenceLogProb = policy.clone();
        if (reference != null) {
            float[][] scored = reference.score(responses, cancelled);
            for (int i = 0; i < scored.length; i++) {
                copy(scored[i], referenceLogProb, start[i]);
            }
        }
        return new Rollout(responses, start, policy, referenceLogProb, reward.score(responses, cancelled), stopped);
    }

    /// Time that generating the last responses took; what else [#sample] took went into scoring them.
    public double generationSeconds() {
        return generationSeconds;
    }

    private static void copy(float[] from, double[] into, int at) {
        for (int t = 0; t < from.length; t++) {
            into[at + t] = from[t];
        }
    }

    @Override
    public void close() {
        generator.close();
        if (reference != null) {
            reference.close();
        }
        reward.close();
    }
}
