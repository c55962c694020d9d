/// A training run, whatever its algorithm: the [dev.daa.train.run.Learner] and the [dev.daa.train.run.TrainingLoop]
/// around it, schedule, optimizer and adapters; and what the run leaves behind to start again from: run folder,
/// checkpoints, metrics, manifest and seeds.
@org.jspecify.annotations.NullMarked
package dev.daa.train.run;
