package dev.daa.model.generate;

import java.util.List;

/// Ids of tokens of which each ends a response and belongs to it.
///
/// @param ids without order for generation; training appends the first; an id outside the vocabulary ends nothing
public record StopTokens(List<Integer> ids) {
    /// Responses are as long as they may be.
    public static final StopTokens NONE = new StopTokens(List.of());

    public StopTokens {
        ids = List.copyOf(ids);
    }

    public static StopTokens of(Integer... ids) {
        return new StopTokens(List.of(ids));
    }

    public boolean contains(int token) {
        // Asked for every new token: no object for it.
        for (int i = 0; i < ids.size(); i++) {
            if (ids.get(i) == token) {
                return true;
            }
        }
        return false;
    }
}
