/// Supervised fine-tuning, and pre-training: next-token likelihood of given responses.
@NullMarked
package dev.daa.train.sft;

import org.jspecify.annotations.NullMarked;
