/// Training, whatever the algorithm: the [dev.daa.train.loop.Learner], the [dev.daa.train.loop.TrainingLoop] around it
/// and its schedule, learners whose weights are averaged or merged.
@org.jspecify.annotations.NullMarked
package dev.daa.train.loop;
