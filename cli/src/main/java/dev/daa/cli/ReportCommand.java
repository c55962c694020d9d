package dev.daa.cli;

import dev.daa.eval.report.StudyReport;
import java.io.IOException;
import java.nio.file.Path;
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
        show(terminal, StudyReport.write(study));
        return 0;
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
