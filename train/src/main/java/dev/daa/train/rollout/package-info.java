/// What training on samples of a policy shares: rewards of responses, trained ones and combinations of them.
@NullMarked
package dev.daa.train.rollout;

import org.jspecify.annotations.NullMarked;
