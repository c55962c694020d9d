/// Text to token ids and back: word-level and byte-level BPE tokenizers as Hugging Face's tokenizer.json describes
/// them.
@NullMarked
package dev.daa.model.tokenizer;

import org.jspecify.annotations.NullMarked;
