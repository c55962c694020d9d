/// Tests of scorers.
@NullMarked
package dev.daa.model.score;

import org.jspecify.annotations.NullMarked;
