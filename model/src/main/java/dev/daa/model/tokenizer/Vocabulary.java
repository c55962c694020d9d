package dev.daa.model.tokenizer;

import dev.daa.compute.InputException;
import java.util.Map;
import java.util.OptionalInt;
import org.eclipse.collections.api.map.primitive.MutableObjectIntMap;
import org.eclipse.collections.api.set.MutableSet;
import org.eclipse.collections.impl.factory.Sets;
import org.eclipse.collections.impl.factory.primitive.ObjectIntMaps;
import org.jspecify.annotations.Nullable;

/// Tokens by id and ids by token. Ids may have gaps.
final class Vocabulary {
    /// Far above any vocabulary in use, and small enough for a table.
    private static final int LARGEST_ID = 1 << 24;

    private final MutableObjectIntMap<String> ids = ObjectIntMaps.mutable.empty();
    private final MutableSet<String> onlyAdded = Sets.mutable.empty();
    private final @Nullable String[] tokens;

    /// @param place file, for messages
    /// @param tokenIds ids by token
    /// @param added further tokens, which may repeat those of `tokenIds`
    Vocabulary(String place, Map<String, Integer> tokenIds, Iterable<AddedToken> added) {
        int largest = -1;
        for (Map.Entry<String, Integer> entry : tokenIds.entrySet()) {
            ids.put(entry.getKey(), entry.getValue());
        }
        for (AddedToken token : added) {
            if (!ids.containsKey(token.content())) {
                onlyAdded.add(token.content());
            }
            int known = ids.getIfAbsentPut(token.content(), token.id());
            if (known != token.id()) {
                throw InputException.of(
                        place + ": added token \"" + token.content() + "\"",
                        "id " + token.id(),
                        known + " as in the vocabulary",
                        "");
            }
        }
        for (int id : ids.values().toArray()) {
            if (id < 0 || id > LARGEST_ID) {
                throw InputException.of(place, "token id " + id, "0 to " + LARGEST_ID, "");
            }
            largest = Math.max(largest, id);
        }
        tokens = new @Nullable String[largest + 1];
        ids.forEachKeyValue((token, id) -> {
            @Nullable String other = tokens[id];
            if (other != null) {
                throw InputException.of(
                        place, "id " + id + " for \"" + other + "\" and \"" + token + "\"", "one token per id", "");
            }
            tokens[id] = token;
        });
    }

    /// One more than the largest id.
    int size() {
        return tokens.length;
    }

    @Nullable
    String token(int id) {
        return id >= 0 && id < tokens.length ? tokens[id] : null;
    }

    OptionalInt id(String token) {
        int id = ids.getIfAbsent(token, -1);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /// Id of a token that text between added tokens can have, or -1: one that was only added is no word or piece.
    int idOrNone(String token) {
        return onlyAdded.contains(token) ? -1 : ids.getIfAbsent(token, -1);
    }
}
