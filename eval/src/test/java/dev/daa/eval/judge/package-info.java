@NullMarked
package dev.daa.eval.judge;

import org.jspecify.annotations.NullMarked;
