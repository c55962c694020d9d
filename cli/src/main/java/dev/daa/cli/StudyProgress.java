package dev.daa.cli;

import dev.daa.eval.study.StudyListener;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;

/// A study as it goes: on a screen one heading and a line for every run under way, elsewhere a plain line when
/// a run ends.
final class StudyProgress implements StudyListener, AutoCloseable {
    private static final long SCREEN_NANOS = 200_000_000L;

    private final Terminal terminal;
    private final IntConsumer collected;
    private final long start = System.nanoTime();
    private final Map<String, Running> running = new LinkedHashMap<>();
    private final Map<String, Planned> planned = new LinkedHashMap<>();
    private final Map<String, Pace> paces = new LinkedHashMap<>();
    private int ended;
    private long shownAt;
    private int shownLines;

    /// What is known of the runs of one kind.
    private static final class Pace {
        private long stepsLeft;
        private long stepsDone;
        private double seconds;

        private double secondsLeft(double perStep) {
            return stepsLeft * (stepsDone == 0 ? perStep : seconds / stepsDone);
        }
    }

    private static final class Running {
        private final int steps;
        private long until = System.nanoTime();
        private long step;
        private Metrics latest = Metrics.at(0);
        private String measured = "";

        private Running(int steps) {
            this.steps = steps;
        }
    }

    /// @param collected told how many cells' points are missing, whenever more have come
    StudyProgress(Terminal terminal, IntConsumer collected) {
        this.terminal = terminal;
        this.collected = collected;
    }

    @Override
    public synchronized void planned(List<Planned> runs, int skipped) {
        long steps = 0;
        for (Planned run : runs) {
            planned.put(run.name(), run);
            pace(run.name()).stepsLeft += run.steps();
            steps += run.steps();
        }
        line(runs.size() + " runs" + (skipped > 0 ? ", " + skipped + " finished before" : "") + ", "
                + String.format(Locale.ROOT, "%,d", steps) + " optimizer steps");
    }

    private Pace pace(String run) {
        return paces.computeIfAbsent(Objects.requireNonNull(planned.get(run)).kind(), _ -> new Pace());
    }

    @Override
    public synchronized MetricsSink started(String run, int steps) {
        Running state = new Running(steps);
        running.put(run, state);
        return metrics -> step(run, state, metrics);
    }

    private synchronized void step(String run, Running state, Metrics metrics) {
        // The first step heard of may be a late one, of a run that goes on from a checkpoint.
        advance(run, state, metrics.step(), state.step == 0 ? 1 : metrics.step() - state.step);
        state.latest = metrics;
        if (metrics.value("gold/reward").isPresent()) {
            state.measured = String.format(
                    Locale.ROOT,
                    "  gold %.2f  KL %.2f nats",
                    metrics.value("gold/reward").orElseThrow(),
                    metrics.value("kl/exact").orElseThrow());
        }
        if (terminal.interactive() && System.nanoTime() - shownAt > SCREEN_NANOS) {
            draw();
        }
    }

    @Override
    public synchronized void finished(String run, double seconds) {
        Running state = running.remove(run);
        if (state != null) {
            advance(run, state, state.steps, 0);
        }
        ended++;
        line(String.format(
                Locale.ROOT,
                "%d/%d  %-28s %5.1f s%s  %s",
                ended,
                planned.size(),
                run,
                seconds,
                state == null ? "" : state.measured,
                timeLeft()));
    }

    @Override
    public synchronized void failed(String run, Throwable cause) {
        Running state = running.remove(run);
        if (state != null) {
            advance(run, state, state.steps, 0);
        }
        ended++;
        line("FAILED  " + run + ": " + cause.getMessage());
    }

    @Override
    public void collected(int missing) {
        collected.accept(missing);
    }

    @Override
    public synchronized void reporting() {
        line("writing the report");
    }

    private void line(String text) {
        erase();
        terminal.err().println(text);
        if (terminal.interactive()) {
            draw();
        }
    }

    private void erase() {
        if (terminal.interactive() && shownLines > 0) {
            terminal.err().print("\033[" + shownLines + "A\r\033[J");
            shownLines = 0;
        }
    }

    private void draw() {
        erase();
        shownAt = System.nanoTime();
        for (Map.Entry<String, Running> run : running.entrySet()) {
            Running state = run.getValue();
            terminal.err()
                    .println(String.format(
                            Locale.ROOT,
                            "      %-28s step %d/%d  loss %.3f%s  %,.0f tokens/s",
                            run.getKey(),
                            state.step,
                            state.steps,
                            state.latest.value("loss").orElse(Double.NaN),
                            state.measured,
                            state.latest.value("tokens_per_second").orElse(0)));
            shownLines++;
        }
        terminal.err().flush();
    }

    /// A run got to a step; its checkpoints are measured on the way, which takes time too.
    private void advance(String run, Running state, long step, long made) {
        Pace pace = pace(run);
        pace.stepsDone += made;
        pace.stepsLeft -= step - state.step;
        state.step = step;
        long now = System.nanoTime();
        pace.seconds += (now - state.until) * 1e-9;
        state.until = now;
    }

    /// Steps that are left at the pace of their kind, or of all where no such step was seen yet, shared out as the
    /// work was so far.
    private String timeLeft() {
        double gone = (System.nanoTime() - start) * 1e-9;
        double busy = paces.values().stream().mapToDouble(pace -> pace.seconds).sum();
        long done = paces.values().stream().mapToLong(pace -> pace.stepsDone).sum();
        if (done == 0) {
            return clock(gone) + " gone";
        }
        double left = paces.values().stream()
                .mapToDouble(pace -> pace.secondsLeft(busy / done))
                .sum();
        return clock(gone) + " gone, " + clock(left * gone / busy) + " left";
    }

    private static String clock(double seconds) {
        long whole = Math.round(seconds);
        return whole >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }

    @Override
    public synchronized void close() {
        erase();
    }
}
