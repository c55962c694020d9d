/// Training. Every algorithm has a room of its own: `sft`, `reward`, `align`, `online`, `ppo`, `bestofn`. What they
/// share: `objective` (losses as pure functions), `data` (rows and their order), `pairwise` (the update from pairs),
/// `rollout` (samples and their rewards), `loop` (around any learner), `model` (starting policy, adapters, optimizer),
/// `run` (the run folder and what a run is made again from), `estimate` and `config`.
///
/// Arrows: an algorithm uses no other algorithm, and what is shared knows none of them. Nothing here names a gold
/// reward: what rewards or labels is handed in. The architecture test in `bench` holds the rooms to this.
package dev.daa.train;
