package dev.daa.eval.study;

import dev.daa.model.transformer.Model;
import dev.daa.train.run.Learner;
import dev.daa.train.run.WeightAverage;
import java.util.function.Function;

/// The weights that a cell measures in place of those it trains.
///
/// @param average moving average, which the learner updates
/// @param measured share of the way from the start to the average
record AveragedWeights(StudyConfig.Averaging averaging, float[] start, Model average, Model measured) {

    /// @param model makes a model with the start's weights, by its layout's name
    static AveragedWeights of(BaseStage.Prepared base, StudyConfig.Averaging averaging, Function<String, Model> model) {
        return new AveragedWeights(averaging, base.weights(), model.apply("average"), model.apply("policy"));
    }

    Learner learner(Learner learner) {
        return new WeightAverage(learner, average, averaging.decay());
    }

    /// What a checkpoint measures.
    MeasuredTraining.Policy policy() {
        return new MeasuredTraining.Policy(measured, this::update);
    }

    /// Takes the average as it is now.
    private void update() {
        float[] mean = average.flatWeights();
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (averaging.share() * mean[i] + (1 - averaging.share()) * start[i]);
        }
        measured.weights().write(mean);
    }
}
