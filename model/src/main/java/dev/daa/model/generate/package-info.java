/// Sampling of responses with a key-value cache.
@NullMarked
package dev.daa.model.generate;

import org.jspecify.annotations.NullMarked;
