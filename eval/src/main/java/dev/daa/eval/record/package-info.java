/// What a study leaves on disk, row by row: points, held-out responses, samples, training logs, facts. Studies write
/// it, the report reads it.
@NullMarked
package dev.daa.eval.record;

import org.jspecify.annotations.NullMarked;
