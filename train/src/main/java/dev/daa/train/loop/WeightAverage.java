package dev.daa.train.loop;

import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A learner whose weights are averaged on the way: after every step, average ← decay·average + (1 − decay)·θ, from the
/// weights at the start. Training itself is untouched; the average is a second model beside it, saved and resumed with
/// the run. WARP (2406.16768) takes such averages as its anchor; InstructGPT's decay was 0.992.
public final class WeightAverage implements Learner {
    private final Learner learner;
    private final Model average;
    private final double decay;

    /// @param average starts from the learner's weights; updated in place
    /// @param decay in [0, 1)
    public WeightAverage(Learner learner, Model average, double decay) {
        this.learner = learner;
        this.average = average;
        this.decay = decay;
    }

    @Override
    public Metrics step(int step, float learningRate) {
        Metrics metrics = learner.step(step, learningRate);
        float[] mean = average.flatWeights();
        float[] weights = learner.model().flatWeights();
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (decay * mean[i] + (1 - decay) * weights[i]);
        }
        average.weights().write(mean);
        return metrics;
    }

    @Override
    public Model model() {
        return learner.model();
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> state = new LinkedHashMap<>(learner.optimizerState());
        state.put("average", average.weights());
        return state;
    }

    @Override
    public double[] objectiveState() {
        return learner.objectiveState();
    }

    @Override
    public Work workOfLastStep() {
        return learner.workOfLastStep();
    }

    @Override
    public Optional<StepTime> timeOfLastStep() {
        return learner.timeOfLastStep();
    }

    @Override
    public Optional<String> firstNonFinite() {
        return learner.firstNonFinite();
    }

    @Override
    public void close() {
        learner.close();
    }
}
