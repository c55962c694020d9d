/// The analyses of a page, one class each: its figures, tables and findings.
@NullMarked
package dev.daa.eval.report.part;

import org.jspecify.annotations.NullMarked;
