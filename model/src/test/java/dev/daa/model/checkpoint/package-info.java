/// Tests of reading and writing model folders.
@NullMarked
package dev.daa.model.checkpoint;

import org.jspecify.annotations.NullMarked;
