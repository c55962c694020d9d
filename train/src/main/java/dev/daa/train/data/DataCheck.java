package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.chat.ChatTemplate;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Looks through a data file and reports what training on it would meet, without training.
public final class DataCheck {
    /// What can be wrong with a row.
    public enum Finding {
        EMPTY_RESPONSE("empty response"),
        DIFFERENT_PROMPTS("chosen and rejected have different prompts"),
        IDENTICAL_RESPONSES("chosen and rejected are the same"),
        DUPLICATE("duplicate of an earlier row"),
        UNPAIRED("in no pair, without a better or worse response to the same prompt"),
        TOO_LONG("longer than max_length"),
        NOTHING_TO_SCORE("a response of one token without a prompt"),
        BOUNDARY("prompt and response tokenise differently together");

        private final String meaning;

        Finding(String meaning) {
            this.meaning = meaning;
        }

        public String meaning() {
            return meaning;
        }
    }

    private final @Nullable Tokenizer tokenizer;
    private final StopTokens ends;
    private final RowParser parser;
    private final RowConfig config;
    private final int vocabulary;
    private final int limit;
    private final Map<RowLayout, Long> layouts = new EnumMap<>(RowLayout.class);
    private final Map<Finding, List<Long>> findings = new EnumMap<>(Finding.class);
    private final Map<String, List<Integer>> lengths = new LinkedHashMap<>();
    private final Set<RawRow> seen = new HashSet<>();
    private final Set<Passage> prompts = new HashSet<>();
    private final JudgedResponses judged = new JudgedResponses();
    private long rows;
    private long texts;
    private long lists;
    private long longerChosen;
    private long pairs;
    private long desirable;
    private long undesirable;

    private DataCheck(
            @Nullable Tokenizer tokenizer,
            StopTokens ends,
            @Nullable ChatTemplate chat,
            RowConfig config,
            int vocabulary,
            int limit) {
        this.tokenizer = tokenizer;
        this.ends = ends;
        this.vocabulary = vocabulary;
        this.parser = new RowParser(chat, config.rating());
        this.config = config;
        this.limit = limit;
    }

    /// Checks a file.
    ///
    /// @param model whose tokenizer measures lengths and boundaries and whose positions are the limit; lengths of
    ///   text are counted in characters where there is none
    /// @throws InputException where a row is none, or the file has none, as a plain text
    public static DataReport of(Path file, @Nullable ModelFolder model, RowConfig config) {
        if (DataFile.isText(file)) {
            throw InputException.of(
                    file.toString(), "a plain text", "rows", "sft cuts a text into blocks of --max-length tokens");
        }
        @Nullable Tokenizer tokenizer = model == null ? null : model.tokenizer().orElse(null);
        StopTokens ends = model == null || tokenizer == null ? StopTokens.NONE : model.requiredStopTokens();
        @Nullable
        ChatTemplate chat = model == null ? null : model.chatTemplate().orElse(null);
        int longest = model == null ? Integer.MAX_VALUE : model.config().longestRow(model.head());
        int limit = config.maxLength() == 0 ? longest : Math.min(longest, config.maxLength());
        int vocabulary = model == null ? Integer.MAX_VALUE : model.config().vocabulary();
        DataCheck check = new DataCheck(tokenizer, ends, chat, config, vocabulary, limit);
        DataFile.read(file, check::row);
        if (check.rows == 0) {
            throw InputException.of(file.toString(), "no rows", "at least one", "");
        }
        return check.report(file);
    }

    private DataReport report(Path file) {
        judged.pairUp(
                (row, pair) -> {
                    pairs++;
                    if (content(pair.chosen()).equals(content(pair.rejected()))) {
                        found(Finding.IDENTICAL_RESPONSES, row);
                    }
                    longerChosen += responseLength(row, pair.chosen()) > responseLength(row, pair.rejected()) ? 1 : 0;
                },
                line -> found(Finding.UNPAIRED, line));
        findings.values().forEach(Collections::sort); // pairs are made by prompt
        Map<String, DataReport.Lengths> measured = new LinkedHashMap<>();
        lengths.forEach((part, values) -> measured.put(part, DataReport.Lengths.of(values)));
        Map<String, Long> named = new LinkedHashMap<>();
        layouts.forEach((layout, count) -> named.put(layout.meaning(), count));
        return new DataReport(
                file.toString(),
                rows,
                named,
                prompts.size(),
                pairs,
                longerChosen,
                desirable,
                undesirable,
                unit(),
                limit,
                measured,
                findings);
    }

    private String unit() {
        if (tokenizer != null || texts == 0) {
            return "tokens";
        }
        return lists == 0 ? "characters" : "characters of text and tokens of ids";
    }

    private void row(DataLine line) {
        rows++;
        layouts.merge(RowLayout.of(line.object()), 1L, Long::sum);
        RawRow row = parser.parse(line);
        if (!seen.add(row)) {
            found(Finding.DUPLICATE, line);
        }
        switch (row) {
            case RawRow.Pair pair -> pair(line, pair);
            case RawRow.Example(Passage prompt, Passage response) -> {
                int promptLength = prompt(line, prompt);
                response(line, prompt, promptLength, response);
            }
            case RawRow.Judged response -> {
                judged.add(line, response);
                RowLayout.of(line.object()).desirable(response.rating(), config).ifPresent(good -> {
                    desirable += good ? 1 : 0;
                    undesirable += good ? 0 : 1;
                });
                int promptLength = prompt(line, response.prompt());
                response(line, response.prompt(), promptLength, response.response());
            }
            case RawRow.Prompt(Passage prompt) -> prompt(line, prompt);
        }
    }

    private void pair(DataLine line, RawRow.Pair pair) {
        pairs++;
        if (!pair.samePrompt()) {
            found(Finding.DIFFERENT_PROMPTS, line);
        } else if (content(pair.chosen()).equals(content(pair.rejected()))) {
            found(Finding.IDENTICAL_RESPONSES, line);
        }
        int promptLength = prompt(line, pair.prompt());
        int chosen = response(line, pair.prompt(), promptLength, pair.chosen());
        int rejected = response(line, pair.prompt(), promptLength, pair.rejected());
        longerChosen += chosen > rejected ? 1 : 0;
    }

    private static Object content(Passage passage) {
        return switch (passage) {
            case Passage.Text(var _, String text, var _) -> text;
            case Passage.Ids(var _, JsonNode ids) -> ids;
        };
    }

    private int prompt(DataLine line, Passage prompt) {
        prompts.add(prompt);
        int length = length(line, prompt, StopTokens.NONE);
        lengths.computeIfAbsent("prompt", _ -> new ArrayList<>()).add(length);
        return length;
    }

    private int response(DataLine line, Passage prompt, int promptLength, Passage response) {
        int length = responseLength(line, response);
        lengths.computeIfAbsent(response.field(), _ -> new ArrayList<>()).add(length);
        if (response.empty()) {
            found(Finding.EMPTY_RESPONSE, line);
        }
        if (inTokens(prompt) && inTokens(response) && (long) promptLength + length > limit) {
            found(Finding.TOO_LONG, line);
        }
        if (inTokens(response) && promptLength == 0 && length == 1) {
            found(Finding.NOTHING_TO_SCORE, line);
        }
        if (tokenizer != null
                && prompt instanceof Passage.Text(var _, String before, var _)
                && response instanceof Passage.Text(var _, String after, var _)
                && !sameTogether(tokenizer, before, after)) {
            found(Finding.BOUNDARY, line);
        }
        return length;
    }

    /// Whether a tokenizer that sees prompt and response as one text cuts them where they meet.
    private static boolean sameTogether(Tokenizer tokenizer, String before, String after) {
        int[] first = tokenizer.encode(before);
        int[] second = tokenizer.encode(after);
        int[] apart = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, apart, first.length, second.length);
        try {
            return Arrays.equals(apart, tokenizer.encode(before + after));
        } catch (InputException unknownTogether) {
            return false;
        }
    }

    private boolean inTokens(Passage passage) {
        return tokenizer != null || passage instanceof Passage.Ids;
    }

    /// With its end, as it is trained.
    private int responseLength(DataLine line, Passage response) {
        return length(line, response, response.empty() ? StopTokens.NONE : ends);
    }

    private int length(DataLine line, Passage passage, StopTokens ends) {
        return switch (passage) {
            case Passage.Text text -> {
                texts++;
                yield tokenizer == null
                        ? text.text().codePointCount(0, text.text().length())
                        : text.ended(text.encode(tokenizer, line), ends).length;
            }
            case Passage.Ids ids -> {
                lists++;
                yield ids.tokens(line, vocabulary).length;
            }
        };
    }

    /// Notes a row once, whichever of its responses it is about.
    private void found(Finding finding, DataLine line) {
        List<Long> lines = findings.computeIfAbsent(finding, _ -> new ArrayList<>());
        if (lines.isEmpty() || lines.getLast() != line.number()) {
            lines.add(line.number());
        }
    }
}
