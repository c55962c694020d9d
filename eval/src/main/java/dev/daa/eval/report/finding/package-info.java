/// The claims of the literature, the rule that decides each, and what the numbers say.
@NullMarked
package dev.daa.eval.report.finding;

import org.jspecify.annotations.NullMarked;
