package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.chat.ChatTemplate;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// Reads training rows from JSONL (plain, `.gz`, `.zst`) and Parquet files in the layouts that people have; see
/// `docs/data.md`.
///
/// A field is text (`prompt`) or token ids (`prompt_ids`). Text is tokenised prompt and response apart, so that no
/// token spans the boundary, and a response of text gets the end-of-sequence token that the model is to learn. Ids are
/// taken as they are. Every file error and an id outside the vocabulary is an [InputException] with `file:line`. Rows
/// that cannot be trained on (an empty response, one that is too long) are refused in the same way, or left out and
/// counted by a reader that is [#forTraining].
public final class DataReader {
    private final int vocabulary;
    private final @Nullable Tokenizer tokenizer;
    private final StopTokens ends;
    private final int longestRow;
    private final @Nullable ChatTemplate chat;
    private final RowConfig rows;
    private final @Nullable List<RowTally> tallies;

    private DataReader(
            int vocabulary,
            @Nullable Tokenizer tokenizer,
            StopTokens ends,
            int longestRow,
            @Nullable ChatTemplate chat,
            RowConfig rows,
            @Nullable List<RowTally> tallies) {
        this.vocabulary = vocabulary;
        this.tokenizer = tokenizer;
        this.ends = ends;
        this.longestRow = longestRow;
        this.chat = chat;
        this.rows = rows;
        this.tallies = tallies;
    }

    /// A reader for a model without a tokenizer: rows must carry ids.
    ///
    /// @param vocabulary ids are below this number
    public static DataReader ofIds(int vocabulary) {
        return new DataReader(vocabulary, null, StopTokens.NONE, Integer.MAX_VALUE, null, RowConfig.DEFAULT, null);
    }

    /// A reader for rows of text or ids.
    ///
    /// @param vocabulary ids are below this number, the rows of the model's embedding
    /// @param ends the first ends every response of text; any of them may end one that a chat template wrote
    static DataReader ofText(int vocabulary, Tokenizer tokenizer, StopTokens ends, @Nullable ChatTemplate chat) {
        return new DataReader(vocabulary, tokenizer, ends, Integer.MAX_VALUE, chat, RowConfig.DEFAULT, null);
    }

    /// A reader for the rows that a language model takes: text where its folder has a tokenizer, ids always.
    public static DataReader of(ModelFolder model) {
        return of(model, Head.LANGUAGE);
    }

    /// A reader for the rows that a model with this head takes.
    public static DataReader of(ModelFolder model, Head head) {
        TransformerConfig config = model.config();
        return new DataReader(
                config.vocabulary(),
                model.tokenizer().orElse(null),
                model.tokenizer().isPresent() ? model.requiredStopTokens() : StopTokens.NONE,
                config.longestRow(head),
                model.chatTemplate().orElse(null),
                RowConfig.DEFAULT,
                null);
    }

    /// This reader for training: it leaves out rows that cannot be trained on and counts them in [#summaries].
    public DataReader forTraining(RowConfig config) {
        return new DataReader(vocabulary, tokenizer, ends, longestRow, chat, config, new ArrayList<>());
    }

    /// What became of the rows of each file that this reader has read for training.
    public List<RowCounts> summaries() {
        return tallies == null
                ? List.of()
                : tallies.stream().map(RowTally::summary).toList();
    }

    /// The same for people: a line for each file of which rows were left out or shortened.
    public List<String> notes() {
        return tallies == null
                ? List.of()
                : tallies.stream()
                        .map(RowTally::note)
                        .filter(note -> !note.isEmpty())
                        .toList();
    }

    /// Demonstrations: rows of `prompt` and `response`, the chosen responses of preferences, the last answers of
    /// chats, whole texts; a plain text (`.txt`) in blocks of `max_length` tokens, for pre-training.
    public List<Sequence> examples(Path file) {
        List<Sequence> examples = new ArrayList<>();
        if (DataFile.isText(file)) {
            return blocks(file);
        }
        read(file, "{\"prompt\":…,\"response\":…}", examples, (line, tally) -> {
            RawRow row = parser().example(line);
            if (row instanceof RawRow.Judged(Passage prompt, Passage response, double rating)) {
                // Whoever only scores responses asks for no label.
                if (tallies != null && RowLayout.of(line.object()) == RowLayout.LABELLED && rating <= 0) {
                    tally.dropped(DropReason.UNDESIRABLE, line.number());
                    return;
                }
                example(line, tally, prompt, response).ifPresent(examples::add);
            } else if (row instanceof RawRow.Example(Passage prompt, Passage response)) {
                example(line, tally, prompt, response).ifPresent(examples::add);
            }
        });
        return examples;
    }

    /// A whole text in consecutive blocks of as many tokens as a row may have; a last block of one token is left
    /// out.
    private List<Sequence> blocks(Path file) {
        DataLine line = new DataLine(file.toString(), 1, JsonMapper.shared().createObjectNode());
        if (limit() == Integer.MAX_VALUE) {
            throw new InputException(file + ": a plain text is cut into rows of max_length tokens; give --max-length");
        }
        int[] tokens = tokens(line, new Passage.Text("text", DataFile.text(file)));
        List<Sequence> blocks = new ArrayList<>();
        for (int from = 0; from + 1 < tokens.length; from += limit()) {
            int to = Math.min(tokens.length, from + limit());
            if (to - from > 1) {
                blocks.add(new Sequence(new int[0], Arrays.copyOfRange(tokens, from, to)));
            }
        }
        if (blocks.isEmpty()) {
            throw InputException.of(file.toString(), tokens.length + " tokens", "at least 2", "");
        }
        return blocks;
    }

    private Optional<Sequence> example(DataLine line, RowTally tally, Passage promptPassage, Passage response) {
        int[] prompt = tokens(line, promptPassage);
        int[] tokens = response(line, tally, prompt, response);
        if (tokens == null) {
            return Optional.empty();
        }
        int limit = limit();
        if (prompt.length + tokens.length <= limit) {
            return Optional.of(new Sequence(prompt, tokens));
        }
        if (tallies == null || rows.tooLong() == RowConfig.TooLong.DROP) {
            leaveOut(line, tally, DropReason.TOO_LONG, () -> tooLong(line, prompt, response.field(), tokens));
            return Optional.empty();
        }
        tally.truncated();
        int[] shorter = shortened(prompt, limit);
        return Optional.of(new Sequence(shorter, cut(tokens, limit - shorter.length)));
    }

    /// Preferences: rows of `prompt`, `chosen` and `rejected`, or any other layout that says as much. Responses
    /// that were judged alone are paired within a prompt, the best with the worst, the second best with the second
    /// worst.
    public List<PreferencePair> pairs(Path file) {
        List<PreferencePair> pairs = new ArrayList<>();
        JudgedResponses judged = new JudgedResponses();
        read(
                file,
                "{\"prompt\":…,\"chosen\":…,\"rejected\":…}",
                pairs,
                (line, tally) -> {
                    switch (parser().preference(line)) {
                        case RawRow.Pair pair -> pair(line, tally, pair).ifPresent(pairs::add);
                        case RawRow.Judged response -> judged.add(line, response);
                        case RawRow.Example _, RawRow.Prompt _ -> throw new IllegalStateException("no preference");
                    }
                },
                tally -> judged.pairUp(
                        (line, pair) -> pair(line, tally, pair).ifPresent(pairs::add),
                        line -> leaveOut(line, tally, DropReason.NO_OTHER_RESPONSE, () -> lonely(line))));
        return pairs;
    }

    /// What an objective learns from that takes responses one by one: labelled responses as they are, rated ones by
    /// `desirable_rating`, which must then be set, or the pairs of a file that has these.
    public List<Feedback> feedback(Path file) {
        List<Feedback> feedback = new ArrayList<>();
        read(file, "{\"prompt\":…,\"completion\":…,\"label\":…}", feedback, (line, tally) -> {
            switch (parser().preference(line)) {
                case RawRow.Pair pair -> pair(line, tally, pair).ifPresent(feedback::add);
                case RawRow.Judged(Passage prompt, Passage response, double rating) -> {
                    boolean desirable = RowLayout.of(line.object())
                            .desirable(rating, rows)
                            .orElseThrow(() -> noThreshold(line, rows.rating()));
                    example(line, tally, prompt, response)
                            .map(row -> new LabelledResponse(row.prompt(), row.response(), desirable))
                            .ifPresent(feedback::add);
                }
                case RawRow.Example _, RawRow.Prompt _ -> throw new IllegalStateException("no preference");
            }
        });
        long labelled =
                feedback.stream().filter(LabelledResponse.class::isInstance).count();
        if (labelled > 0 && labelled < feedback.size()) {
            throw InputException.of(
                    file.toString(),
                    labelled + " responses judged alone and " + (feedback.size() - labelled) + " pairs",
                    "one of both",
                    "make two files of them");
        }
        return feedback;
    }

    private Optional<PreferencePair> pair(DataLine line, RowTally tally, RawRow.Pair row) {
        if (!row.samePrompt()) {
            leaveOut(line, tally, DropReason.DIFFERENT_PROMPTS, () -> differentPrompts(line));
            return Optional.empty();
        }
        int[] prompt = tokens(line, row.prompt());
        int[] chosen = response(line, tally, prompt, row.chosen());
        int[] rejected = chosen == null ? null : response(line, tally, prompt, row.rejected());
        if (chosen == null || rejected == null) {
            return Optional.empty();
        }
        int limit = limit();
        int longer = Math.max(chosen.length, rejected.length);
        if (prompt.length + longer <= limit) {
            return Optional.of(new PreferencePair(prompt, chosen, rejected));
        }
        if (tallies == null || rows.tooLong() == RowConfig.TooLong.DROP) {
            boolean first = prompt.length + chosen.length > limit;
            leaveOut(
                    line,
                    tally,
                    DropReason.TOO_LONG,
                    () -> tooLong(
                            line,
                            prompt,
                            first ? row.chosen().field() : row.rejected().field(),
                            first ? chosen : rejected));
            return Optional.empty();
        }
        int[] shorter = shortened(prompt, limit);
        int[] better = cut(chosen, limit - shorter.length);
        int[] worse = cut(rejected, limit - shorter.length);
        if (Arrays.equals(better, worse) && !Arrays.equals(chosen, rejected)) {
            tally.dropped(DropReason.SAME_WHEN_SHORTENED, line.number());
            return Optional.empty();
        }
        tally.truncated();
        return Optional.of(new PreferencePair(shorter, better, worse));
    }

    /// Prompts of any layout to sample from, which begins behind at least one token.
    public List<int[]> prompts(Path file) {
        return prompts(file, 0);
    }

    /// The same, each with room for a response of at most `maxTokens` tokens behind it.
    public List<int[]> prompts(Path file, int maxTokens) {
        List<int[]> prompts = new ArrayList<>();
        read(file, "{\"prompt\":…}", prompts, (line, _) -> {
            int[] prompt = tokens(line, parser().prompt(line));
            if (prompt.length == 0) {
                throw InputException.of(line.place(), "an empty prompt", "at least one token", "remove the row");
            }
            if (maxTokens > longestRow - prompt.length) {
                throw InputException.of(
                        line.place(),
                        "a prompt of " + prompt.length + " tokens, before a response of up to " + maxTokens,
                        "together at most " + longestRow + ", as the model has positions",
                        "lower max_tokens, shorten the prompt or remove the row");
            }
            prompts.add(prompt);
        });
        return prompts;
    }

    private RowParser parser() {
        return new RowParser(chat, rows.rating());
    }

    @FunctionalInterface
    private interface RowConsumer {
        void take(DataLine line, RowTally tally);
    }

    private void read(Path file, String expected, List<?> result, RowConsumer row) {
        read(file, expected, result, row, _ -> {});
    }

    private void read(Path file, String expected, List<?> result, RowConsumer row, Consumer<RowTally> atEnd) {
        RowTally tally = new RowTally(file);
        DataFile.read(file, line -> {
            tally.read();
            row.take(line, tally);
        });
        atEnd.accept(tally);
        if (tallies != null) {
            tallies.add(tally);
        }
        if (!result.isEmpty()) {
            return;
        }
        String leftOut = tally.reasons();
        throw InputException.of(
                file.toString(),
                leftOut.isEmpty() ? "no rows" : "no row to train on; left out " + leftOut,
                leftOut.isEmpty() ? "lines like " + expected : "at least one",
                "");
    }

    /// Counts a row that a training reader leaves out; any other reader refuses it.
    private void leaveOut(
            DataLine line, RowTally tally, DropReason reason, java.util.function.Supplier<InputException> refusal) {
        if (tallies == null) {
            throw refusal.get();
        }
        tally.dropped(reason, line.number());
    }

    private int limit() {
        return rows.maxLength() == 0 ? longestRow : Math.min(longestRow, rows.maxLength());
    }

    /// The end of a prompt: what a response follows. What begins every sequence stays.
    private int[] shortened(int[] prompt, int limit) {
        int longest = rows.maxPromptLength() == 0 ? limit / 2 : Math.min(rows.maxPromptLength(), limit - 1);
        if (prompt.length <= longest) {
            return prompt;
        }
        int[] shorter = Arrays.copyOfRange(prompt, prompt.length - longest, prompt.length);
        int[] first = tokenizer == null ? new int[0] : tokenizer.beginning();
        if (first.length < longest && Arrays.equals(prompt, 0, first.length, first, 0, first.length)) {
            System.arraycopy(first, 0, shorter, 0, first.length);
        }
        return shorter;
    }

    private static int[] cut(int[] tokens, int longest) {
        return tokens.length <= longest ? tokens : Arrays.copyOf(tokens, longest);
    }

    /// A response's tokens, text with its end of sequence; null where the row is left out.
    private int @Nullable [] response(DataLine line, RowTally tally, int[] prompt, Passage response) {
        int[] tokens = response.empty() ? new int[0] : tokens(line, response);
        if (tokens.length == 0) {
            leaveOut(line, tally, DropReason.EMPTY_RESPONSE, () -> emptyResponse(line, response.field()));
            return null;
        }
        if (response instanceof Passage.Text text) {
            tokens = text.ended(tokens, ends);
        }
        if (prompt.length == 0 && tokens.length == 1) {
            leaveOut(line, tally, DropReason.NOTHING_TO_SCORE, () -> nothingToScore(line, response.field()));
            return null;
        }
        return tokens;
    }

    private int[] tokens(DataLine line, Passage passage) {
        return switch (passage) {
            case Passage.Ids ids -> ids.tokens(line, vocabulary);
            case Passage.Text text -> {
                int[] tokens = text.encode(tokenizer(line, text.field()), line);
                for (int token : tokens) {
                    Passage.requireBelow(vocabulary, line, text.field(), token);
                }
                yield tokens;
            }
        };
    }

    private Tokenizer tokenizer(DataLine line, String field) {
        if (tokenizer == null) {
            throw InputException.of(
                    line.place(),
                    field + " as text, but the model has no tokenizer",
                    field + "_ids",
                    "give token ids, or put tokenizer.json into the model folder");
        }
        return Objects.requireNonNull(tokenizer);
    }

    private static InputException emptyResponse(DataLine line, String field) {
        return InputException.of(
                line.place() + ": " + field, "an empty response", "at least one token", "remove the row");
    }

    private static InputException nothingToScore(DataLine line, String field) {
        return InputException.of(
                line.place() + ": " + field,
                "a response of one token without a prompt",
                "a prompt or a second token",
                "the first token of a text without a prompt is given and not scored");
    }

    private InputException tooLong(DataLine line, int[] prompt, String field, int[] tokens) {
        return InputException.of(
                line.place() + ": " + field,
                tokens.length + " tokens after a prompt of " + prompt.length,
                "at most " + limit() + " together, as the model has no more positions",
                "shorten or remove the row");
    }

    private static InputException differentPrompts(DataLine line) {
        return InputException.of(
                line.place(), "different prompts of chosen and rejected", "the same prompt", "remove the row");
    }

    private static InputException noThreshold(DataLine line, String rating) {
        return InputException.of(
                line.place(),
                "a rated response, and the objective asks whether it is desirable",
                "the " + rating + " from which on one is",
                "set --desirable-rating");
    }

    private static InputException lonely(DataLine line) {
        return InputException.of(
                line.place(),
                "no better or worse response to the same prompt",
                "responses to the same prompt with different labels or ratings",
                "remove the row");
    }
}
