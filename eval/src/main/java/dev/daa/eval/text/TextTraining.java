package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.eval.record.Point;
import dev.daa.eval.study.stage.MeasuredMetrics;
import dev.daa.eval.study.stage.RunPoints;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Learner;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.loop.TrainingLoop;
import dev.daa.train.model.StartingPolicy;
import dev.daa.train.objective.Objective;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Trains the policy of a cell with whatever learner, and measures it at the study's checkpoints.
record TextTraining(TextStudyConfig config, Interrupt interrupt) {

    /// One cell with what it needs.
    ///
    /// @param start what the SFT model's samples scored
    /// @param folder of its run
    record Job(
            Backend backend,
            TextBase base,
            TextEvaluator.Start start,
            TextCell cell,
            RunFolder folder,
            RunDisplay display) {
        Seeds seeds() {
            return new Seeds(cell.seed());
        }
    }

    /// The prompts that a policy answers which learns from its own samples.
    ///
    /// @param longest tokens of the longest prompt
    /// @param longestScored tokens of the longest prompt and response, those of the SFT model's samples among them
    record Prompts(Examples<int[]> examples, int longest, int longestScored) {}

    /// The policy of a cell where its training starts.
    StartingPolicy policy(Job job) {
        return new StartingPolicy(job.backend(), job.base().sft(), config.lora(), job.seeds());
    }

    /// The training pairs' prompts in the order of the cell's seed.
    Prompts prompts(Job job) {
        List<int[]> prompts = job.base().trainingPrompts();
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
        return new Prompts(
                Examples.shuffled(prompts, job.seeds()),
                longest,
                Math.max(
                        longest + config.evaluation().maxTokens(),
                        job.start().samples().stream()
                                .mapToInt(Sequence::length)
                                .max()
                                .orElseThrow()));
    }

    /// Optimizer steps of a cell.
    int steps(TextCell cell, TextBase base) {
        return cell.training(config).stepsOver(base.pairs().size());
    }

    /// @param learner of the cell's policy
    /// @param reference the SFT model, named differently
    /// @param objective evaluated on the held-out pairs, with the cell's β in the implicit reward; none for
    ///   reinforcement
    /// @param inputs hashes of what it learns from besides pairs and reward models
    void run(Job job, Learner learner, Model reference, @Nullable Objective objective, Map<String, String> inputs) {
        TextCell cell = job.cell();
        TextBase base = job.base();
        TrainingConfig training = cell.training(config);
        int steps = steps(cell, base);
        Map<String, String> data = new TreeMap<>(inputs);
        data.putAll(base.hashes());
        job.folder()
                .manifest(Manifest.here(
                        config.placement().chosen(),
                        job.backend().description(),
                        cell.seed(),
                        base.sft().hash(),
                        data));
        double beta = objective == null ? Double.NaN : cell.treatment().beta();
        try (TextEvaluator evaluator =
                new TextEvaluator(job.backend(), base, learner.model(), reference, config.evaluation(), job.start())) {
            new TrainingLoop(
                            learner,
                            training.scheduleOver(steps),
                            TrainingLoop.stepsAt(config.evaluation().checkpoints(), steps),
                            TrainingLoop.Retention.LAST,
                            base.sft().text())
                    .run(
                            job.folder(),
                            job.display().begin(steps, List.of()),
                            (step, _, metrics) -> {
                                TextEvaluator.Measured measured =
                                        evaluator.evaluate(objective, beta, cell.seed(), interrupt::requested);
                                RunPoints.record(
                                        job.folder(),
                                        new Point(
                                                cell.pointCell(base),
                                                step,
                                                (double) step / steps,
                                                measured.evaluation()),
                                        measured.samples());
                                return MeasuredMetrics.add(metrics, measured.evaluation());
                            },
                            interrupt);
        }
    }
}
