@NullMarked
package dev.daa.eval.text;

import org.jspecify.annotations.NullMarked;
