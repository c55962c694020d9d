/// Alignment objectives as pure functions of log-probabilities: numbers in, a loss per pair and its derivatives out.
@org.jspecify.annotations.NullMarked
package dev.daa.train.objective;
