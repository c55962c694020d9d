package dev.daa.train.loop;

import dev.daa.compute.Parameters;
import dev.daa.model.transformer.Model;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Learners that train side by side, step by step, so that their weights can be merged at any checkpoint. Model and
/// metrics are those of the first; all are saved and resumed together.
public final class ParallelRuns implements Learner {
    private final List<Learner> runs;

    /// @param runs at least one, without a memory of the objective; closed with this
    public ParallelRuns(List<Learner> runs) {
        for (Learner run : runs) {
            if (run.objectiveState().length > 0) {
                throw new IllegalArgumentException("parallel runs of an objective with a memory");
            }
        }
        this.runs = List.copyOf(runs);
    }

    /// The first run's metrics; those of a run whose loss or gradient is not finite in their place.
    @Override
    public Metrics step(int step, float learningRate) {
        Metrics first = runs.getFirst().step(step, learningRate);
        for (Learner run : runs.subList(1, runs.size())) {
            Metrics metrics = run.step(step, learningRate);
            if (!isFinite(metrics, "loss") || !isFinite(metrics, "grad_norm")) {
                return metrics;
            }
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
