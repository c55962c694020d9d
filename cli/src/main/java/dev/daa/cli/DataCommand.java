package dev.daa.cli;

import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.train.config.Setting;
import dev.daa.train.data.DataCheck;
import dev.daa.train.data.DataReport;
import dev.daa.train.data.RowConfig;
import dev.daa.train.run.Interrupt;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/// `daa data`: looks at files of demonstrations and preferences.
@Command(name = "data", description = "Looks at data files: `daa data check FILE`.")
final class DataCommand implements Runnable {
    private final Terminal terminal;

    DataCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void run() {
        terminal.out().println("daa data check FILE [--model FOLDER]: what training on the file would meet");
    }

    /// `daa data check FILE`.
    @Command(
            name = "check",
            customSynopsis = "daa data check FILE [--model FOLDER] [--key value]…",
            description = {
                "Reports a data file's rows, layout and lengths, and rows that training would leave out or that look"
                        + " wrong.",
                "With --model lengths are in tokens, as training counts them (a response with its end of sequence), and"
                        + " boundaries of tokens and too long rows are found."
            })
    static final class Check extends ConfigCommand<Check.Config> {
        private static final int SHOWN = 8;

        /// Keys of the command.
        record Config(
                @Setting("the file: JSONL (plain, .gz, .zst) or Parquet; may also stand alone as the first argument")
                Path file,

                @Setting(value = "model folder: its tokenizer, chat template and positions", byDefault = "null")
                @Nullable
                Path model,

                @Setting("how rows of the data become sequences")
                RowConfig rows) {}

        Check(Terminal terminal) {
            super(terminal, Config.class);
        }

        @Override
        List<String> arguments(List<String> given) {
            if (given.isEmpty() || given.getFirst().startsWith("--")) {
                return given;
            }
            List<String> keys = new ArrayList<>(given);
            keys.addFirst("--file");
            return keys;
        }

        @Override
        void run(Config config, Interrupt interrupt) {
            ModelFolder model = config.model() == null ? null : ModelFolder.open(config.model());
            print(DataCheck.of(config.file(), model, config.rows()));
        }

        private void print(DataReport report) {
            PrintStream out = terminal().out();
            out.printf(Locale.ROOT, "%s: %,d rows%n", report.file(), report.rows());
            report.layouts().forEach((layout, count) -> out.printf(Locale.ROOT, "  %,d %s%n", count, layout));
            out.printf(Locale.ROOT, "  %,d distinct prompts%n", report.distinctPrompts());
            if (report.pairs() > 0) {
                out.printf(
                        Locale.ROOT,
                        "  %,d pairs; the chosen response is the longer one in %.1f %%%n",
                        report.pairs(),
                        100.0 * report.longerChosen() / report.pairs());
            }
            if (report.desirable() + report.undesirable() > 0) {
                out.printf(
                        Locale.ROOT,
                        "  %,d desirable and %,d undesirable responses; kto and bco take each, in a pair or not%n",
                        report.desirable(),
                        report.undesirable());
            }
            out.printf("length in %s%n", report.unit());
            report.lengths()
                    .forEach((part, lengths) -> out.printf(
                            Locale.ROOT,
                            "  %-12s mean %,.1f, median %s, 95 %% up to %,d, longest %,d%n",
                            part,
                            lengths.mean(),
                            String.format(Locale.ROOT, lengths.median() % 1 == 0 ? "%,.0f" : "%,.1f", lengths.median()),
                            lengths.percentile95(),
                            lengths.longest()));
            out.println("findings");
            for (DataCheck.Finding finding : DataCheck.Finding.values()) {
                List<Long> lines = report.findings().getOrDefault(finding, List.of());
                out.printf(Locale.ROOT, "  %,7d %s%s%n", lines.size(), finding.meaning(), shown(lines));
            }
        }

        private static String shown(List<Long> lines) {
            if (lines.isEmpty()) {
                return "";
            }
            String first = lines.stream().limit(SHOWN).map(String::valueOf).collect(Collectors.joining(", "));
            return (lines.size() == 1 ? ": line " : ": lines ") + first + (lines.size() > SHOWN ? ", …" : "");
        }
    }
}
