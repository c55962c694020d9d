/// A study: a grid of objectives, β, sizes and seeds, each cell trained, evaluated and entered in a ledger.
@NullMarked
package dev.daa.eval.study;

import org.jspecify.annotations.NullMarked;
