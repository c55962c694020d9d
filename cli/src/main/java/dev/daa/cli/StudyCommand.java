package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.StudyReport;
import dev.daa.eval.report.measure.Recommendation;
import dev.daa.eval.study.StudyKind;
import dev.daa.eval.study.StudyMemory;
import dev.daa.eval.study.StudyPresets;
import dev.daa.eval.study.StudyRunner;
import dev.daa.eval.study.config.OnlineGrids;
import dev.daa.eval.study.config.Reinforcement;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Configs;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.objective.Objectives;
import dev.daa.train.run.Build;
import dev.daa.train.run.FolderLock;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
    @Option(
            names = "--preset",
            paramLabel = "NAME",
            completionCandidates = PresetNames.class,
            description = "Instead of --config: ${COMPLETION-CANDIDATES}. Without either the config that --out has, or"
                    + " quick.")
    private @Nullable String preset;

    /// The presets, as the help lists them.
    private static final class PresetNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return StudyPresets.NAMES.iterator();
        }
    }

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder of the study. [runs/NAME with --preset NAME, else runs/study]")
    private @Nullable Path out;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description = "Where graphs run: cpu, or what `daa devices` lists; auto takes the first GPU, else the CPU."
                    + " [${DEFAULT-VALUE}]",
            defaultValue = Backend.AUTO)
    private String backend = Backend.AUTO;

    @Option(
            names = "--matmul-precision",
            paramLabel = "NAME",
            description = "Matrix products: fp32, on CUDA devices also tf32 or bf16. [${DEFAULT-VALUE}]",
            defaultValue = "fp32")
    private String precision = "fp32";

    @Option(
            names = "--jobs",
            paramLabel = "N",
            description = "Runs at the same time; changes no result. [one per core, one on a GPU]")
    private @Nullable Integer jobs;

    @Option(
            names = "--cell",
            paramLabel = "RUN",
            description = "Run this cell again, alone; the name of a folder under runs/. May be repeated.")
    private List<String> cells = List.of();

    @Option(
            names = "--recommend",
            description =
                    "Say which β to train with and where to stop, with intervals; a finished study answers at once.")
    private boolean recommend;

    /// Where a config comes from, in words, and the command that runs it again.
    private record Origin(String name, String command) {
        /// What was changed on the command line is in the config that the study's folder keeps.
        static final Origin OWN_CONFIG = new Origin("own config", StudyKind.REVIEWS.command());

        static Origin preset(String name) {
            return new Origin(name, "./daa study --preset " + name + " --out DIR");
        }

        static Origin of(StudyFacts facts) {
            return facts.isRecorded() ? new Origin(facts.preset(), facts.command()) : OWN_CONFIG;
        }

        Origin with(List<Assignment> options) {
            boolean own = options.isEmpty() || command.equals(OWN_CONFIG.command);
            return own ? this : new Origin(name + " with changes", OWN_CONFIG.command);
        }
    }

    private Origin origin = Origin.OWN_CONFIG;

    StudyCommand(Terminal terminal) {
        super(terminal, StudyConfig.class);
    }

    @Override
    StudyConfig read(@Nullable Path config, List<Assignment> options) {
        StudyConfig study = study(config, options);
        if (jobs != null && jobs < 1) {
            throw new InputException("--jobs: found " + jobs + ", expected at least 1");
        }
        List<String> known = StudyRunner.cells(study);
        for (String cell : cells) {
            if (!known.contains(cell)) {
                throw new InputException("--cell: found " + cell + ", expected one of " + String.join(", ", known));
            }
        }
        Backend.open(backend, 1, MatmulPrecision.of(precision)).close();
        return study;
    }

    private StudyConfig study(@Nullable Path config, List<Assignment> options) {
        if (config != null) {
            if (preset != null) {
                throw new InputException("found --preset and --config, expected one of them");
            }
            return super.read(config, options);
        }
        if (preset == null && out != null) {
            Optional<Path> kept = StudyKind.REVIEWS.config(out);
            if (kept.isPresent()) {
                origin = Origin.of(before(out)).with(options);
                return super.read(kept.get(), options);
            }
        }
        String name = preset == null ? "quick" : preset;
        origin = Origin.preset(name).with(options);
        return Configs.read(StudyConfig.class, "preset " + name, StudyPresets.yaml(name), options);
    }

    @Override
    String plan(StudyConfig config) {
        StringBuilder lines = new StringBuilder();
        StudyMemory.of(config, backend, MatmulPrecision.of(precision))
                .forEach((size, plan) -> lines.append("# a run of size ")
                        .append(size)
                        .append(", at least:\n")
                        .append(memory(plan)));
        return lines.toString();
    }

    @Override
    List<String> memoryRemedies() {
        return List.of("run fewer --jobs", "reduce align.micro_batch");
    }

    @Override
    void run(StudyConfig config, Interrupt interrupt) {
        Path folder = out != null ? out : Path.of("runs", preset == null ? "study" : preset);
        Backend.Choice where = Backend.choose(backend);
        sayWhereItRuns(where);
        int atOnce = jobs != null ? jobs : where.name().equals("cpu") ? threads() : 1;
        if (where.name().equals("cpu")) {
            StudyMemory.requireRoom(config, atOnce);
        }
        try (FolderLock _ = FolderLock.take(folder)) {
            run(config, folder, where, atOnce, interrupt);
        }
    }

    /// Runs and reports in a folder that nobody else writes.
    private void run(StudyConfig config, Path folder, Backend.Choice where, int atOnce, Interrupt interrupt) {
        Set<String> only = new HashSet<>(cells);
        String machine = Machine.description() + ", backend " + where.name() + ", " + atOnce + " runs at a time";
        StudyFacts before = before(folder);
        long start = System.nanoTime();
        StudyProgress progress = new StudyProgress(
                terminal(),
                missing -> facts(config, machine, secondsSince(start), missing)
                        .after(before)
                        .write(folder));
        StudyRunner runner = new StudyRunner(
                config,
                folder,
                new StudyRunner.Execution(where.name(), MatmulPrecision.of(precision), atOnce, threads()),
                progress,
                interrupt);
        List<String> failed = runner.run(name -> only.isEmpty() || only.contains(name), only::contains);
        progress.reporting();
        progress.close();
        if (!runner.hasPoints()) {
            throw new IllegalStateException("no run ended well: " + String.join(", ", failed));
        }
        try {
            ReportCommand.addToys(folder, analysis(config).contains(Part.TOYS));
            StudyFacts now = facts(config, machine, secondsSince(start), runner.missing());
            (runner.ran() ? now.after(before) : now.asRunBy(before)).write(folder);
            StudyReport.Written written = StudyReport.write(folder);
            ReportCommand.show(terminal(), written);
            if (recommend) {
                show(written.recommendations());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!failed.isEmpty()) {
            throw new IllegalStateException(failed.size() + " runs failed: " + String.join(", ", failed));
        }
    }

    private static int threads() {
        return Runtime.getRuntime().availableProcessors();
    }

    private static StudyFacts before(Path folder) {
        try {
            return StudyFacts.read(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) * 1e-9;
    }

    private Set<Part> analysis(StudyConfig config) {
        EnumSet<Part> parts = EnumSet.noneOf(Part.class);
        parts.addAll(config.analysis());
        if (recommend) {
            parts.add(Part.RECOMMENDATION);
        }
        return parts;
    }

    private void show(List<Recommendation> recommendations) {
        for (Recommendation one : recommendations) {
            terminal()
                    .out()
                    .println((one.overall() ? "recommended: " : "otherwise: ") + "size " + one.size() + ", "
                            + one.inWords());
        }
    }

    /// What the report says about the study itself.
    private StudyFacts facts(StudyConfig config, String machine, double seconds, int missing) {
        Build build = Build.current();
        LinkedHashMap<String, String> settings = new LinkedHashMap<>();
        settings.put("SFT", training(config.sft(), config.sft().steps()) + ", fresh reviews");
        settings.put("gold", gold(config));
        settings.put(
                "preference pairs",
                String.format(
                        Locale.ROOT,
                        "%,d for training, %,d held out; two SFT samples each, labels ~ Bernoulli(σ(Δgold/%s)), %s"
                                + " flipped",
                        config.preferences().pairs(),
                        config.preferences().heldOut(),
                        config.preferences().temperature(),
                        config.preferences().flip()));
        int steps = config.align().stepsOver(config.preferences().pairs());
        settings.put(
                "alignment",
                String.format(
                        Locale.ROOT,
                        "%s, %.3g passes over the pairs",
                        training(config.align(), steps),
                        (double) steps
                                * config.align().batch()
                                / config.preferences().pairs()));
        addObjectives(settings, config.objectives(), config.online());
        addAverages(settings, config.reinforcement());
        settings.put(
                "evaluation",
                config.evaluation().prompts() + " prompts, one response each, temperature "
                        + config.evaluation().temperature());
        return new StudyFacts(
                config.title(),
                "reviews",
                origin.name(),
                origin.command(),
                machine,
                build.version(),
                build.revisionInWords(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                seconds,
                missing,
                analysis(config).stream().map(Part::key).toList(),
                settings);
    }

    /// Which form of each objective the runs have, defaults included: there are several of IPO alone.
    static void addObjectives(
            Map<String, String> settings, List<StudyConfig.ObjectiveGrid> direct, @Nullable OnlineGrids online) {
        for (StudyConfig.ObjectiveGrid grid : direct) {
            settings.put("objective " + grid.shown(), grid.inWords());
        }
        if (online != null) {
            for (OnlineGrids.Grid grid : online.methods()) {
                settings.put(
                        "objective of " + grid.label(),
                        Objectives.inWords(
                                grid.method().objective(), grid.method().parameters()));
            }
        }
    }

    /// Which weights are measured where they are not the last.
    private static void addAverages(Map<String, String> settings, @Nullable Reinforcement reinforcement) {
        if (reinforcement != null) {
            for (Reinforcement.Grid grid : reinforcement.algorithms()) {
                if (grid.averaging() != null) {
                    settings.put("policy of " + grid.label(), grid.averaging().inWords());
                }
            }
        }
    }

    private static String gold(StudyConfig config) {
        return switch (config.gold()) {
            case EXACT -> "exact: the world's formula";
            case MODEL ->
                String.format(
                        Locale.ROOT,
                        "model: width %d, %d layers, seed %d, trained on %,d comparisons that the exact gold labelled"
                                + " (%s), then frozen; mean 0 and variance 1 on the SFT policy",
                        config.goldModel().size().width(),
                        config.goldModel().size().layers(),
                        config.goldModel().seed(),
                        config.goldModel().comparisons(),
                        training(
                                config.goldModel().training(),
                                config.goldModel()
                                        .training()
                                        .stepsOver(config.goldModel().comparisons())));
        };
    }

    private static String training(TrainingConfig training, int steps) {
        return String.format(
                Locale.ROOT,
                "%d steps of %d, %s, peak learning rate %s, %s after %d warm-up steps, gradient norm at most %s",
                steps,
                training.batch(),
                training.optimizer().name().toLowerCase(Locale.ROOT),
                training.learningRate(),
                training.schedule().name().toLowerCase(Locale.ROOT),
                training.warmup(),
                training.clip());
    }
}
