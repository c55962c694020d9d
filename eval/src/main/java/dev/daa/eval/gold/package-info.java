/// The gold reward, held out for evaluation, and what is measured with it: means and win rates.
@NullMarked
package dev.daa.eval.gold;

import org.jspecify.annotations.NullMarked;
