package dev.daa.eval.judge;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.InterruptedRunException;
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
import java.util.function.BooleanSupplier;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A judge whose answers are kept in a file, so that no question is asked (and paid) twice. A file of JSON lines, added
/// to after every call of the judge.
public final class CachedJudge implements Judge {
    private final Judge judge;
    private final Path file;
    private final BooleanSupplier cancelled;
    private final Map<String, Verdict> known = new HashMap<>();
    private long asked;
    private long found;

    /// @param cancelled asked before each call of the judge; once it says so an [InterruptedRunException] is thrown
    public CachedJudge(Judge judge, Path file, BooleanSupplier cancelled) {
        this.judge = judge;
        this.file = file;
        this.cancelled = cancelled;
        if (Files.isRegularFile(file)) {
            read();
        } else if (Files.exists(file)) {
            throw InputException.of(
                    file.toString(), "no file", "one for the judge's answers", "choose another --cache");
        }
    }

    private void read() {
        try {
            for (String line : DurableFile.wholeLines(file)) {
                // A line that is no answer is asked again.
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
    public int atOnce() {
        return judge.atOnce();
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
        for (int from = 0; from < left.size(); from += judge.atOnce()) {
            if (cancelled.getAsBoolean()) {
                throw new InterruptedRunException("stopped with " + (left.size() - from)
                        + " questions left; the same command goes on, with the answers in " + file);
            }
            List<Question> some = left.subList(from, Math.min(left.size(), from + judge.atOnce()));
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
            throw WriteFailure.of(file, "--cache file", e);
        }
    }

    private String key(Question question) {
        return DataHash.of(JsonMapper.shared()
                .writeValueAsString(List.of(judge.identity(), question.prompt(), question.first(), question.second())));
    }
}
