/// What a training run leaves behind and how it starts again: the run folder, metrics, schedules, seeds and interrupts.
@org.jspecify.annotations.NullMarked
package dev.daa.train.run;
