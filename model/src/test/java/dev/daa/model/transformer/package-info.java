@NullMarked
package dev.daa.model.transformer;

import org.jspecify.annotations.NullMarked;
