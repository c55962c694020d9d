package dev.daa.train.run;

import java.nio.file.Path;

/// A whole checkpoint: everything a run needs to go on after `step` updates with the same bits.
///
/// @param step updates made before it was saved
/// @param folder its files: a model folder that other commands and transformers open, optimizer state, positions
public record Checkpoint(long step, Path folder) {

    /// What a trainer does to fill a checkpoint's folder.
    @FunctionalInterface
    public interface Writer {
        /// Writes the files of the checkpoint into `folder`, which is empty.
        void write(Path folder);
    }
}
