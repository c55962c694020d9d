/// Sample means with honest standard errors: what the KL of a run and every evaluated number of a study are
/// reported as.
@NullMarked
package dev.daa.train.estimate;

import org.jspecify.annotations.NullMarked;
