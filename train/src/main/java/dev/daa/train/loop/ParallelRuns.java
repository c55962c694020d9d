package dev.daa.train.loop;

import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Learners that train side by side, step by step, so that their weights can be merged at any checkpoint. Model and
/// metrics are those of the first; all are saved and resumed together, and what they compute is added up.
public final class ParallelRuns implements Learner {
    private final List<Learner> runs;
    private final double[] state;

    /// @param runs at least one, of which only the first may be stopped within a step: when it has learned, the
    ///   others must; closed with this
    public ParallelRuns(List<Learner> runs) {
        this.runs = List.copyOf(runs);
        state = runs.stream()
                .flatMapToDouble(run -> Arrays.stream(run.objectiveState()))
                .toArray();
    }

    /// The first run's metrics; those of a run whose loss or gradient is not finite in their place.
    @Override
    public Metrics step(int step, float learningRate) {
        int at = 0;
        for (Learner run : runs) {
            double[] own = run.objectiveState();
            System.arraycopy(state, at, own, 0, own.length);
            at += own.length;
        }
        Metrics first = runs.getFirst().step(step, learningRate);
        for (Learner run : runs.subList(1, runs.size())) {
            Metrics metrics = run.step(step, learningRate);
            if (!isFinite(metrics, "loss") || !isFinite(metrics, "grad_norm")) {
                return metrics;
            }
        }
        at = 0;
        for (Learner run : runs) {
            double[] own = run.objectiveState();
            System.arraycopy(own, 0, state, at, own.length);
            at += own.length;
        }
        return first;
    }

    private static boolean isFinite(Metrics metrics, String key) {
        return Double.isFinite(metrics.value(key).orElse(Double.NaN));
    }

    @Override
    public Model model() {
        return runs.getFirst().model();
    }

    @Override
    public Map<String, Parameters> optimizerState() {
        Map<String, Parameters> state = new LinkedHashMap<>(runs.getFirst().optimizerState());
        for (int number = 2; number <= runs.size(); number++) {
            Learner run = runs.get(number - 1);
            String prefix = "run" + number + ".";
            state.put(prefix + "weights", run.model().weights());
            run.optimizerState().forEach((name, values) -> state.put(prefix + name, values));
        }
        return state;
    }

    @Override
    public double[] objectiveState() {
        return state;
    }

    @Override
    public Optional<StepTime> timeOfLastStep() {
        return runs.stream().flatMap(run -> run.timeOfLastStep().stream()).reduce(StepTime::plus);
    }

    @Override
    public Work workOfLastStep() {
        return runs.stream().map(Learner::workOfLastStep).reduce(Work.NONE, Work::plus);
    }

    @Override
    public Optional<String> firstNonFinite() {
        return runs.stream().flatMap(run -> run.firstNonFinite().stream()).findFirst();
    }

    @Override
    public void close() {
        runs.forEach(Learner::close);
    }
}
