/// Sample means with honest standard errors: what every evaluated number of a study is reported as.
@NullMarked
package dev.daa.eval.estimate;

import org.jspecify.annotations.NullMarked;
