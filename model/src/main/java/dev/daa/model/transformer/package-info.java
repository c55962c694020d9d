/// The transformer: its configuration, its parameters and its graphs.
@NullMarked
package dev.daa.model.transformer;

import org.jspecify.annotations.NullMarked;
