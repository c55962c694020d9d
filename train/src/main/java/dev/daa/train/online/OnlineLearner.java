package dev.daa.train.online;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.rollout.Rollout;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Learner;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Optimizer;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// Aligns a policy with pairs of its own samples: each step samples responses to fresh prompts, asks the reward for
/// labels and makes one update by the objective.
///
/// The policy that samples is a copy of its own, which takes the trained weights every so many steps.
public final class OnlineLearner implements Learner {
    private final Online settings;
    private final Model policy;
    private final Model sampling;
    private final RolloutSampler sampler;
    private final Examples<int[]> prompts;
    private final Seeds seeds;
    private final BooleanSupplier cancelled;
    private final int pairs;
    private final PairUpdater updater;
    private double samplingShare;

    /// @param sampling the policy that samples, with weights of its own, equal at the start
    /// @param sampler of `sampling`, at `settings.samples()` responses a prompt; closed with the learner
    /// @param longest tokens of the longest prompt and response
    /// @param prompts step s answers those at `[(s − 1)·pairs, s·pairs)`
    /// @param pairs per step, one a prompt
    /// @param microBatch pairs per forward pass
    /// @param cancelled asked while it samples
    public OnlineLearner(
            Backend backend,
            Model policy,
            Model sampling,
            RolloutSampler sampler,
            int longest,
            Examples<int[]> prompts,
            Online settings,
            int pairs,
            int microBatch,
            Optimizer optimizer,
            Seeds seeds,
            BooleanSupplier cancelled) {
        this.settings = settings;
        this.policy = policy;
        this.sampling = sampling;
        this.sampler = sampler;
        this.prompts = prompts;
        this.seeds = seeds;
        this.cancelled = cancelled;
        this.pairs = pairs;
        updater = new PairUpdater(
                backend,
                policy,
                settings.created(),
                settings.beta(),
                pairs,
                microBatch,
                Math.min(microBatch, pairs) * 2 * longest,
                (float) settings.temperature(),
                optimizer);
    }

    @Override
    public Metrics step(int step, float learningRate) {
        long begin = System.nanoTime();
        if (settings.refreshEvery() > 0 && (step - 1) % settings.refreshEvery() == 0) {
            sampling.weights().write(policy.flatWeights());
        }
        List<int[]> asked = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            asked.add(prompts.at((step - 1L) * pairs + i));
        }
        Rollout rollout = sampler.sample(asked, seeds.derive("rollout", step), cancelled);
        List<PairUpdater.Referenced> labelled = labelled(rollout, seeds.stream("labels", step));
        long sampled = System.nanoTime();
        Metrics metrics = updater.update(step, learningRate, (from, count) -> labelled.subList(from, from + count));
        samplingShare = (sampled - begin) / (double) (System.nanoTime() - begin);
        double score = 0;
        for (double of : rollout.score()) {
            score += of / rollout.size();
        }
        return metrics.with("objective/scores", score)
                .with("objective/kl", rollout.kl())
                .with("rollout/length", (double) rollout.tokens() / rollout.size());
    }

    private List<PairUpdater.Referenced> labelled(Rollout rollout, RandomGenerator random) {
        List<PairUpdater.Referenced> labelled = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            int first = i * settings.samples();
            int[] pair = Pairs.choose(rollout.score(), first, settings, random);
            labelled.add(new PairUpdater.Referenced(
                    new PreferencePair(
                            rollout.responses().get(first).prompt(),
                            rollout.responses().get(pair[0]).response(),
                            rollout.responses().get(pair[1]).response()),
                    reference(rollout, pair[0]),
                    reference(rollout, pair[1])));
        }
        return labelled;
    }

    private static float[] reference(Rollout rollout, int response) {
        float[] logProbs = new float[rollout.length(response)];
        for (int t = 0; t < logProbs.length; t++) {
            logProbs[t] = (float) rollout.reference()[rollout.start()[response] + t];
        }
        return logProbs;
    }

    @Override
    public Model model() {
        return policy;
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> state = new LinkedHashMap<>(updater.optimizerState());
        state.put("sampling", sampling.weights());
        return state;
    }

    @Override
    public double[] objectiveState() {
        return updater.objectiveState();
    }

    @Override
    public long rowsOfLastStep() {
        return updater.rows();
    }

    @Override
    public double operationsOfLastStep() {
        return updater.operations();
    }

    @Override
    public double samplingShareOfLastStep() {
        return samplingShare;
    }

    @Override
    public Optional<String> firstNonFinite() {
        return updater.firstNonFinite();
    }

    @Override
    public void close() {
        updater.close();
        sampler.close();
    }
}
