/// The report: from the folder that a study leaves to one self-contained page, its figures, its tables and its
/// verdicts. `measure` computes, `finding` judges, `figure` draws, `part` puts an analysis together, `text` and `chart`
/// write; here is the page.
@NullMarked
package dev.daa.eval.report;

import org.jspecify.annotations.NullMarked;
