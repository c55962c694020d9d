package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
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
    private final int longest;

    private DataReader(int vocabulary, @Nullable Tokenizer tokenizer, OptionalInt endOfSequence, int longest) {
        this.vocabulary = vocabulary;
        this.tokenizer = tokenizer;
        this.endOfSequence = endOfSequence;
        this.longest = longest;
    }

    /// A reader for a model without a tokenizer: rows must carry ids.
    ///
    /// @param vocabulary ids are below this number
    public static DataReader ofIds(int vocabulary) {
        return new DataReader(vocabulary, null, OptionalInt.empty(), Integer.MAX_VALUE);
    }

    /// A reader for rows of text or ids.
    ///
    /// @param vocabulary ids are below this number, the rows of the model's embedding
    /// @param endOfSequence token that ends every response of text
    public static DataReader ofText(int vocabulary, Tokenizer tokenizer, int endOfSequence) {
        return new DataReader(vocabulary, tokenizer, OptionalInt.of(endOfSequence), Integer.MAX_VALUE);
    }

    /// A reader for the rows that a language model takes: text where its folder has a tokenizer, ids always.
    public static DataReader of(ModelFolder model) {
        return of(model, Head.LANGUAGE);
    }

    /// A reader for the rows that a model with this head takes. Where positions are a table, prompt and response
    /// must lie within it; a language model does not read the last token of a response.
    public static DataReader of(ModelFolder model, Head head) {
        TransformerConfig config = model.config();
        int longest = config.learnedPositions()
                ? config.maximumPositions() + (head == Head.LANGUAGE ? 1 : 0)
                : Integer.MAX_VALUE;
        return new DataReader(
                config.vocabulary(),
                model.tokenizer().orElse(null),
                model.tokenizer().isPresent() ? OptionalInt.of(model.eosTokenId()) : OptionalInt.empty(),
                longest);
    }

    /// Demonstrations: rows of `prompt` and `response`, either as text or as ids.
    public List<Sequence> examples(Path file) {
        return nonEmpty(
                file,
                JsonLines.read(file, line -> {
                    int[] prompt = prompt(line);
                    return new Sequence(prompt, response(line, prompt, "response"));
                }),
                "{\"prompt\":…,\"response\":…}");
    }

    /// Preferences: rows of `prompt`, `chosen` and `rejected`, either as text or as ids.
    public List<PreferencePair> pairs(Path file) {
        return nonEmpty(
                file,
                JsonLines.read(file, line -> {
                    int[] prompt = prompt(line);
                    return new PreferencePair(
                            prompt, response(line, prompt, "chosen"), response(line, prompt, "rejected"));
                }),
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
    private int[] response(JsonLines.Line line, int[] prompt, String field) {
        int[] tokens = ended(line, field);
        if (prompt.length == 0 && tokens.length == 1) {
            throw InputException.of(
                    line.place(),
                    "a " + field + " response of one token without a prompt",
                    "a prompt or a second token",
                    "the first token of a text without a prompt is given and not scored");
        }
        if (prompt.length + tokens.length > longest) {
            throw InputException.of(
                    line.place(),
                    "a prompt of " + prompt.length + " and a " + field + " response of " + tokens.length + " tokens",
                    "at most " + longest + " together, as the model has no more positions",
                    "shorten or remove the row");
        }
        return tokens;
    }

    private int[] ended(JsonLines.Line line, String field) {
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
