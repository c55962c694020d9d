package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.ConfigKey;
import dev.daa.train.config.Configs;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Placement;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/// A command whose options are the keys of a config record: `--config FILE` and `--key value` for any key.
///
/// @param <C> the config record
abstract class ConfigCommand<C extends Record> implements Callable<Integer> {
    private static final int TEXT_COLUMN = 30;

    /// Keys on which a command's memory depends, where it has them.
    private static final List<String> FILLS_MEMORY = List.of("micro-batch", "batch", "samples", "n", "max-tokens");

    @Option(names = "--config", paramLabel = "FILE", description = "YAML or JSON file with any of the keys below.")
    private @Nullable Path file;

    @Option(names = "--dry-run", description = "Print the resolved config, and of training the memory plan, and stop.")
    private boolean dryRun;

    @Unmatched
    private final List<String> keys = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Terminal terminal;
    private final Class<C> type;

    ConfigCommand(Terminal terminal, Class<C> type) {
        this.terminal = terminal;
        this.type = type;
    }

    /// Does the command's work.
    ///
    /// @param interrupt to be asked between steps
    abstract void run(C config, Interrupt interrupt);

    /// What to print for `--dry-run` after the resolved config, such as the memory plan.
    String plan(C config) {
        return "";
    }

    /// The lines of `--dry-run` that say how much memory the run takes and how much Java has.
    static String memory(JointMemory plan) {
        if (plan.onDevice()) {
            return "# needs " + plan + "\n# of the device's memory; daa devices says how much there is\n";
        }
        Runtime runtime = Runtime.getRuntime();
        long left = runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
        return "# needs " + plan + "\n# available " + MemoryPlan.mebibytes(left) + " of Java's memory\n";
    }

    /// Reads the config; commands with presets begin from one.
    C read(@Nullable Path config, List<Assignment> options) {
        return Configs.read(type, config, options);
    }

    /// The command line's keys; commands that take a file without a key put the key before it.
    List<String> arguments(List<String> given) {
        return given;
    }

    Terminal terminal() {
        return terminal;
    }

    @Override
    public Integer call() throws Exception {
        List<Assignment> given = options(type, arguments(keys));
        given.forEach(this::requireNoMistypedOption);
        C config = read(file, given);
        if (dryRun) {
            String plan = plan(config); // before the config: what it refuses is said alone
            terminal.out().print(Configs.toYaml(config) + plan);
            return 0;
        }
        sayWhereItRuns(config);
        try (Interrupt interrupt = Interrupt.onSignals()) {
            int code = terminal.flushed(ran(config, interrupt));
            interrupt.exitCode(code);
            return code;
        }
    }

    /// Runs the command. What fails it is told here and not by the caller: once the interrupt is closed, the
    /// process may end.
    ///
    /// @return the exit code
    private int ran(C config, Interrupt interrupt) throws Exception {
        try {
            run(config, interrupt);
            return 0;
        } catch (RuntimeException failure) {
            return told(failure);
        } catch (OutOfMemoryError full) {
            return told(CommandLineInterface.outOfMemory(full, memoryRemedies()));
        }
    }

    /// What makes the command take less memory, each a clause.
    List<String> memoryRemedies() {
        List<String> options = FILLS_MEMORY.stream()
                .filter(this::knowsKey)
                .map(key -> "--" + key)
                .toList();
        List<String> remedies = new ArrayList<>();
        if (!options.isEmpty()) {
            int last = options.size() - 1;
            remedies.add("reduce "
                    + (last == 0 ? "" : String.join(", ", options.subList(0, last)) + " or ")
                    + options.getLast());
        }
        if (knowsKey("model")) {
            remedies.add("take a smaller model");
        }
        return remedies;
    }

    /// Whether `--name` is a key of the config.
    final boolean knowsKey(String name) {
        return Configs.knowsOption(type, name);
    }

    private int told(RuntimeException failure) throws Exception {
        CommandLine line = spec.commandLine();
        return line.getExecutionExceptionHandler().handleExecutionException(failure, line, line.getParseResult());
    }

    /// Refuses what is no key of the config but nearly an option of the command itself, or a parameter of an
    /// objective.
    private void requireNoMistypedOption(Assignment given) {
        if (knowsKey(given.key())) {
            return;
        }
        List<String> own = spec.options().stream()
                .map(option -> option.longestName().substring(2))
                .toList();
        ConfigKey.nearest(given.key(), own).ifPresent(name -> {
            throw new InputException("--" + given.key() + ": unknown option; did you mean --" + name + "?");
        });
        String parameter = ConfigKey.canonical(given.key().replaceFirst("^parameters\\.", ""));
        if (knowsKey("parameters") && Objectives.hasParameter(parameter)) {
            throw InputException.of(
                    "--" + given.key(),
                    "a parameter of an objective",
                    "an option",
                    "give it as --parameters '{" + parameter + ": " + given.value() + "}'");
        }
    }

    /// One line for commands that leave the choice of the backend open.
    private void sayWhereItRuns(C config) {
        for (RecordComponent component : type.getRecordComponents()) {
            if (component.getType() == Placement.class) {
                Placement placement = (Placement) value(component, config);
                sayWhereItRuns(Backend.choose(placement.backend()));
            }
        }
    }

    final void sayWhereItRuns(Backend.Choice choice) {
        if (!choice.why().isEmpty()) {
            terminal.err().println("runs on " + choice.name() + ": " + choice.why());
        }
    }

    private static Object value(RecordComponent component, Record config) {
        try {
            return component.getAccessor().invoke(config);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /// `--key value`, `--key=value` and, for a switch, `--key` alone.
    static List<Assignment> options(Class<? extends Record> type, List<String> arguments) {
        List<Assignment> options = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (!argument.startsWith("--") || argument.length() == 2) {
                throw InputException.of("command line", "'" + argument + "'", "--key value", "");
            }
            int equals = argument.indexOf('=');
            if (equals > 0) {
                options.add(new Assignment(argument.substring(2, equals), argument.substring(equals + 1)));
            } else if (i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("--")) {
                options.add(new Assignment(argument.substring(2), arguments.get(++i)));
            } else {
                options.add(alone(type, argument.substring(2)));
            }
        }
        return options;
    }

    private static Assignment alone(Class<? extends Record> type, String key) {
        if (Configs.needsValue(type, key)) {
            throw new InputException("--" + key + " needs a value");
        }
        return new Assignment(key, "true");
    }

    /// One line a key: option, meaning, default.
    String[] keysHelp() {
        List<ConfigKey> keys = ConfigKey.of(type);
        boolean sections = keys.stream().anyMatch(key -> key.section().isPresent());
        List<String> lines = new ArrayList<>(List.of(
                "",
                "Keys of the config, each also an option"
                        + (sections ? " (without its section, too, where no other key has the name):" : ":")));
        addKeys(keys, aliases(keys).toList(), "", " (required)", lines);
        return lines.toArray(String[]::new);
    }

    private static Stream<String> aliases(List<ConfigKey> keys) {
        return keys.stream()
                .flatMap(key -> key.section().isPresent() ? aliases(key.sectionKeys()) : key.aliases().stream());
    }

    /// @param aliases of all keys of the config; one that several sections have is no option
    /// @param required what is said of keys without a default
    private static void addKeys(
            List<ConfigKey> keys, List<String> aliases, String prefix, String required, List<String> lines) {
        for (ConfigKey key : keys) {
            String option = "--" + (prefix + key.name()).replace('_', '-');
            if (key.section().isPresent()) {
                boolean optional = key.byDefault().filter("null"::equals).isPresent();
                wrap(option, key.meaning() + (optional ? " (optional section)" : " (section)"), lines);
                addKeys(
                        key.sectionKeys(),
                        aliases,
                        prefix + key.name() + ".",
                        optional ? " (required in " + key.name() + ")" : required,
                        lines);
                continue;
            }
            List<String> own = key.aliases().stream()
                    .filter(alias -> Collections.frequency(aliases, alias) == 1)
                    .toList();
            String alsoCalled =
                    own.isEmpty() ? "" : " (--" + String.join(", --", own).replace('_', '-') + ")";
            String byDefault = key.byDefault()
                    .map(value -> value.equals("null") ? "" : value.startsWith("[") ? " " + value : " [" + value + "]")
                    .orElse(required);
            wrap(option + alsoCalled, key.meaning() + byDefault, lines);
        }
    }

    /// Adds `option  text` as picocli lays out options, the text broken into lines that stay in their column.
    private static void wrap(String option, String text, List<String> lines) {
        StringBuilder line = new StringBuilder("  " + option);
        if (line.length() >= TEXT_COLUMN) {
            lines.add(line.toString());
            line = new StringBuilder();
        }
        line.append(" ".repeat(TEXT_COLUMN - line.length()));
        for (String word : text.split(" ")) {
            if (line.length() + word.length() >= CommandLineInterface.HELP_WIDTH) {
                lines.add(line.toString().stripTrailing());
                line = new StringBuilder(" ".repeat(TEXT_COLUMN));
            }
            line.append(word).append(' ');
        }
        lines.add(line.toString().stripTrailing().replace("%", "%%"));
    }
}
