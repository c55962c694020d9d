package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.StudyReport;
import dev.daa.eval.study.StudyKind;
import dev.daa.eval.text.TextStudy;
import dev.daa.eval.text.TextStudyConfig;
import dev.daa.eval.text.TextStudyMemory;
import dev.daa.train.config.Assignment;
import dev.daa.train.run.Build;
import dev.daa.train.run.FolderLock;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `daa text-study`: a study on real text with a trained gold reward model.
@Command(
        name = "text-study",
        description = {
            "Runs a study on a model folder and files of text, under a gold that is a trained reward model.",
            "SFT, a gold and a proxy reward model, objectives × β, reinforcement on the proxy and online alignment"
                    + " where the config has them, best of n, report. Finished stages are skipped."
        })
final class TextStudyCommand extends ConfigCommand<TextStudyConfig> {
    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder of the study. Without --config the config that it has. [runs/text-study]")
    private @Nullable Path out;

    TextStudyCommand(Terminal terminal) {
        super(terminal, TextStudyConfig.class);
    }

    @Override
    TextStudyConfig read(@Nullable Path config, List<Assignment> options) {
        if (config != null || out == null) {
            return super.read(config, options);
        }
        Optional<Path> kept = StudyKind.TEXT.config(out);
        TextStudyConfig study = super.read(kept.orElse(null), options);
        kept.ifPresent(file -> requireInputs(file, study));
        return study;
    }

    /// Says what to do where a study was moved from what it reads, whose places nobody has just given.
    private static void requireInputs(Path kept, TextStudyConfig study) {
        Stream.of(study.model(), study.demonstrations(), study.preferences(), study.heldOut(), study.gold())
                .filter(Objects::nonNull)
                .filter(path -> !Files.exists(path))
                .findFirst()
                .ifPresent(gone -> {
                    throw new InputException(kept + ": names " + gone + ", where nothing is; move it back, or make a"
                            + " symbolic link of that name");
                });
    }

    @Override
    String plan(TextStudyConfig config) {
        StringBuilder lines = new StringBuilder();
        TextStudyMemory.of(config, folder())
                .forEach((stage, plan) ->
                        lines.append("# ").append(stage).append(", at least:\n").append(memory(plan)));
        return lines.toString();
    }

    @Override
    List<String> memoryRemedies() {
        return List.of("reduce micro_batch of its sections", "take a smaller model");
    }

    @Override
    void run(TextStudyConfig config, Interrupt interrupt) {
        Path folder = folder();
        long start = System.nanoTime();
        try (FolderLock _ = FolderLock.take(folder)) {
            StudyFacts before = StudyFacts.read(folder);
            TextStudy study = new TextStudy(config, folder, name -> LiveProgress.of(terminal(), name), interrupt);
            study.run(missing -> {
                StudyFacts now = facts(config, (System.nanoTime() - start) * 1e-9, missing);
                (study.ran() ? now.after(before) : now.asRunBy(before)).write(folder);
            });
            ReportCommand.show(terminal(), StudyReport.write(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path folder() {
        return out == null ? Path.of("runs", "text-study") : out;
    }

    private static StudyFacts facts(TextStudyConfig config, double seconds, int missing) {
        Build build = Build.current();
        LinkedHashMap<String, String> settings = new LinkedHashMap<>();
        settings.put("model", config.model().toString());
        settings.put("demonstrations", config.demonstrations().toString());
        settings.put(
                "preferences",
                config.preferences()
                        + (config.relabel() ? ", labelled by the gold reward model" : ", their own labels"));
        settings.put(
                "gold reward",
                config.gold() == null
                        ? "trained on the preferences"
                        : config.gold().toString());
        StudyCommand.addObjectives(settings, config.objectives(), config.online());
        if (config.lora().isOn()) {
            settings.put("trained", "adapters of rank " + config.lora().rank() + " in every stage");
        }
        settings.put(
                "rewards",
                "of gold and proxy reward model, relative to the SFT model's mean on the held-out prompts; nothing is"
                        + " known of the best attainable");
        settings.put(
                "evaluation",
                config.evaluation().prompts() + " held-out prompts at most, one response of at most "
                        + config.evaluation().maxTokens() + " tokens each, temperature "
                        + config.evaluation().temperature());
        return new StudyFacts(
                config.title(),
                "text",
                "own config",
                StudyKind.TEXT.command(),
                Machine.description() + ", backend " + config.placement().backend(),
                build.version(),
                build.revisionInWords(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                seconds,
                missing,
                analysis(config).stream().map(Part::key).toList(),
                settings);
    }

    private static Set<Part> analysis(TextStudyConfig config) {
        EnumSet<Part> parts = EnumSet.of(Part.DYNAMICS);
        if (config.bestOfN() > 0) {
            parts.add(Part.THRESHOLDS);
        }
        if (config.reinforcement() != null || config.online() != null) {
            parts.add(Part.REGIMES);
        }
        return parts;
    }
}
