/// Judges from outside: programs and chat endpoints that say which of two responses is better.
@NullMarked
package dev.daa.eval.judge;

import org.jspecify.annotations.NullMarked;
