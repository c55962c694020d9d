/// Log-probabilities, scores and divergences of given responses.
@NullMarked
package dev.daa.model.score;

import org.jspecify.annotations.NullMarked;
