package dev.daa.cli;

import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunDisplay;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/// A run as it goes: on a screen a few lines that are overwritten, elsewhere a plain line now and then.
///
/// ```
/// dpo β=0.1  120/500  ██████░░░░░░░░░░░░░░  24 %  0:41 gone, 2:03 left
/// loss 0.612  accuracy 0.71  margins 0.32  grad 1.4  chosen −23.1  rejected −25.0
/// kl 1.23  gold 0.55  win rate 0.61  5,120 tokens/s  182 GFLOP/s
/// ```
/// A value stays on the screen until its key is measured again.
final class LiveProgress implements MetricsSink, AutoCloseable {
    private static final int BAR = 20;
    private static final long SCREEN_NANOS = 100_000_000L;
    private static final long PLAIN_NANOS = 10_000_000_000L;

    /// What is shown, in order: metric key and its short name; a line each.
    private static final List<Map<String, String>> LINES = List.of(
            ordered(
                    "loss", "loss",
                    "rewards/accuracies", "accuracy",
                    "rewards/margins", "margins",
                    "grad_norm", "grad",
                    "logps/chosen", "chosen",
                    "logps/rejected", "rejected"),
            ordered(
                    "objective/kl", "kl",
                    "objective/scores", "score",
                    "rollout/length", "length",
                    "kl/exact", "kl",
                    "proxy/reward", "proxy",
                    "gold/reward", "gold",
                    "gold/win_rate", "win rate",
                    "response/length", "length"));

    private final Terminal terminal;
    private final String title;
    private final long steps;
    private final LongSupplier nanos;
    private final Map<String, Double> latest = new LinkedHashMap<>();
    private final long start;
    private long firstStep = -1;
    private long step;
    private long shownAt;
    private int shownLines;

    /// @param title what runs, such as `dpo β=0.1 seed 0`
    /// @param steps steps of the whole run
    /// @param nanos the clock, in nanoseconds from any fixed moment
    LiveProgress(Terminal terminal, String title, long steps, LongSupplier nanos) {
        this.terminal = terminal;
        this.title = title;
        this.steps = steps;
        this.nanos = nanos;
        this.start = nanos.getAsLong();
        this.shownAt = start - PLAIN_NANOS;
    }

    /// Shows a run's notes, then its progress.
    static RunDisplay of(Terminal terminal, String title) {
        return (steps, notes) -> {
            notes.forEach(note -> terminal.err().println("daa: " + note));
            return new LiveProgress(terminal, title, steps, System::nanoTime);
        };
    }

    private static Map<String, String> ordered(String... keysAndNames) {
        Map<String, String> names = new LinkedHashMap<>();
        for (int i = 0; i < keysAndNames.length; i += 2) {
            names.put(keysAndNames[i], keysAndNames[i + 1]);
        }
        return names;
    }

    @Override
    public void record(Metrics metrics) {
        step = metrics.step();
        if (firstStep < 0) {
            firstStep = step - 1;
        }
        metrics.forEach(latest::put);
        long now = nanos.getAsLong();
        boolean due = now - shownAt >= (terminal.interactive() ? SCREEN_NANOS : PLAIN_NANOS);
        if (due || step == steps) {
            show(now);
        }
    }

    private void show(long now) {
        shownAt = now;
        List<String> lines = new ArrayList<>(List.of(heading(now)));
        for (Map<String, String> names : LINES) {
            lines.add(values(names));
        }
        String speed = speed();
        lines.set(2, lines.get(2).isEmpty() ? speed : lines.get(2) + "  " + speed);
        lines.removeIf(String::isBlank);
        if (terminal.interactive()) {
            StringBuilder screen = new StringBuilder();
            if (shownLines > 0) {
                screen.append("\033[").append(shownLines).append('A');
            }
            for (String line : lines) {
                screen.append('\r').append(line).append("\033[K\n");
            }
            screen.append("\033[J");
            shownLines = lines.size();
            terminal.err().print(screen);
            terminal.err().flush();
        } else {
            terminal.err().println(String.join("  ", lines));
        }
    }

    private String heading(long now) {
        double share = Math.clamp((double) step / steps, 0, 1);
        double gone = (now - start) * 1e-9;
        long made = step - firstStep;
        String left = made > 0 && step < steps ? ", " + clock(gone / made * (steps - step)) + " left" : "";
        int full = (int) Math.round(share * BAR);
        String bar = terminal.interactive() ? "█".repeat(full) + "░".repeat(BAR - full) + "  " : "";
        return title + "  " + step + "/" + steps + "  " + bar + String.format(Locale.ROOT, "%.0f %%", 100 * share)
                + "  " + clock(gone) + " gone" + left;
    }

    private String values(Map<String, String> names) {
        Map<String, Double> shown = new LinkedHashMap<>();
        names.forEach((key, name) -> {
            Double value = latest.get(key);
            if (value != null) {
                shown.putIfAbsent(name, value);
            }
        });
        List<String> words = new ArrayList<>();
        shown.forEach((name, value) -> words.add(name + " " + number(value)));
        return String.join("  ", words);
    }

    private String speed() {
        List<String> words = new ArrayList<>();
        Double tokens = latest.get("tokens_per_second");
        if (tokens != null) {
            words.add(String.format(Locale.ROOT, "%,.0f tokens/s", tokens));
        }
        Double gigaflops = latest.get("gflops_per_second");
        if (gigaflops != null) {
            words.add(String.format(Locale.ROOT, "%.0f GFLOP/s", gigaflops));
        }
        return String.join("  ", words);
    }

    /// Three significant digits, with a real minus sign.
    private static String number(double value) {
        double size = Math.abs(value);
        int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
        String format = size != 0 && (size < 1e-3 || size >= 1e6) ? "%.2e" : "%." + digits + "f";
        return String.format(Locale.ROOT, format, value).replace('-', '−');
    }

    private static String clock(double seconds) {
        long whole = Math.round(seconds);
        return whole >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }

    /// Shows the last values, whenever the last time was.
    @Override
    public void close() {
        if (step != steps && firstStep >= 0) {
            show(nanos.getAsLong());
        }
    }
}
