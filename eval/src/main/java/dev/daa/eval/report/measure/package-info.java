/// What follows from a study's points before anybody claims anything: groups and trajectories, fitted laws, left-out
/// peaks, and which β and checkpoint to take.
@NullMarked
package dev.daa.eval.report.measure;

import org.jspecify.annotations.NullMarked;
