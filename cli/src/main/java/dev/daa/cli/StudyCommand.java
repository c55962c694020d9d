package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.eval.study.StudyConfig;
import dev.daa.eval.study.StudyPresets;
import dev.daa.eval.study.StudyRunner;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.run.Interrupt;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `daa study`: runs a grid and writes its report.
@Command(
        name = "study",
        description = {
            "Trains and measures a grid of objectives, β, sizes and seeds in the reviews world, and writes a report.",
            "Finished runs are skipped, so the same command goes on after an interruption."
        })
final class StudyCommand extends ConfigCommand<StudyConfig> {
    @Option(names = "--preset", paramLabel = "NAME", description = "quick or standard, instead of --config.")
    private @Nullable String preset;

    @Option(names = "--out", paramLabel = "DIR", description = "Folder of the study. [runs/NAME of the preset]")
    private @Nullable Path out;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description = "Where graphs run. [${DEFAULT-VALUE}]",
            defaultValue = "cpu")
    private String backend = "cpu";

    @Option(
            names = "--jobs",
            paramLabel = "N",
            description = "Runs at the same time; changes no result. [one per core]")
    private int jobs = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--cell",
            paramLabel = "RUN",
            description = "Run this cell again, alone; the name of a folder under runs/. May be repeated.")
    private List<String> cells = List.of();

    StudyCommand(Terminal terminal) {
        super(terminal, StudyConfig.class);
    }

    @Override
    StudyConfig read(@Nullable Path config, List<Assignment> options) {
        if (config != null) {
            if (preset != null) {
                throw new InputException("found --preset and --config, expected one of them");
            }
            return super.read(config, options);
        }
        String name = preset == null ? "quick" : preset;
        return Configs.read(StudyConfig.class, "preset " + name, StudyPresets.yaml(name), options);
    }

    @Override
    void run(StudyConfig config, Interrupt interrupt) {
        Path folder = out != null ? out : Path.of("runs", preset == null ? "study" : preset);
        int threads = Runtime.getRuntime().availableProcessors();
        Set<String> only = new HashSet<>(cells);
        StudyProgress progress = new StudyProgress(terminal());
        StudyRunner runner = new StudyRunner(
                config, folder, new StudyRunner.Execution(backend, Math.max(1, jobs), threads), progress, interrupt);
        List<String> failed = runner.run(name -> only.isEmpty() || only.contains(name), only::contains);
        progress.close();
        if (!failed.isEmpty()) {
            throw new IllegalStateException(failed.size() + " runs failed: " + String.join(", ", failed));
        }
    }
}
