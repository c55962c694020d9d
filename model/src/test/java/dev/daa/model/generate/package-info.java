/// Tests of generation.
@NullMarked
package dev.daa.model.generate;

import org.jspecify.annotations.NullMarked;
