package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.tokenizer.Tokenizer;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/// One part of a row, the prompt or a response, before it becomes tokens.
sealed interface Passage {
    /// The part's name in errors: `prompt`, `chosen`, `response`.
    String field();

    /// Whether there is nothing in it; white space counts as nothing.
    boolean empty();

    /// Refuses a token that the model's embedding has no row for.
    static void requireBelow(int vocabulary, DataLine line, String field, int token) {
        if (token < 0 || token >= vocabulary) {
            throw InputException.of(
                    line.place() + ": " + field,
                    "token id " + token,
                    "ids from 0 to " + (vocabulary - 1) + ", the model's vocabulary",
                    "");
        }
    }

    /// What a text begins and ends with.
    enum Bounds {
        /// A plain text that begins a sequence: the tokenizer's beginning goes before it.
        FIRST,
        /// Text that follows other text, or begins with what its writer put there.
        FOLLOWING,
        /// An answer by a chat template, which may write what ends it and more behind that.
        ANSWER
    }

    /// @param text to be tokenised
    record Text(String field, String text, Bounds bounds) implements Passage {
        Text(String field, String text) {
            this(field, text, Bounds.FOLLOWING);
        }

        /// A prompt of plain text.
        static Text prompt(String text) {
            return new Text("prompt", text, Bounds.FIRST);
        }

        @Override
        public boolean empty() {
            return text.isBlank();
        }

        /// Its tokens. A tokenizer that cannot encode a text names itself; a user looks for the row.
        ///
        /// @throws InputException that names the row, the part and the tokenizer
        int[] encode(Tokenizer tokenizer, DataLine line) {
            try {
                return bounds == Bounds.FIRST ? tokenizer.encodeFirst(text) : tokenizer.encode(text);
            } catch (InputException refused) {
                throw new InputException(line.place() + ": " + field + ": " + refused.getMessage(), refused);
            }
        }

        /// The tokens of a response as far as the model samples one: some chat templates write more behind what
        /// stops it, as Phi-3's `<|end|>\n<|endoftext|>` and Gemma's `<end_of_turn>\n`.
        ///
        /// @param ends the first ends every response; any of them may end one that a chat template wrote
        int[] ended(int[] tokens, StopTokens ends) {
            if (bounds == Bounds.ANSWER) {
                for (int i = 0; i < tokens.length; i++) {
                    if (ends.contains(tokens[i])) {
                        return Arrays.copyOf(tokens, i + 1);
                    }
                }
            }
            if (ends.ids().isEmpty()) {
                return tokens;
            }
            int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
            ended[tokens.length] = ends.ids().getFirst();
            return ended;
        }
    }

    /// @param ids token ids as the file has them, not yet checked
    record Ids(String field, JsonNode ids) implements Passage {
        @Override
        public boolean empty() {
            return ids.isArray() && ids.isEmpty();
        }

        /// The ids as numbers.
        ///
        /// @param vocabulary they are below it
        /// @throws InputException that names the row and the part
        int[] tokens(DataLine line, int vocabulary) {
            String key = field + "_ids";
            if (!ids.isArray()) {
                throw InputException.of(line.place() + ": " + key, ids.toString(), "a list of token ids", "");
            }
            int[] tokens = new int[ids.size()];
            for (int i = 0; i < tokens.length; i++) {
                JsonNode id = ids.get(i);
                String place = key + "[" + i + "]";
                if (!id.isIntegralNumber() || !id.canConvertToInt()) {
                    throw InputException.of(
                            line.place() + ": " + place, id.toString(), "a token id, a whole number", "");
                }
                tokens[i] = id.intValue();
                requireBelow(vocabulary, line, place, tokens[i]);
            }
            return tokens;
        }
    }
}
