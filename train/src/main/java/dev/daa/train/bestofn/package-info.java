/// Choosing among samples by a reward: inference without training, and a source of data.
@NullMarked
package dev.daa.train.bestofn;

import org.jspecify.annotations.NullMarked;
