package dev.daa.cli;

import dev.daa.eval.study.StudyListener;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;

/// A study as it goes: on a screen one heading and a line for every run under way, elsewhere a plain line when
/// a run ends.
final class StudyProgress implements StudyListener, AutoCloseable {
    private static final long SCREEN_NANOS = 200_000_000L;

    private final Terminal terminal;
    private final IntConsumer collected;
    private final long start = System.nanoTime();
    private final Map<String, Running> running = new LinkedHashMap<>();
    private long totalSteps;
    private long doneSteps;
    private int stages;
    private int ended;
    private long shownAt;
    private int shownLines;

    private static final class Running {
        private final int steps;
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
    public synchronized void planned(int planned, long steps, int skipped) {
        stages = planned;
        totalSteps = steps;
        line(planned + " runs" + (skipped > 0 ? ", " + skipped + " finished before" : "") + ", "
                + String.format(Locale.ROOT, "%,d", steps) + " optimizer steps");
    }

    @Override
    public synchronized MetricsSink started(String run, int steps) {
        Running state = new Running(steps);
        running.put(run, state);
        return metrics -> step(state, metrics);
    }

    private synchronized void step(Running state, Metrics metrics) {
        doneSteps += metrics.step() - state.step;
        state.step = metrics.step();
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
            doneSteps += state.steps - state.step;
        }
        ended++;
        line(String.format(
                Locale.ROOT,
                "%d/%d  %-28s %5.1f s%s  %s",
                ended,
                stages,
                run,
                seconds,
                state == null ? "" : state.measured,
                timeLeft()));
    }

    @Override
    public synchronized void failed(String run, Throwable cause) {
        running.remove(run);
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

    private String timeLeft() {
        double gone = (System.nanoTime() - start) * 1e-9;
        double left = doneSteps == 0 ? 0 : gone / doneSteps * (totalSteps - doneSteps);
        return clock(gone) + " gone, " + clock(left) + " left";
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
