package dev.daa.eval.judge;

import dev.daa.compute.InputException;
import dev.daa.train.run.DataHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A judge whose answers are kept in a file, so that no question is asked (and paid) twice. A file of JSON lines, added
/// to after every few answers.
public final class CachedJudge implements Judge {
    private static final int AT_ONCE = 16;

    private final Judge judge;
    private final Path file;
    private final Map<String, Verdict> known = new HashMap<>();
    private long asked;
    private long found;

    public CachedJudge(Judge judge, Path file) {
        this.judge = judge;
        this.file = file;
        if (Files.exists(file)) {
            read();
        }
    }

    private void read() {
        try {
            for (String line : Files.readAllLines(file)) {
                // A line that a kill cut off is asked again.
                try {
                    JsonNode row = JsonMapper.shared().readTree(line);
                    known.put(
                            row.path("key").asString(""),
                            Verdict.valueOf(row.path("verdict").asString("")));
                } catch (JacksonException | IllegalArgumentException _) {
                    continue;
                }
            }
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public String identity() {
        return judge.identity();
    }

    @Override
    public String cost() {
        return judge.cost() + String.format(Locale.ROOT, "; %,d of %,d answers were in the cache", found, asked);
    }

    @Override
    public List<Verdict> judge(List<Question> questions) {
        Set<Question> open = new LinkedHashSet<>();
        for (Question question : questions) {
            asked++;
            if (known.containsKey(key(question))) {
                found++;
            } else {
                open.add(question);
            }
        }
        List<Question> left = new ArrayList<>(open);
        for (int from = 0; from < left.size(); from += AT_ONCE) {
            List<Question> some = left.subList(from, Math.min(left.size(), from + AT_ONCE));
            keep(some, judge.judge(some));
        }
        return questions.stream()
                .map(question -> Objects.requireNonNull(known.get(key(question))))
                .toList();
    }

    private void keep(List<Question> questions, List<Verdict> verdicts) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < questions.size(); i++) {
            String key = key(questions.get(i));
            known.put(key, verdicts.get(i));
            lines.append("{\"key\":\"")
                    .append(key)
                    .append("\",\"verdict\":\"")
                    .append(verdicts.get(i))
                    .append("\"}\n");
        }
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.writeString(file, lines.toString(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private String key(Question question) {
        return DataHash.of(JsonMapper.shared()
                .writeValueAsString(List.of(judge.identity(), question.prompt(), question.first(), question.second())));
    }
}
