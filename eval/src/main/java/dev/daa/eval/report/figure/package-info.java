/// The figures of a report, drawn with `chart`.
@NullMarked
package dev.daa.eval.report.figure;

import org.jspecify.annotations.NullMarked;
