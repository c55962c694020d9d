/// Direct alignment: the pairwise objectives over one trainer.
@NullMarked
package dev.daa.train.align;

import org.jspecify.annotations.NullMarked;
