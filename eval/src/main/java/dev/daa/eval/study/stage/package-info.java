/// What each step of a study does: SFT models and held-out data, gold and proxy reward models, one stage for each kind
/// of cell, and the evaluation that they share.
@NullMarked
package dev.daa.eval.study.stage;

import org.jspecify.annotations.NullMarked;
