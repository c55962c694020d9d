/// One policy against its reference, outside of any study.
@NullMarked
package dev.daa.eval.policy;

import org.jspecify.annotations.NullMarked;
