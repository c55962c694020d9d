/// Scaling laws of reward against distance: fits, intervals, peaks, extrapolation, and the KL of best-of-n.
@org.jspecify.annotations.NullMarked
package dev.daa.eval.curve;
