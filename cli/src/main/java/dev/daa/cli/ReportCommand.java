package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.record.ToysFile;
import dev.daa.eval.report.StudyReport;
import dev.daa.eval.study.StudyKind;
import dev.daa.eval.study.StudyRunner;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.text.TextStudy;
import dev.daa.eval.text.TextStudyConfig;
import dev.daa.eval.toy.Toys;
import dev.daa.train.config.Configs;
import dev.daa.train.run.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `daa report`: writes a study's report again.
@Command(
        name = "report",
        description = "Fits, draws and writes the report of a study's folder again; of a study that is stopped or still"
                + " running, from the cells that are finished.")
final class ReportCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "DIR", description = "Folder of the study.")
    private Path study = Path.of("");

    ReportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Optional<StudyKind> kind = StudyKind.in(study);
        if (kind.isPresent()) {
            gather(kind.get());
        }
        show(terminal, StudyReport.write(study));
        return 0;
    }

    /// Gathers what a study that was stopped did not, and what was deleted of its report; a study that still runs
    /// does so itself. Without its runs or its config a report is made of what is there.
    private void gather(StudyKind kind) throws IOException {
        Path config = kind.config(study).orElse(null);
        if (config == null) {
            return;
        }
        Optional<FolderLock> free = FolderLock.takeIfFree(study);
        try (FolderLock _ = free.orElse(null)) {
            if (free.isPresent()) {
                gathered(kind, config);
            }
        } catch (InputException e) {
            if (!Files.exists(StudyFiles.points(study))) {
                throw e;
            }
            terminal.err().println("daa: the tables are left as they are: " + e.getMessage());
        }
    }

    private void gathered(StudyKind kind, Path config) throws IOException {
        int missing = switch (kind) {
            case REVIEWS -> StudyRunner.collect(Configs.read(StudyConfig.class, config, List.of()), study);
            case TEXT -> TextStudy.collect(Configs.read(TextStudyConfig.class, config, List.of()), study);
        };
        StudyFacts facts = StudyFacts.read(study);
        if (facts.isRecorded()) {
            facts.missing(missing).write(study);
            addToys(study, facts.analysis().contains(Part.TOYS.key()));
        }
    }

    /// Lets the toys of a report show what they do, unless they have.
    static void addToys(Path study, boolean wanted) throws IOException {
        if (wanted && !ToysFile.exists(study)) {
            try (Backend cpu = Backend.open("cpu", 1)) {
                ToysFile.write(study, Toys.run(cpu));
            }
        }
    }

    /// Says what was found and where the page is.
    static void show(Terminal terminal, StudyReport.Written written) {
        written.warnings().forEach(warning -> terminal.err().println("daa: " + warning));
        written.findings()
                .forEach(finding ->
                        terminal.out().printf("%-15s %s%n", finding.verdict().words(), finding.claim()));
        terminal.out().println("report: " + written.index());
    }
}
