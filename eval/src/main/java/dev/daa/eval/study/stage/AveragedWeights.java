package dev.daa.eval.study.stage;

import dev.daa.compute.Parameter;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.model.transformer.Model;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.ParallelRuns;
import dev.daa.train.loop.WeightAverage;
import dev.daa.train.loop.WeightMerge;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The weights that a cell measures in place of those it trains.
///
/// @param averages of each run, which the learners update
/// @param measured share of the way from the start to the runs' merged averages
record AveragedWeights(StudyConfig.Averaging averaging, float[] start, List<Model> averages, Model measured) {

    /// What a cell trains.
    ///
    /// @param learner of all its runs
    /// @param policy what a checkpoint measures
    record Training(Learner learner, MeasuredTraining.Policy policy) {}

    /// Makes the runs of one training.
    @FunctionalInterface
    interface Runs {
        /// @param first whether it may be stopped within a step
        /// @param seeds of its data and samples
        Learner run(boolean first, Seeds seeds);
    }

    /// One run, or as many side by side as are merged, each with data and samples of its own.
    ///
    /// @param averaging null where the last weights of a single run are measured
    static Training of(MeasuredTraining.Job job, StudyConfig.@Nullable Averaging averaging, Runs runs) {
        if (averaging == null) {
            Learner learner = runs.run(true, job.seeds());
            return new Training(learner, MeasuredTraining.Policy.of(learner.model()));
        }
        BaseStage.Prepared base = job.base();
        AveragedWeights averaged = new AveragedWeights(
                averaging,
                base.weights(),
                Stream.generate(() -> base.model(job.backend(), "average"))
                        .limit(averaging.runs())
                        .toList(),
                base.model(job.backend(), "policy"));
        List<Learner> learners = new ArrayList<>(sideBySide(averaging.runs(), job.seeds(), runs));
        for (int run = 0; run < learners.size(); run++) {
            learners.set(run, new WeightAverage(learners.get(run), averaged.averages.get(run), averaging.decay()));
        }
        return new Training(
                learners.size() == 1 ? learners.getFirst() : new ParallelRuns(learners),
                new MeasuredTraining.Policy(averaged.measured, averaged::update));
    }

    /// The first run is the one that a cell without averaging has.
    static List<Learner> sideBySide(int count, Seeds seeds, Runs runs) {
        List<Learner> learners = new ArrayList<>();
        for (int run = 0; run < count; run++) {
            learners.add(runs.run(run == 0, run == 0 ? seeds : new Seeds(seeds.derive("merged run", run))));
        }
        return learners;
    }

    /// Takes the averages as they are now.
    private void update() {
        List<float[]> weights = averages.stream().map(Model::flatWeights).toList();
        WeightMerge merge = WeightMerge.ofEqual(WeightMerge.Rule.SPHERICAL, averages.size(), averaging.share());
        float[] merged = new float[start.length];
        for (Parameter tensor : measured.parameters().layout().parameters()) {
            System.arraycopy(
                    merge.of(
                            values(tensor, start),
                            weights.stream().map(all -> values(tensor, all)).toList()),
                    0,
                    merged,
                    tensor.offset(),
                    tensor.size());
        }
        measured.weights().write(merged);
    }

    private static float[] values(Parameter tensor, float[] all) {
        return Arrays.copyOfRange(all, tensor.offset(), tensor.offset() + tensor.size());
    }
}
