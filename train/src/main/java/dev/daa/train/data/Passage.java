package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.tokenizer.Tokenizer;
import tools.jackson.databind.JsonNode;

/// One part of a row, the prompt or a response, before it becomes tokens.
sealed interface Passage {
    /// The part's name in errors: `prompt`, `chosen`, `response`.
    String field();

    /// Whether there is nothing in it; white space counts as nothing.
    boolean empty();

    /// @param text to be tokenised
    record Text(String field, String text) implements Passage {
        @Override
        public boolean empty() {
            return text.isBlank();
        }

        /// Its tokens. A tokenizer that cannot encode a text names itself; a user looks for the row.
        ///
        /// @throws InputException that names the row, the part and the tokenizer
        int[] encode(Tokenizer tokenizer, DataLine line) {
            try {
                return tokenizer.encode(text);
            } catch (InputException refused) {
                throw new InputException(line.place() + ": " + field + ": " + refused.getMessage(), refused);
            }
        }
    }

    /// @param ids token ids as the file has them, not yet checked
    record Ids(String field, JsonNode ids) implements Passage {
        @Override
        public boolean empty() {
            return ids.isArray() && ids.isEmpty();
        }
    }
}
