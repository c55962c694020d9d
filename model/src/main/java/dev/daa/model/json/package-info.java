/// JSON files of model folders, read so that every wrong key is one line that names file, key, found and expected; and
/// what all readers of text that people write have in common.
@NullMarked
package dev.daa.model.json;

import org.jspecify.annotations.NullMarked;
