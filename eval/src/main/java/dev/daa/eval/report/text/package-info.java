/// How a report writes names, numbers, HTML elements and CSV rows.
@NullMarked
package dev.daa.eval.report.text;

import org.jspecify.annotations.NullMarked;
