package dev.daa.eval.study.stage;

import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.StepTime;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Reinforcement in rounds (Bai et al. 2204.05862; 2505.18126): before each round but the first the reward model is
/// trained again with fresh comparisons of the policy's samples, and optimizers and value network start afresh. What
/// controls the penalty goes on.
final class IteratedLearner implements Learner {
    private final Rounds rounds;
    private final int steps;
    private final int count;
    private Learner current;
    private double[] state;

    /// What happens between rounds.
    interface Rounds extends AutoCloseable {
        /// Trains the reward model again, unless the memory says that it was done. Where it is stopped nothing
        /// has changed.
        ///
        /// @param round from 2
        void refresh(int round);

        /// What is known of the refresh before the round that has just begun.
        Metrics describe(Metrics metrics);

        /// A learner of the same policy with fresh optimizers.
        ///
        /// @param former what the learner of the round before remembered; empty in the first
        Learner begin(double[] former);

        /// Weights of the reward model in use.
        Parameters reward();

        /// What it remembers besides; updated in place.
        double[] memory();

        @Override
        void close();
    }

    /// @param steps of all rounds together
    /// @param count of rounds, of as equally many steps as can be
    IteratedLearner(Rounds rounds, int steps, int count) {
        this.rounds = rounds;
        this.steps = steps;
        this.count = count;
        current = rounds.begin(new double[0]);
        state = joined();
    }

    private double[] joined() {
        double[] own = rounds.memory();
        double[] inner = current.objectiveState();
        double[] all = Arrays.copyOf(own, own.length + inner.length);
        System.arraycopy(inner, 0, all, own.length, inner.length);
        return all;
    }

    private int round(int step) {
        return (int) ((step - 1L) * count / steps) + 1;
    }

    @Override
    public Metrics step(int step, float learningRate) {
        double[] own = rounds.memory();
        System.arraycopy(state, 0, own, 0, own.length);
        System.arraycopy(state, own.length, current.objectiveState(), 0, state.length - own.length);
        boolean begins = step > 1 && round(step) > round(step - 1);
        if (begins) {
            rounds.refresh(round(step));
            Learner next = rounds.begin(current.objectiveState());
            current.close();
            current = next;
            state = joined();
        }
        Metrics metrics = current.step(step, learningRate);
        state = joined();
        return begins ? rounds.describe(metrics) : metrics;
    }

    @Override
    public Model model() {
        return current.model();
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> all = new LinkedHashMap<>(current.optimizerState());
        all.put("reward", rounds.reward());
        return all;
    }

    @Override
    public double[] objectiveState() {
        return state;
    }

    @Override
    public Work workOfLastStep() {
        return current.workOfLastStep();
    }

    @Override
    public Optional<StepTime> timeOfLastStep() {
        return current.timeOfLastStep();
    }

    @Override
    public Optional<String> firstNonFinite() {
        return current.firstNonFinite();
    }

    @Override
    public void close() {
        current.close();
        rounds.close();
    }
}
