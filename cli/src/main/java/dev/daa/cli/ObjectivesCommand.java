package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.train.objective.ObjectiveCheck;
import dev.daa.train.objective.ObjectiveDescriptor;
import dev.daa.train.objective.ObjectiveParameter;
import dev.daa.train.objective.Objectives;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `daa objectives`: the table of objectives, one of them in full, or one evaluated on log-probs from a file.
@Command(
        name = "objectives",
        description = {
            "Lists the objectives (loss, paper, needs, defaults, claims), shows one, or evaluates one on log-probs in"
                    + " a file.",
            "Losses and derivatives are printed as one line of JSON."
        })
final class ObjectivesCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Objective to show in full.")
    private @Nullable String name;

    @Option(
            names = "--check",
            paramLabel = "FILE.json",
            description = "{\"objective\": …, parameters …, \"policy_chosen\": […], …}")
    private @Nullable Path check;

    @Option(
            names = "--classpath",
            paramLabel = "JAR",
            description = "Jars or folders with objective classes of your own, for --check; repeatable.")
    private final List<Path> classpath = new ArrayList<>();

    ObjectivesCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        PrintStream out = terminal.out();
        if (check == null && !classpath.isEmpty()) {
            throw InputException.of(
                    "--classpath",
                    "it without --check",
                    "a class that --check evaluates",
                    "daa align --objective CLASS --classpath … trains with it");
        }
        if (check != null) {
            out.println(ObjectiveCheck.evaluate(check, classpath));
        } else if (name != null) {
            show(Objectives.descriptor(name));
        } else {
            out.print(Objectives.text());
            out.println();
            out.println(
                    "ρ = log π(y|x) − log π_ref(y|x), h = ρ_w − ρ_l, ℓ = log π(y|x)/|y|; w chosen, l rejected. One in"
                            + " full: daa objectives NAME");
        }
        return 0;
    }

    private void show(ObjectiveDescriptor objective) {
        PrintStream out = terminal.out();
        out.println(objective.name()
                + (objective.aliases().isEmpty() ? "" : " (" + String.join(", ", objective.aliases()) + ")"));
        out.println("  loss       " + objective.formula());
        out.println("  source     " + objective.paper());
        if (!objective.mitigates().isEmpty()) {
            out.println("  mitigates  " + objective.mitigates());
        }
        for (ObjectiveParameter parameter : objective.parameters()) {
            boolean option = parameter.key().equals("beta");
            out.printf(
                    "  %-22s %s; %s [%s]%n",
                    option ? "--beta" : parameter.key(),
                    parameter.meaning(),
                    parameter.expected(),
                    parameter.defaultValue());
        }
        objective.parameters().stream()
                .filter(parameter -> !parameter.key().equals("beta"))
                .findFirst()
                .ifPresent(one -> out.println("Keys without -- are given as --parameters '{" + one.key() + ": "
                        + one.defaultValue() + "}'."));
    }
}
