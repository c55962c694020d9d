/// Training, whatever the algorithm: the [dev.daa.train.loop.Learner], the [dev.daa.train.loop.TrainingLoop] around it
/// and its schedule, and for commands [dev.daa.train.loop.ModelTraining], which gives both a folder of `run`; learners
/// whose weights are averaged or merged.
@org.jspecify.annotations.NullMarked
package dev.daa.train.loop;
