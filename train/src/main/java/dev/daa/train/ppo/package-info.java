/// Reinforcement on a reward of responses: PPO, RLOO, GRPO and REINFORCE, which differ in advantage and loss only.
@NullMarked
package dev.daa.train.ppo;

import org.jspecify.annotations.NullMarked;
