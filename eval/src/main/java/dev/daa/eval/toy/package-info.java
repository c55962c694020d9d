/// Worlds small enough to see through: why a preference loss leaves the mass of unseen responses free.
@NullMarked
package dev.daa.eval.toy;

import org.jspecify.annotations.NullMarked;
