/// Studies on text and models of one's own: gold is a trained reward model, as in Gao et al. (2210.10760).
@NullMarked
package dev.daa.eval.text;

import org.jspecify.annotations.NullMarked;
