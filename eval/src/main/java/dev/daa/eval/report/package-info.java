/// The report: from the folder that a study leaves to one self-contained page, its figures, its tables and its
/// verdicts.
@NullMarked
package dev.daa.eval.report;

import org.jspecify.annotations.NullMarked;
