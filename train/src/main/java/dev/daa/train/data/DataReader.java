package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Reads training rows from JSONL files.
///
/// A field is text (`prompt`) or token ids (`prompt_ids`). Text is tokenised prompt and response apart, so that no
/// token spans the boundary, and a response of text gets the end-of-sequence token that the model is to learn. Ids are
/// taken as they are. Every file error, an empty response and an id outside the vocabulary is an [InputException] with
/// `file:line`.
public final class DataReader {
    private final int vocabulary;
    private final @Nullable Tokenizer tokenizer;
    private final OptionalInt endOfSequence;

    private DataReader(int vocabulary, @Nullable Tokenizer tokenizer, OptionalInt endOfSequence) {
        this.vocabulary = vocabulary;
        this.tokenizer = tokenizer;
        this.endOfSequence = endOfSequence;
    }

    /// A reader for a model without a tokenizer: rows must carry ids.
    ///
    /// @param vocabulary ids are below this number
    public static DataReader ofIds(int vocabulary) {
        return new DataReader(vocabulary, null, OptionalInt.empty());
    }

    /// A reader for rows of text or ids.
    ///
    /// @param vocabulary ids are below this number, the rows of the model's embedding
    /// @param endOfSequence token that ends every response of text
    public static DataReader ofText(int vocabulary, Tokenizer tokenizer, int endOfSequence) {
        return new DataReader(vocabulary, tokenizer, OptionalInt.of(endOfSequence));
    }

    /// A reader for the rows that a model takes: text where its folder has a tokenizer, ids always.
    public static DataReader of(ModelFolder model) {
        int vocabulary = model.config().vocabulary();
        return model.tokenizer()
                .map(tokenizer -> ofText(vocabulary, tokenizer, model.eosTokenId()))
                .orElseGet(() -> ofIds(vocabulary));
    }

    /// Demonstrations: rows of `prompt` and `response`, either as text or as ids.
    public List<Sequence> examples(Path file) {
        return nonEmpty(
                file,
                JsonLines.read(file, line -> new Sequence(prompt(line), response(line, "response"))),
                "{\"prompt\":…,\"response\":…}");
    }

    /// Preferences: rows of `prompt`, `chosen` and `rejected`, either as text or as ids.
    public List<PreferencePair> pairs(Path file) {
        return nonEmpty(
                file,
                JsonLines.read(
                        file,
                        line -> new PreferencePair(prompt(line), response(line, "chosen"), response(line, "rejected"))),
                "{\"prompt\":…,\"chosen\":…,\"rejected\":…}");
    }

    /// Prompts: rows of `prompt` as text or ids; other fields are left alone.
    public List<int[]> prompts(Path file) {
        return nonEmpty(file, JsonLines.read(file, this::prompt), "{\"prompt\":…}");
    }

    private static <R> List<R> nonEmpty(Path file, List<R> rows, String expected) {
        if (rows.isEmpty()) {
            throw InputException.of(file.toString(), "no rows", "lines like " + expected, "");
        }
        return rows;
    }

    private int[] prompt(JsonLines.Line line) {
        return tokens(line, "prompt");
    }

    /// A response's tokens; text gets its end of sequence.
    private int[] response(JsonLines.Line line, String field) {
        int[] tokens = tokens(line, field);
        if (tokens.length == 0) {
            throw InputException.of(
                    line.place(), "an empty " + field + " response", "at least one token", "remove the row");
        }
        if (endOfSequence.isEmpty() || line.object().has(field + "_ids")) {
            return tokens;
        }
        int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
        ended[tokens.length] = endOfSequence.getAsInt();
        return ended;
    }

    private int[] tokens(JsonLines.Line line, String field) {
        JsonNode ids = line.object().get(field + "_ids");
        JsonNode text = line.object().get(field);
        // Generated files carry both; the ids are exact.
        if (ids != null) {
            return ids(line, field + "_ids", ids);
        }
        if (text == null) {
            throw InputException.of(
                    line.place(),
                    "the keys " + String.join(", ", line.object().propertyNames()),
                    field + " (text) or " + field + "_ids (token ids)",
                    "");
        }
        if (!text.isString()) {
            throw InputException.of(line.place() + ": " + field, text.toString(), "text", "");
        }
        if (tokenizer == null) {
            throw InputException.of(
                    line.place(),
                    field + " as text, but the model has no tokenizer",
                    field + "_ids",
                    "give token ids, or put tokenizer.json into the model folder");
        }
        int[] tokens = tokenizer.encode(text.stringValue());
        for (int token : tokens) {
            requireInVocabulary(line, field, token);
        }
        return tokens;
    }

    private int[] ids(JsonLines.Line line, String field, JsonNode ids) {
        if (!ids.isArray()) {
            throw InputException.of(line.place() + ": " + field, ids.toString(), "a list of token ids", "");
        }
        int[] tokens = new int[ids.size()];
        for (int i = 0; i < tokens.length; i++) {
            JsonNode id = ids.get(i);
            if (!id.isIntegralNumber() || !id.canConvertToInt()) {
                throw InputException.of(
                        line.place() + ": " + field + "[" + i + "]", id.toString(), "a token id, a whole number", "");
            }
            tokens[i] = id.intValue();
            requireInVocabulary(line, field + "[" + i + "]", tokens[i]);
        }
        return tokens;
    }

    private void requireInVocabulary(JsonLines.Line line, String field, int token) {
        if (token < 0 || token >= vocabulary) {
            throw InputException.of(
                    line.place() + ": " + field,
                    "token id " + token,
                    "ids from 0 to " + (vocabulary - 1) + ", the model's vocabulary",
                    "");
        }
    }
}
