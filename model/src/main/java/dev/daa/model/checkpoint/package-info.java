/// Model folders as Hugging Face lays them out: safetensors, config.json and the names of tensors, read and written.
@NullMarked
package dev.daa.model.checkpoint;

import org.jspecify.annotations.NullMarked;
