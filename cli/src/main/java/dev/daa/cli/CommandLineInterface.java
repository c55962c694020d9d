package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.compute.MemoryPlan;
import dev.daa.train.run.Build;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/// The commands of `daa` and how they fail: one line for what a person can mend, a stack trace only on `--debug`.
@Command(
        name = "daa",
        mixinStandardHelpOptions = true,
        versionProvider = CommandLineInterface.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        scope = ScopeType.INHERIT,
        description = "Studies reward over-optimization in direct alignment algorithms.",
        footer = {"", "Start here: daa study --preset quick", CommandLineInterface.EXIT_CODES})
public final class CommandLineInterface implements Runnable {
    static final String EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted after a checkpoint.";
    static final int FAILED = 1;
    private static final int BAD_INPUT = 2;
    static final int HELP_WIDTH = 120;

    private final Terminal terminal;
    private final CommandLine commandLine;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
    private boolean debug;

    public CommandLineInterface(Terminal terminal) {
        this.terminal = terminal;
        this.commandLine = new CommandLine(this);
        for (Object command : commands(terminal)) {
            CommandLine added = added(command);
            if (command instanceof DataCommand) {
                added.addSubcommand(added(new DataCommand.Check(terminal)));
            }
            commandLine.addSubcommand(added);
        }
        commandLine
                .setExpandAtFiles(false)
                .setUsageHelpWidth(HELP_WIDTH)
                .setExecutionExceptionHandler((failure, _, _) -> exitCode(failure))
                .setParameterExceptionHandler((failure, _) -> refused(failure))
                .setOut(writer(terminal.out()))
                .setErr(writer(terminal.err()));
    }

    private static CommandLine added(Object command) {
        CommandLine added = new CommandLine(command);
        if (command instanceof ConfigCommand<?> configured) {
            String[] footer = Stream.concat(Stream.of(configured.keysHelp()), Stream.of("", EXIT_CODES))
                    .toArray(String[]::new);
            added.getCommandSpec().usageMessage().footer(footer);
        }
        return added;
    }

    /// Every command, in the order of the help.
    static List<Object> commands(Terminal terminal) {
        return List.of(
                new StudyCommand(terminal),
                new TextStudyCommand(terminal),
                new NewModelCommand(terminal),
                new SftCommand(terminal),
                new RewardCommand(terminal),
                new AlignCommand(terminal),
                new PpoCommand(terminal),
                new OnlineCommand(terminal),
                new BestOfNCommand(terminal),
                new ScoreCommand(terminal),
                new MergeCommand(terminal),
                new GenerateCommand(terminal),
                new LogProbsCommand(terminal),
                new EvalCommand(terminal),
                new JudgeCommand(terminal),
                new DataCommand(terminal),
                new FitCommand(terminal),
                new ReportCommand(terminal),
                new ObjectivesCommand(terminal),
                new InspectCommand(terminal),
                new BenchCommand(terminal),
                new DevicesCommand(terminal));
    }

    /// Runs one command.
    ///
    /// @return its exit code
    public int run(String... arguments) {
        return terminal.flushed(execute(arguments));
    }

    private int execute(String... arguments) {
        try {
            return commandLine.execute(asked(arguments));
        } catch (OutOfMemoryError full) {
            return exitCode(outOfMemory(full, List.of()));
        }
    }

    /// `daa help fit` means `daa fit --help`.
    private static String[] asked(String... arguments) {
        return arguments.length > 0 && arguments[0].equals("help")
                ? Stream.concat(Arrays.stream(arguments).skip(1), Stream.of("--help"))
                        .toArray(String[]::new)
                : arguments;
    }

    /// What to do when Java's memory is full.
    ///
    /// @param remedies of the command's own, each a clause
    static InputException outOfMemory(OutOfMemoryError full, List<String> remedies) {
        return new InputException(
                "out of memory: Java's "
                        + MemoryPlan.mebibytes(Runtime.getRuntime().maxMemory()) + " are full; "
                        + remedies.stream().map(remedy -> remedy + ", ").collect(Collectors.joining())
                        + (remedies.isEmpty() ? "" : "or ") + "give Java more memory (DAA_JAVA_OPTIONS=-Xmx…)",
                full);
    }

    @Override
    public void run() {
        commandLine.usage(terminal.out());
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
    }

    private int exitCode(Exception failure) {
        if (debug) {
            failure.printStackTrace(terminal.err());
        }
        return switch (mendable(failure)) {
            case InputException bad -> {
                terminal.err().println("daa: " + bad.getMessage());
                yield BAD_INPUT;
            }
            case InterruptedRunException stopped -> {
                terminal.err().println("daa: " + stopped.getMessage());
                yield Interrupt.EXIT_CODE;
            }
            case CancellationException stopped -> {
                terminal.err().println("daa: " + stopped.getMessage());
                yield Interrupt.EXIT_CODE;
            }
            default -> {
                terminal.err().println("daa: " + described(failure) + (debug ? "" : " (--debug shows where)"));
                yield FAILED;
            }
        };
    }

    /// A file that this user may not read is for a person to mend.
    static Exception mendable(Exception failure) {
        Throwable cause = failure instanceof UncheckedIOException ? failure.getCause() : failure;
        return cause instanceof AccessDeniedException denied
                ? new InputException(denied.getFile() + ": access denied; give this user the right to it", failure)
                : failure;
    }

    private static String described(Exception failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private int refused(ParameterException failure) {
        if (debug) {
            failure.printStackTrace(terminal.err());
        }
        String hint = failure instanceof UnmatchedArgumentException unmatched
                        && !unmatched.getSuggestions().isEmpty()
                ? "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?"
                : "";
        String message = String.valueOf(failure.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
        String command = failure.getCommandLine().getCommandSpec().qualifiedName();
        terminal.err().println("daa: " + message + hint + " (" + command + " --help lists everything)");
        return BAD_INPUT;
    }

    /// Version and revision of the running build.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            Build build = Build.current();
            return new String[] {"daa " + build.version() + " (" + build.revisionInWords() + ")"};
        }
    }
}
