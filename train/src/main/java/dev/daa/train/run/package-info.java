/// What a run leaves behind to explain itself and to start again from: run folder, checkpoints, metrics, manifest,
/// hashes; its seeds, where it computes, and the wish to stop it. `loop` writes it; nothing here trains.
@org.jspecify.annotations.NullMarked
package dev.daa.train.run;
