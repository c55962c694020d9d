package dev.daa.model.checkpoint;

import dev.daa.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// How a model's token ids are text: what its folder keeps besides architecture and weights.
///
/// @param tokenizer none for models whose data are token ids
/// @param eosTokenIds ids that end a response; empty where none does
/// @param bosTokenId id that begins a text, for models trained with one
public record ModelText(@Nullable Tokenizer tokenizer, List<Integer> eosTokenIds, OptionalInt bosTokenId) {
    public ModelText {
        eosTokenIds = List.copyOf(eosTokenIds);
    }

    /// One token ends a response and begins a text, as GPT-2 and GPT-NeoX have it.
    public static ModelText endingWith(@Nullable Tokenizer tokenizer, int eosTokenId) {
        return new ModelText(tokenizer, List.of(eosTokenId), OptionalInt.of(eosTokenId));
    }
}
