package dev.daa.train.ppo;

import dev.daa.compute.Backend;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.JointMemory;
import dev.daa.compute.Op;
import dev.daa.compute.Parameters;
import dev.daa.model.score.Packing;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.StepTime;
import dev.daa.train.model.LanguageGraph;
import dev.daa.train.model.TrainingProgram;
import dev.daa.train.model.Work;
import dev.daa.train.rollout.Rollout;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reinforcement of a policy on a reward of its responses (2403.17031). A step samples a batch of responses, asks
/// reference and reward, forms advantages, and makes some passes of mini-batch updates of the policy, and for PPO of
/// the value network.
///
/// What it remembers between steps are the numbers of updates made, the KL coefficient, and the number of prompts that
/// were sampled in place of others, and the multipliers of a [Constraint]; prompts, samples, demonstrations and the
/// order of mini-batches are functions of seed and step beside it.
public final class PolicyGradientLearner implements Learner {
    private static final int POLICY_UPDATES = 0;
    private static final int VALUE_UPDATES = 1;
    private static final int KL_COEFFICIENT = 2;
    private static final int FURTHER_PROMPTS = 3;

    private final PolicyGradient settings;
    private final Model policy;
    private final Model reference;
    private final StepSampler sampler;
    private final @Nullable ValueNetwork values;
    private final Seeds seeds;
    private final int batchSize;
    private final int microBatch;
    private final int maximumTokens;
    private final TrainingProgram program;
    private final Op.TokenLogProb output;
    private final @Nullable Demonstrations demonstrations;
    private final float[] buffer;
    /// `[tokens]` of a rollout: log π and the derivative of the loss with respect to it.
    private double[] logProb = {};

    private double[] derivative = {};
    private final double[] state;
    /// Where the constraint's numbers begin in it.
    private final int multipliers;

    private @Nullable StepTime time;

    /// Texts whose likelihood is mixed in (PPO-ptx, 2203.02155).
    ///
    /// @param examples the u-th of the updates that the steps have room for sees those at `[(u − 1)·n, u·n)`, n
    ///   being its responses; those of an update that is left out, in the value network's warm-up or after an early
    ///   end of the passes, are left out with it
    /// @param longest tokens of the longest of them
    public record Demonstrations(Examples<Sequence> examples, int longest) {
        /// A finite data set in an order of its own.
        ///
        /// @param seeds of the run
        public static Demonstrations shuffled(List<Sequence> examples, Seeds seeds) {
            return new Demonstrations(
                    Examples.shuffled(examples, new Seeds(seeds.derive("demonstrations"))),
                    examples.stream().mapToInt(Sequence::length).max().orElseThrow());
        }
    }

    /// @param shape of the rollouts, as [PolicyGradient#shape] gives it
    /// @param prompts step s answers those at `[(s − 1)·p, s·p)`, p being batch over samples, behind those that
    ///   earlier steps sampled in place of others
    /// @param demonstrations null unless the settings mix them in
    /// @param cancelled asked while it samples
    public PolicyGradientLearner(
            Backend backend,
            PolicyGradientCast cast,
            RolloutSampler.Shape shape,
            Examples<int[]> prompts,
            @Nullable Demonstrations demonstrations,
            PolicyGradient settings,
            Batching batching,
            Seeds seeds,
            BooleanSupplier cancelled) {
        settings.requireDivides(batching.batch());
        Model value = cast.value();
        if (settings.usesValues() != (value != null)) {
            throw new IllegalArgumentException(settings.name() + " with value network " + (value != null));
        }
        if (settings.usesDemonstrations() != (demonstrations != null)) {
            throw new IllegalArgumentException("ptx coefficient " + settings.ptxCoefficient() + " with demonstrations "
                    + (demonstrations != null));
        }
        this.settings = settings;
        this.demonstrations = demonstrations;
        policy = cast.policy();
        reference = cast.reference();
        int promptsOfStep = batching.batch() / shape.samples();
        maximumTokens = shape.sampling().maximumTokens();
        sampler = StepSampler.of(backend, cast, shape, prompts, promptsOfStep, settings, seeds, cancelled);
        this.seeds = seeds;
        batchSize = batching.batch();
        microBatch = Math.min(batching.microBatch(), batchSize);
        int capacityRows = capacityRows(microBatch, shape, demonstrations);
        LanguageGraph step = LanguageGraph.of(policy.parameters(), batching.optimizer(), rewardsEntropy(settings));
        output = step.output();
        Capacity capacity = capacity(microBatch, shape, demonstrations);
        program = new TrainingProgram(backend, step.graph(), capacity, policy.values(), (float)
                shape.sampling().temperature());
        buffer = new float[capacity.targets()];
        values = value == null
                ? null
                : new ValueNetwork(
                        backend,
                        value,
                        new ValueLoss(settings.valueClip()),
                        microBatch,
                        capacityRows,
                        batching.optimizer());
        // Runs that never sample in place of others keep the three numbers that they were saved with.
        multipliers = settings.recipe().refillRounds() == 0 ? FURTHER_PROMPTS : FURTHER_PROMPTS + 1;
        Constraint constraint = settings.constraint();
        state = new double[multipliers + (constraint == null ? 0 : constraint.remembered())];
        state[KL_COEFFICIENT] = settings.klCoefficient();
    }

    private static boolean rewardsEntropy(PolicyGradient settings) {
        return settings.entropyCoefficient() > 0;
    }

    private static int capacityRows(
            int microBatch, RolloutSampler.Shape shape, @Nullable Demonstrations demonstrations) {
        return microBatch * Math.max(shape.longest(), demonstrations == null ? 0 : demonstrations.longest());
    }

    private static Capacity capacity(
            int microBatch, RolloutSampler.Shape shape, @Nullable Demonstrations demonstrations) {
        int scored = Math.max(shape.sampling().maximumTokens(), demonstrations == null ? 0 : demonstrations.longest());
        return Capacity.training(
                capacityRows(microBatch, shape, demonstrations), 2 * microBatch, microBatch * scored, 0);
    }

    /// Memory that updates and sampling take; the reward comes on top.
    ///
    /// @param value of the value network; null without one
    /// @param demonstrations null unless the settings mix them in
    public static JointMemory plan(
            Backend backend,
            TransformerParameters policy,
            TransformerParameters reference,
            @Nullable TransformerParameters value,
            RolloutSampler.Shape shape,
            @Nullable Demonstrations demonstrations,
            PolicyGradient settings,
            Batching batching) {
        int microBatch = Math.min(batching.microBatch(), batching.batch());
        int capacityRows = capacityRows(microBatch, shape, demonstrations);
        Graph graph = LanguageGraph.of(policy, batching.optimizer(), rewardsEntropy(settings))
                .graph();
        JointMemory memory = JointMemory.of(backend.plan(graph, capacity(microBatch, shape, demonstrations)))
                .add(StepSampler.plan(backend, policy, reference, shape, batching.batch() / shape.samples(), settings));
        return value == null
                ? memory
                : memory.add(ValueNetwork.plan(backend, value, microBatch, capacityRows, batching.optimizer()));
    }

    @Override
    public Metrics step(int step, float learningRate) {
        program.begin();
        if (values != null) {
            values.begin();
        }
        long begin = System.nanoTime();
        Constraint constraint = settings.constraint();
        double[] weights = constraint == null ? new double[0] : constraint.weights(state, multipliers);
        StepSampler.Step drawn =
                sampler.sample(step, multipliers > FURTHER_PROMPTS ? (long) state[FURTHER_PROMPTS] : 0, weights);
        Rollout rollout = drawn.sampled();
        long sampled = System.nanoTime();
        double coefficient = state[KL_COEFFICIENT] * (constraint == null ? 1 : Constraint.ofPenalty(weights));
        ChiSquare chiSquare = settings.paysForChiSquare() ? ChiSquare.of(rollout, settings.samplesPerPrompt()) : null;
        Lesson lesson = Lesson.of(drawn, settings, coefficient, chiSquare, values);
        PolicyLoss loss = settings.loss(coefficient);
        PassTotals measured = new PassTotals();
        boolean learnsPolicy = learnsPolicy();
        long update = (step - 1L) * settings.updatesPerStep();
        for (int pass = 0; pass < settings.passesPerBatch(); pass++) {
            PolicyLoss.Totals ofPass = new PolicyLoss.Totals();
            for (int[] chosen : miniBatches(drawn.learned().size(), seeds.stream("mini-batches", step, pass))) {
                if (learnsPolicy && !updatePolicy(loss, lesson, chosen, update, learningRate, measured, ofPass)) {
                    return Metrics.notFinite(step, ofPass.loss());
                }
                if (!updateValues(lesson, chosen, learningRate, measured)) {
                    return Metrics.notFinite(step, measured.valueLoss());
                }
                update++;
            }
            measured.addPass(ofPass);
            if (settings.targetApproxKl() > 0 && ofPass.approxKl() > 1.5 * settings.targetApproxKl()) {
                break;
            }
        }
        if (settings.referenceMix() != null) {
            reference.trained().mix(policy.trained(), settings.referenceMix());
        }
        state[KL_COEFFICIENT] = settings.nextKlCoefficient(state[KL_COEFFICIENT], rollout.kl(), rollout.size());
        if (drawn.further() > 0) {
            state[FURTHER_PROMPTS] += drawn.further();
        }
        if (constraint != null && learnsPolicy) {
            constraint.update(state, multipliers, drawn.values());
        }
        time = StepTime.of(begin, drawn.generationSeconds(), sampled, System.nanoTime());
        Metrics metrics = measured.metrics(step, learningRate, coefficient, rollout, chiSquare);
        if (constraint != null) {
            constraint.addTo(metrics, weights, drawn.values());
        }
        if (settings.shaping() != null) {
            metrics.with("objective/unshaped_scores", drawn.unshaped());
        }
        return settings.recipe().dropEqual()
                ? metrics.with("rollout/responses", rollout.size())
                        .with("rollout/learned", (double) drawn.learned().size() / rollout.size())
                : metrics;
    }

    /// The value network's warm-up counts its own steps, of which none ends early while the policy stays as it is:
    /// in a later round the number of the step says nothing of how long the network has learned.
    private boolean learnsPolicy() {
        return !settings.usesValues()
                || state[VALUE_UPDATES] >= (double) settings.valueWarmup() * settings.updatesPerStep();
    }

    /// Responses of each update of one pass: prompts in a fresh order, their responses together; none
    /// where there are fewer prompts than updates.
    private List<int[]> miniBatches(int responses, RandomGenerator random) {
        int samples = settings.samplesPerPrompt();
        int[] order = new int[responses / samples];
        for (int i = 0; i < order.length; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        List<int[]> batches = new ArrayList<>();
        for (int i = 1; i <= settings.miniBatches(); i++) {
            int from = (i - 1) * order.length / settings.miniBatches();
            int[] chosen = new int[(i * order.length / settings.miniBatches() - from) * samples];
            for (int k = 0; k < chosen.length; k++) {
                chosen[k] = order[from + k / samples] * samples + k % samples;
            }
            batches.add(chosen);
        }
        return batches;
    }

    /// One update of the policy; none where no response counts.
    ///
    /// @param update which of those that the steps have room for, from 0
    /// @return whether the loss was finite; otherwise nothing was updated
    private boolean updatePolicy(
            PolicyLoss loss,
            Lesson lesson,
            int[] chosen,
            long update,
            float learningRate,
            PassTotals measured,
            PolicyLoss.Totals ofPass) {
        if (chosen.length == 0) {
            return true;
        }
        Rollout rollout = lesson.rollout();
        long tokens = IntStream.of(chosen).mapToLong(rollout::length).sum();
        Aggregation.Of of = new Aggregation.Of(tokens, chosen.length, maximumTokens);
        for (int from = 0; from < chosen.length; from += microBatch) {
            int[] some = Arrays.copyOfRange(chosen, from, Math.min(chosen.length, from + microBatch));
            Packing packing = program.emptied();
            for (int response : some) {
                Sequence sequence = rollout.responses().get(response);
                packing.addScored(sequence.prompt(), sequence.response());
            }
            program.forward();
            program.read(output.entropy(), buffer);
            double entropy = sum(program.targets());
            measured.addEntropy(entropy, program.targets());
            ofPass.addLoss(-settings.entropyCoefficient() * entropy / tokens);
            program.read(output.logProb(), buffer);
            differentiate(loss, lesson, some, of, ofPass);
            if (!Double.isFinite(ofPass.loss())) {
                return false;
            }
            program.write(output.logProb(), buffer);
            backward(-settings.entropyCoefficient() / tokens);
        }
        if (demonstrations != null) {
            int count = batchSize / settings.miniBatches();
            imitate(demonstrations.examples(), update * count, count, measured, ofPass);
        }
        measured.addUpdate(program.update(learningRate, (int) ++state[POLICY_UPDATES]));
        return true;
    }

    /// Makes of the log-probabilities in the buffer, those of some responses one after the other, the derivatives
    /// of the loss with respect to them.
    private void differentiate(
            PolicyLoss loss, Lesson lesson, int[] responses, Aggregation.Of of, PolicyLoss.Totals ofPass) {
        Rollout rollout = lesson.rollout();
        if (logProb.length < rollout.tokens()) {
            logProb = new double[rollout.tokens()];
            derivative = new double[rollout.tokens()];
        }
        int at = 0;
        for (int response : responses) {
            int first = rollout.start()[response];
            int end = rollout.start()[response + 1];
            for (int t = first; t < end; t++) {
                logProb[t] = buffer[at + t - first];
            }
            loss.add(
                    first,
                    end,
                    logProb,
                    rollout.oldLogProb(),
                    rollout.reference(),
                    lesson.advantage(),
                    of,
                    derivative,
                    ofPass);
            for (int t = first; t < end; t++, at++) {
                buffer[at] = (float) derivative[t];
            }
        }
    }

    /// Accumulates the gradient of γ times the mean negative log-likelihood per token of demonstrations.
    private void imitate(
            Examples<Sequence> examples, long first, int count, PassTotals measured, PolicyLoss.Totals ofPass) {
        long tokens = 0;
        for (int k = 0; k < count; k++) {
            tokens += examples.at(first + k).scoredTokens();
        }
        double likelihood = 0;
        for (int from = 0; from < count; from += microBatch) {
            Packing packing = program.emptied();
            for (int k = from; k < Math.min(count, from + microBatch); k++) {
                packing.addScored(
                        examples.at(first + k).prompt(), examples.at(first + k).response());
            }
            program.forward();
            program.read(output.logProb(), buffer);
            likelihood += sum(program.targets());
            Arrays.fill(buffer, 0, program.targets(), (float) (-settings.ptxCoefficient() / tokens));
            program.write(output.logProb(), buffer);
            backward(0);
        }
        measured.addImitation(-likelihood / tokens);
        ofPass.addLoss(-settings.ptxCoefficient() * likelihood / tokens);
    }

    /// Carries the derivatives of the batch back.
    ///
    /// @param ofEntropy derivative of the loss with respect to every token's entropy
    private void backward(double ofEntropy) {
        if (rewardsEntropy(settings)) {
            Arrays.fill(buffer, 0, program.targets(), (float) ofEntropy);
            program.write(output.entropy(), buffer);
        }
        program.backward();
    }

    private double sum(int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += buffer[i];
        }
        return sum;
    }

    /// One update of the value network, if there is one.
    ///
    /// @return whether loss and gradient were finite
    private boolean updateValues(Lesson lesson, int[] chosen, float learningRate, PassTotals measured) {
        if (values == null) {
            return true;
        }
        double loss = values.accumulate(lesson.rollout(), chosen, lesson.oldValue(), lesson.target());
        float norm = values.update((float) (learningRate * settings.valueRate()), (int) ++state[VALUE_UPDATES]);
        measured.addValueUpdate(loss, norm);
        return Double.isFinite(loss) && Double.isFinite(norm);
    }

    @Override
    public Model model() {
        return policy;
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> all = new LinkedHashMap<>(program.optimizerState());
        if (settings.movesReference()) {
            all.put("reference", reference.trained());
        }
        if (values != null) {
            all.putAll(values.state());
        }
        return all;
    }

    @Override
    public double[] objectiveState() {
        return state;
    }

    /// Goes on with the KL coefficient of another learner of the same settings and its place in the prompts;
    /// optimizers start afresh.
    ///
    /// @param former what that one remembered
    public void goOnFrom(double[] former) {
        System.arraycopy(former, KL_COEFFICIENT, state, KL_COEFFICIENT, state.length - KL_COEFFICIENT);
    }

    @Override
    public Work workOfLastStep() {
        return values == null
                ? program.work()
                : new Work(
                        program.work().rows(),
                        program.work().operations() + values.work().operations());
    }

    @Override
    public Optional<StepTime> timeOfLastStep() {
        return Optional.ofNullable(time);
    }

    @Override
    public Optional<String> firstNonFinite() {
        Optional<String> first = program.firstNonFinite();
        return first.isPresent() || values == null ? first : values.firstNonFinite();
    }

    @Override
    public void close() {
        program.close();
        sampler.close();
        if (values != null) {
            values.close();
        }
    }
}
