package dev.daa.train.online;

import dev.daa.compute.Backend;
import dev.daa.compute.JointMemory;
import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.Examples;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.StepTime;
import dev.daa.train.model.Work;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.ObjectiveChoice;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.Rollout;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Aligns a policy with pairs of its own samples: each step samples responses to fresh prompts, asks the reward for
/// labels and makes one update by the objective.
///
/// The policy that samples is a copy of its own, which takes the trained weights every so many steps, a round. Half of
/// a prompt's responses may come from a second sampler, at another temperature or of an older policy.
public final class OnlineLearner implements Learner {
    private final Online settings;
    private final Model policy;
    private final float[][] first;
    private final Model sampling;
    private final RolloutSampler sampler;
    private final @Nullable Model secondSampling;
    private final @Nullable RolloutSampler secondSampler;
    private final Examples<int[]> prompts;
    private final Seeds seeds;
    private final BooleanSupplier cancelled;
    private final int pairs;
    private final PairUpdater updater;
    private @Nullable StepTime time;

    /// Who takes part.
    ///
    /// @param start a new copy of the model that training starts from, under a name of its layout; copies may share
    ///   what is frozen
    /// @param reference of the objective
    /// @param reward labels; closed with the learner
    public record Cast(Function<String, Model> start, Model reference, ResponseReward reward) {}

    /// @param shape of the first sampler's rollouts, as [Online#shape] gives it
    /// @param prompts step s answers those at `[(s − 1)·pairs, s·pairs)`
    /// @param objective of the settings
    /// @param batching one pair a prompt
    /// @param cancelled asked while it samples
    public OnlineLearner(
            Backend backend,
            Cast cast,
            RolloutSampler.Shape shape,
            Examples<int[]> prompts,
            Online settings,
            ObjectiveChoice objective,
            Batching batching,
            Seeds seeds,
            BooleanSupplier cancelled) {
        this.settings = settings;
        this.prompts = prompts;
        this.seeds = seeds;
        this.cancelled = cancelled;
        pairs = batching.batch();
        policy = cast.start().apply("policy");
        first = policy.trained().copy();
        sampling = cast.start().apply("sampling");
        sampler = new RolloutSampler(backend, sampling, cast.reference(), cast.reward(), shape, pairs);
        if (settings.hasSecondSampler()) {
            secondSampling = switch (settings.second()) {
                case SAME -> sampling;
                case PREVIOUS, FIRST -> cast.start().apply("second sampling");
            };
            secondSampler = new RolloutSampler(
                    backend,
                    secondSampling,
                    cast.reference(),
                    (responses, stopped) -> cast.reward().score(responses, stopped),
                    settings.shapeOfSecond(shape),
                    pairs,
                    (float) settings.temperature());
        } else {
            secondSampling = null;
            secondSampler = null;
        }
        updater = new PairUpdater(
                backend,
                policy,
                cast.reference(),
                objective.create(),
                objective.rewardFactor(),
                batching,
                capacity(Math.min(batching.microBatch(), pairs), shape),
                (float) settings.temperature());
    }

    private static BatchCapacity capacity(int microBatch, RolloutSampler.Shape shape) {
        return BatchCapacity.ofPairs(
                microBatch, shape.longestPrompt(), shape.sampling().maximumTokens());
    }

    /// Memory that updates and sampling take; the reward comes on top.
    ///
    /// @param start parameters of the model that training starts from, under a name of its layout
    public static JointMemory plan(
            Backend backend,
            Function<String, TransformerParameters> start,
            TransformerParameters reference,
            RolloutSampler.Shape shape,
            Online settings,
            Objective objective,
            Batching batching) {
        TransformerParameters sampling = start.apply("sampling");
        JointMemory memory = PairUpdater.plan(
                        backend,
                        start.apply("policy"),
                        reference,
                        objective,
                        batching.microBatch(),
                        capacity(batching.microBatch(), shape),
                        batching.optimizer())
                .add(RolloutSampler.plan(backend, sampling, reference, shape, batching.batch()));
        if (settings.hasSecondSampler()) {
            TransformerParameters second =
                    settings.second() == Online.Second.SAME ? sampling : start.apply("second sampling");
            memory.add(RolloutSampler.plan(backend, second, reference, shape, batching.batch()));
        }
        return memory;
    }

    @Override
    public Metrics step(int step, float learningRate) {
        long begin = System.nanoTime();
        boolean begins = settings.refreshEvery() > 0 && (step - 1) % settings.refreshEvery() == 0;
        List<int[]> asked = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            asked.add(prompts.at((step - 1L) * pairs + i));
        }
        if (begins) {
            refreshSamplers();
        }
        Rollout rollout;
        Rollout second;
        try {
            rollout = sampler.sample(asked, seeds.derive("rollout", step), cancelled);
            second = secondSampler == null
                    ? null
                    : secondSampler.sample(asked, seeds.derive("second rollout", step), cancelled);
        } catch (CancellationException stopped) {
            if (begins) {
                undoRefresh();
            }
            throw stopped;
        }
        if (begins && settings.restart() && step > 1) {
            policy.trained().write(first);
            updater.restart();
        }
        List<PairUpdater.Referenced> labelled = labelled(rollout, second, seeds.stream("labels", step));
        long sampled = System.nanoTime();
        int number = settings.restart() ? (step - 1) % settings.refreshEvery() + 1 : step;
        Metrics metrics =
                updater.update(step, number, learningRate, (from, count) -> labelled.subList(from, from + count));
        time = StepTime.of(
                begin,
                sampler.generationSeconds() + (secondSampler == null ? 0 : secondSampler.generationSeconds()),
                sampled,
                System.nanoTime());
        double score = 0;
        for (double of : rollout.score()) {
            score += of / rollout.size();
        }
        return metrics.with("objective/scores", score)
                .with("objective/kl", rollout.kl())
                .with("rollout/length", (double) rollout.tokens() / rollout.size());
    }

    /// The trained policy samples from now on; the one that did becomes the older checkpoint.
    private void refreshSamplers() {
        if (settings.second() == Online.Second.PREVIOUS) {
            Objects.requireNonNull(secondSampling)
                    .trained()
                    .write(sampling.trained().copy());
        }
        sampling.trained().write(policy.trained().copy());
    }

    /// Lets the round begin again. What sampled before it is needed then, and lies with the second sampler; all
    /// else that [#refreshSamplers] wrote it writes again.
    private void undoRefresh() {
        if (settings.second() == Online.Second.PREVIOUS) {
            sampling.trained()
                    .write(Objects.requireNonNull(secondSampling).trained().copy());
        }
    }

    /// The responses to one prompt, those of the first sampler before those of the second.
    private record Candidate(Rollout rollout, int response) {
        int[] tokens() {
            return rollout.responses().get(response).response();
        }

        float[] reference() {
            float[] logProbs = new float[rollout.length(response)];
            for (int t = 0; t < logProbs.length; t++) {
                logProbs[t] = (float) rollout.reference()[rollout.start()[response] + t];
            }
            return logProbs;
        }
    }

    private List<PairUpdater.Referenced> labelled(Rollout rollout, @Nullable Rollout second, RandomGenerator random) {
        int each = settings.samplesOfEach();
        List<PairUpdater.Referenced> labelled = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            List<Candidate> candidates = new ArrayList<>();
            for (int k = 0; k < settings.samples(); k++) {
                candidates.add(
                        k < each
                                ? new Candidate(rollout, i * each + k)
                                : new Candidate(Objects.requireNonNull(second), i * each + k - each));
            }
            double[] score = candidates.stream()
                    .mapToDouble(one -> one.rollout().score()[one.response()])
                    .toArray();
            int[] pair = Pairs.choose(score, settings, random);
            Candidate chosen = candidates.get(pair[0]);
            Candidate rejected = candidates.get(pair[1]);
            labelled.add(new PairUpdater.Referenced(
                    new PreferencePair(rollout.responses().get(i * each).prompt(), chosen.tokens(), rejected.tokens()),
                    chosen.reference(),
                    rejected.reference(),
                    ofLogProb(chosen, second),
                    ofLogProb(rejected, second)));
        }
        return labelled;
    }

    /// What the loss adds of a response's log π: XPO's α where the first policy sampled it.
    private double ofLogProb(Candidate candidate, @Nullable Rollout second) {
        Double exploration = settings.exploration();
        return exploration != null && candidate.rollout() == second ? exploration : 0;
    }

    @Override
    public Model model() {
        return policy;
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> state = new LinkedHashMap<>(updater.optimizerState());
        state.put("sampling", sampling.trained());
        if (settings.second() == Online.Second.PREVIOUS) {
            state.put("second sampling", Objects.requireNonNull(secondSampling).trained());
        }
        return state;
    }

    @Override
    public double[] objectiveState() {
        return updater.objectiveState();
    }

    @Override
    public Work workOfLastStep() {
        return updater.work();
    }

    @Override
    public Optional<StepTime> timeOfLastStep() {
        return Optional.ofNullable(time);
    }

    @Override
    public Optional<String> firstNonFinite() {
        return updater.firstNonFinite();
    }

    @Override
    public void close() {
        updater.close();
        if (secondSampler != null) {
            secondSampler.close();
        }
        sampler.close();
    }
}
