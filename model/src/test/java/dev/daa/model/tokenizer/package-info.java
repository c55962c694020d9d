/// Tests of tokenizers.
@NullMarked
package dev.daa.model.tokenizer;

import org.jspecify.annotations.NullMarked;
