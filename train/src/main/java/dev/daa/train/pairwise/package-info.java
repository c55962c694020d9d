/// One update of a language model by an objective of preference pairs, wherever the pairs come from.
@NullMarked
package dev.daa.train.pairwise;

import org.jspecify.annotations.NullMarked;
