package dev.daa.eval.judge;

import dev.daa.compute.InputException;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Any program as a judge. It is started by `sh -c`, reads a line `{"id","prompt","first","second"}` a question from
/// its input and writes a line `{"id","winner"}` an answer, in any order; the winner is `first`, `second` or `tie`.
public final class CommandJudge implements Judge {
    /// A program that starts is shared by so many questions.
    private static final int AT_ONCE = 16;

    /// Milliseconds after which a running program is looked at again.
    private static final int MOMENT = 100;

    /// Exit codes of a program that Ctrl-C or SIGTERM ended, as shells count them.
    private static final Set<Integer> SIGNALLED = Set.of(Interrupt.EXIT_CODE, 143);

    private final String command;
    private final BooleanSupplier cancelled;
    private long questions;

    /// @param cancelled asked while the program runs; once it says so the program is ended and an
    /// [InterruptedRunException] is thrown
    public CommandJudge(String command, BooleanSupplier cancelled) {
        this.command = command;
        this.cancelled = cancelled;
    }

    @Override
    public String identity() {
        return "command " + command;
    }

    @Override
    public String cost() {
        return String.format(Locale.ROOT, "%,d questions to the command", questions);
    }

    @Override
    public int atOnce() {
        return AT_ONCE;
    }

    @Override
    public List<Verdict> judge(List<Question> asked) {
        if (asked.isEmpty()) {
            return List.of();
        }
        questions += asked.size();
        List<@Nullable Verdict> verdicts = new ArrayList<>(Collections.nCopies(asked.size(), null));
        try {
            Process process = new ProcessBuilder("sh", "-c", command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Thread writer = Thread.ofVirtual().start(() -> write(process, asked));
            Thread.ofVirtual().start(() -> endOnceCancelled(process));
            try (BufferedReader answers =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                    if (!line.isBlank()) {
                        takeUnlessCutOff(line, verdicts);
                    }
                }
                writer.join();
                int exit = process.waitFor();
                if (SIGNALLED.contains(exit) || cancelled.getAsBoolean() && (exit != 0 || verdicts.contains(null))) {
                    // Ctrl-C goes to the program as well.
                    throw new InterruptedRunException(
                            "the judge command was interrupted; the same command goes on, with the answers so far");
                }
                if (exit != 0) {
                    throw new InputException("the judge command ended with exit code " + exit + ": " + command);
                }
            } finally {
                end(process);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the judge command ran", e);
        } catch (IOException e) {
            throw new InputException("the judge command cannot be run: " + e.getMessage(), e);
        }
        List<Verdict> complete = new ArrayList<>();
        for (int id = 0; id < verdicts.size(); id++) {
            Verdict verdict = verdicts.get(id);
            if (verdict == null) {
                throw InputException.of(
                        "the judge command", "no answer to question " + id, "a line with its id and winner", "");
            }
            complete.add(verdict);
        }
        return complete;
    }

    private static void write(Process process, List<Question> asked) {
        try (Writer out = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)) {
            for (int id = 0; id < asked.size(); id++) {
                ObjectNode row = JsonMapper.shared().createObjectNode();
                row.put("id", id);
                row.put("prompt", asked.get(id).prompt());
                row.put("first", asked.get(id).first());
                row.put("second", asked.get(id).second());
                out.write(row + "\n");
            }
        } catch (IOException _) {
            // A program may close its input early; what it did not answer is named by the reader.
        }
    }

    private void endOnceCancelled(Process process) {
        try {
            while (!process.waitFor(MOMENT, TimeUnit.MILLISECONDS)) {
                if (cancelled.getAsBoolean()) {
                    end(process);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Ends the shell, before it starts what comes next, and what it has started, which holds the pipe of answers
    /// open. [Process#destroy] would close the pipe while it is read.
    private static void end(Process process) {
        List<ProcessHandle> started = process.descendants().toList();
        process.toHandle().destroy();
        started.forEach(ProcessHandle::destroy);
    }

    /// The last line of a program that is ended may be half a line.
    private void takeUnlessCutOff(String line, List<@Nullable Verdict> verdicts) {
        try {
            take(line, verdicts);
        } catch (InputException e) {
            if (!cancelled.getAsBoolean()) {
                throw e;
            }
        }
    }

    private static void take(String line, List<@Nullable Verdict> verdicts) {
        JsonNode answer;
        try {
            answer = JsonMapper.shared().readTree(line);
        } catch (JacksonException e) {
            throw new InputException("the judge command: found " + line + ", expected {\"id\":…,\"winner\":…}", e);
        }
        int id = answer.path("id").asInt(-1);
        Verdict verdict = switch (answer.path("winner").asString("")) {
            case "first" -> Verdict.FIRST;
            case "second" -> Verdict.SECOND;
            case "tie" -> Verdict.TIE;
            default -> null;
        };
        if (id < 0 || id >= verdicts.size() || verdict == null) {
            throw InputException.of(
                    "the judge command", line, "an id below " + verdicts.size() + " and first, second or tie", "");
        }
        verdicts.set(id, verdict);
    }
}
