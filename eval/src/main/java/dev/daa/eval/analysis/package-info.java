/// Questions about direct alignment asked of a study's numbers, and toys that answer them without a model: pure
/// computations, numbers in and records out.
@NullMarked
package dev.daa.eval.analysis;

import org.jspecify.annotations.NullMarked;
