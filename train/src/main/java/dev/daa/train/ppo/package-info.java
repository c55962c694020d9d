/// Reinforcement on a reward of responses: PPO, RLOO, GRPO and their relatives, which differ in advantage and loss
/// only.
@NullMarked
package dev.daa.train.ppo;

import org.jspecify.annotations.NullMarked;
