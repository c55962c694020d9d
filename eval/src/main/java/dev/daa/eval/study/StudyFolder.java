package dev.daa.eval.study;

import dev.daa.compute.InputException;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.Proxies;
import dev.daa.eval.study.config.ProxyMember;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.study.stage.GoldQuality;
import dev.daa.eval.study.stage.ProxyQuality;
import dev.daa.eval.study.stage.RunPoints;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import dev.daa.train.config.ConfigDifferences;
import dev.daa.train.config.Configs;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The folder of a study: a run folder in `runs` for every SFT model, reward model and cell, `study.yaml` with its
/// config, `ledger.jsonl` with how cells ended, and `report` with what is collected from the finished ones.
final class StudyFolder {
    static final String LEDGER = "ledger.jsonl";

    private final StudyConfig config;
    private final Path path;
    private final List<Cell> cells;
    private final Ledger ledger;

    /// @param config whose cells the folder holds or is to hold
    /// @throws InputException when the ledger cannot be read
    StudyFolder(StudyConfig config, Path path) {
        this.config = config;
        this.path = path;
        cells = Cell.of(config);
        ledger = Ledger.open(path.resolve(LEDGER));
    }

    Path path() {
        return path;
    }

    /// Every cell of the study.
    List<Cell> cells() {
        return cells;
    }

    /// Refuses a folder that holds something else, before anything in it is touched: a run of another command, runs
    /// of the same names with another config, or finished cells that the config lacks, whose points would be lost.
    ///
    /// @param again cells whose runs may differ, since they are to be deleted
    void requireOwn(Predicate<String> again) {
        if (Files.exists(path.resolve("config.yaml"))) {
            throw new InputException(path
                    + ": found a run of another command (config.yaml), expected a study or a new folder; choose another"
                    + " --out");
        }
        StudyKind.REVIEWS.require(path);
        Map<String, Record> configs = new LinkedHashMap<>();
        Stages stages = Stages.of(cells);
        stages.bases().forEach(base -> configs.put(base.name(), base.config(config)));
        stages.members().forEach(member -> configs.put(member.name(), member.config(config)));
        cells.stream()
                .filter(cell -> !again.test(cell.name()))
                .forEach(cell -> configs.put(cell.name(), cell.config(config)));
        configs.forEach(this::requireConfig);
        StudyKind.requireAll(
                path, ledger.finished(), cells.stream().map(Cell::name).toList());
        requirePoints(cells.stream()
                .filter(this::done)
                .filter(cell -> !again.test(cell.name()))
                .toList());
    }

    /// Refuses finished cells whose runs somebody deleted.
    private void requirePoints(List<Cell> finished) {
        List<Cell> gone = finished.stream()
                .filter(cell -> Files.notExists(points(cell.name())))
                .toList();
        if (!gone.isEmpty()) {
            throw new InputException(points(gone.getFirst().name())
                    + ": found nothing, expected the points of a finished cell; daa study --out " + path
                    + gone.stream().map(cell -> " --cell " + cell.name()).collect(Collectors.joining())
                    + " runs it again");
        }
    }

    private void requireConfig(String run, Record own) {
        Path file = config(run);
        List<String> differences = Files.exists(file) ? ConfigDifferences.of(file, own, Set.of()) : List.of();
        if (!differences.isEmpty()) {
            throw new InputException(file + ": this run of the study was made with another config ("
                    + String.join(", ", differences) + "); choose another --out, or delete " + path);
        }
    }

    /// Makes the folder, with the config of the study as it is run now.
    void create() {
        try {
            Files.createDirectories(StudyFiles.runs(path));
            StudyKind.keep(path, config);
        } catch (IOException e) {
            throw WriteFailure.of(path, e);
        }
    }

    /// The folder of a run.
    Path runFolder(String name) {
        return StudyFiles.run(path, name);
    }

    /// Deletes the run of a cell, which counts as finished no longer, also where it is stopped before its new end.
    void startAgain(Cell cell) {
        if (done(cell)) {
            ledger.record(new Ledger.Entry(cell.name(), "again", "", 0, now(), ""));
        }
        RunFolder.delete(runFolder(cell.name()));
    }

    /// Whether the cell ended well under this config: also where that has got keys since, all at their defaults.
    boolean done(Cell cell) {
        if (ledger.done(cell.name(), hash(cell))) {
            return true;
        }
        Path file = config(cell.name());
        return Files.exists(file)
                && ledger.done(cell.name(), DataHash.of(file))
                && ConfigDifferences.of(file, cell.config(config), Set.of()).isEmpty();
    }

    void recordDone(Cell cell, double seconds) {
        ledger.record(new Ledger.Entry(cell.name(), "done", hash(cell), seconds, now(), ""));
    }

    /// @param message of one line
    void recordFailure(String run, String message) {
        ledger.record(new Ledger.Entry(run, "failed", "", 0, now(), message));
    }

    /// Cells that have not ended well, or not yet.
    int missing() {
        return (int) cells.stream().filter(cell -> !done(cell)).count();
    }

    /// Whether any finished cell left points to report.
    boolean hasPoints() {
        return missing() < cells.size();
    }

    /// Whether all is there that is measured of what a finished cell starts from: the SFT policy, its gold and the
    /// cell's reward model.
    boolean startIsMeasured(Cell cell) {
        return startIsMeasured(cell.base(), isMeasuredBy(cell.proxy()))
                && GoldQuality.TABLE.isKept(runFolder(cell.base().name()))
                && (cell.proxy() == null
                        || ProxyQuality.TABLE.isKept(
                                runFolder(ProxyMember.Key.of(cell).name())));
    }

    /// Whether SFT policies are measured by this reward model: by the first that the study has.
    private boolean isMeasuredBy(Proxies.@Nullable Proxy proxy) {
        return config.proxies() != null && config.proxies().models().getFirst().equals(proxy);
    }

    /// Whether the SFT policy is measured.
    ///
    /// @param byProxy also by the study's first reward model
    boolean startIsMeasured(Cell.Base base, boolean byProxy) {
        Path file = points(base.name());
        try {
            return Files.exists(file)
                    && !(byProxy
                            && PointsCsv.read(file).stream()
                                    .anyMatch(point ->
                                            point.evaluation().rewards().proxy().isMissing()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Deletes the points of SFT policies from which no cell was begun: configs of cells alone tell what they were
    /// measured on.
    void deleteUnboundStarts() {
        Set<Cell.Base> bases = cells.stream().map(Cell::base).collect(Collectors.toSet());
        cells.stream()
                .filter(cell -> RunFolder.isIn(runFolder(cell.name())))
                .map(Cell::base)
                .forEach(bases::remove);
        for (Cell.Base base : bases) {
            try {
                Files.deleteIfExists(points(base.name()));
            } catch (IOException e) {
                throw WriteFailure.of(path, e);
            }
        }
    }

    private Path config(String run) {
        return runFolder(run).resolve("config.yaml");
    }

    private Path points(String run) {
        return RunPoints.in(runFolder(run));
    }

    /// Gathers what finished cells, their SFT models and their reward models left in `report`: `points.csv`,
    /// `gold.csv` and `proxies.csv`.
    ///
    /// @return number of cells whose points are missing
    /// @throws InputException where a finished cell's points are gone
    int collect() {
        List<Point> points = new ArrayList<>();
        List<Cell> finished = cells.stream().filter(this::done).toList();
        requirePoints(finished);
        try {
            for (String base :
                    finished.stream().map(cell -> cell.base().name()).distinct().toList()) {
                if (Files.exists(points(base))) {
                    points.addAll(PointsCsv.read(points(base)));
                }
            }
            for (Cell cell : finished) {
                points.addAll(PointsCsv.read(points(cell.name())));
            }
            Path report = DurableFile.createFolder(StudyFiles.report(path));
            PointsCsv.write(StudyFiles.points(path), points);
            Stages stages = Stages.of(finished);
            GoldQuality.TABLE.gather(
                    report,
                    stages.bases().stream().map(base -> runFolder(base.name())).toList());
            ProxyQuality.TABLE.gather(
                    report,
                    stages.proxies().stream()
                            .map(proxy -> runFolder(proxy.name()))
                            .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cells.size() - finished.size();
    }

    private String hash(Cell cell) {
        return DataHash.of(Configs.toYaml(cell.config(config)));
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
