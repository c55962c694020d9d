/// The `reviews` world: a small language whose gold reward is a formula and whose best gold reward at any KL is exact.
@NullMarked
package dev.daa.eval.world;

import org.jspecify.annotations.NullMarked;
