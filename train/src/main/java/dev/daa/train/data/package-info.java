/// Training data: sequences and preference pairs, their files and their order.
@NullMarked
package dev.daa.train.data;

import org.jspecify.annotations.NullMarked;
