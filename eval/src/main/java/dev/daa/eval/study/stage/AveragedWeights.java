package dev.daa.eval.study.stage;

import dev.daa.eval.study.config.StudyConfig;
import dev.daa.model.transformer.Model;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.ParallelRuns;
import dev.daa.train.loop.SphericalInterpolation;
import dev.daa.train.loop.WeightAverage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// The weights that a cell measures in place of those it trains.
///
/// @param averages of each run, which the learners update
/// @param measured share of the way from the start to the runs' merged averages
record AveragedWeights(StudyConfig.Averaging averaging, float[] start, List<Model> averages, Model measured) {

    /// @param model makes a model with the start's weights, by its layout's name
    static AveragedWeights of(BaseStage.Prepared base, StudyConfig.Averaging averaging, Function<String, Model> model) {
        return new AveragedWeights(
                averaging,
                base.weights(),
                Stream.generate(() -> model.apply("average"))
                        .limit(averaging.runs())
                        .toList(),
                model.apply("policy"));
    }

    /// @param runs as many as the averaging merges
    Learner learner(List<Learner> runs) {
        List<Learner> averaged = new ArrayList<>();
        for (int run = 0; run < runs.size(); run++) {
            averaged.add(new WeightAverage(runs.get(run), averages.get(run), averaging.decay()));
        }
        return averaged.size() == 1 ? averaged.getFirst() : new ParallelRuns(averaged);
    }

    /// What a checkpoint measures.
    MeasuredTraining.Policy policy() {
        return new MeasuredTraining.Policy(measured, this::update);
    }

    /// Takes the averages as they are now.
    private void update() {
        float[] weights = averages.size() == 1 ? averages.getFirst().flatWeights() : merged();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (averaging.share() * weights[i] + (1 - averaging.share()) * start[i]);
        }
        measured.weights().write(weights);
    }

    private float[] merged() {
        List<float[]> taskVectors = new ArrayList<>();
        for (Model average : averages) {
            float[] vector = average.flatWeights();
            for (int i = 0; i < vector.length; i++) {
                vector[i] -= start[i];
            }
            taskVectors.add(vector);
        }
        float[] weights = SphericalInterpolation.of(measured.parameters().layout(), taskVectors);
        for (int i = 0; i < weights.length; i++) {
            weights[i] += start[i];
        }
        return weights;
    }
}
