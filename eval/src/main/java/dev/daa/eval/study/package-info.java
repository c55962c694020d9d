/// A study: a grid of objectives, β, sizes and seeds, each cell trained, evaluated and entered in a ledger. `config` is
/// the grid and its cells, `stage` trains and measures them; here they are put in order, run, and kept in a folder.
@NullMarked
package dev.daa.eval.study;

import org.jspecify.annotations.NullMarked;
