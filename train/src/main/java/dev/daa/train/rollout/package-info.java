/// What training on samples of a policy shares: drawing them with their log-probabilities, and rewards of responses,
/// trained ones and combinations of them.
@NullMarked
package dev.daa.train.rollout;

import org.jspecify.annotations.NullMarked;
