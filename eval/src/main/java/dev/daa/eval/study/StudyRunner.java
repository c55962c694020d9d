package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.study.Schedule.Step;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.model.transformer.Model;
import dev.daa.train.config.Configs;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Runs the grid of a study: SFT models, reward models and cells, several at a time, each on a backend of its own and
/// as soon as what it starts from is there. Finished cells are skipped; a cell that fails is entered in the ledger and
/// the others go on. Results do not depend on how many run at a time, since no backend's results depend on its threads.
public final class StudyRunner {
    private final StudyConfig config;
    private final Path folder;
    private final Execution execution;
    private final StudyListener listener;
    private final Interrupt interrupt;
    private final Ledger ledger;
    private boolean ran;

    /// Where and how many at a time.
    ///
    /// @param backend as the user names it: `cpu`
    /// @param precision of matrix products
    /// @param jobs runs at the same time
    /// @param threads of all of them together
    public record Execution(String backend, MatmulPrecision precision, int jobs, int threads) {
        private Backend open(int concurrent) {
            return Backend.open(backend, Math.max(1, threads / concurrent), precision);
        }
    }

    public StudyRunner(
            StudyConfig config, Path folder, Execution execution, StudyListener listener, Interrupt interrupt) {
        this.config = config;
        this.folder = folder;
        this.execution = execution;
        this.listener = listener;
        this.interrupt = interrupt;
        ledger = Ledger.open(folder.resolve("ledger.jsonl"));
    }

    /// Names of all cells of a study, which are those of their run folders.
    public static List<String> cells(StudyConfig config) {
        return Cell.of(config).stream().map(Cell::name).toList();
    }

    /// Runs every wanted cell that the ledger does not have yet and collects the points of all finished ones.
    ///
    /// @param wanted by cell name
    /// @param again cells to run even though they are finished
    /// @return names of the runs that failed
    /// @throws InterruptedRunException when the interrupt was requested; what is finished stays
    public List<String> run(Predicate<String> wanted, Predicate<String> again) {
        requireOwnFolder(again);
        createFolder();
        List<Cell> left = new ArrayList<>();
        int skipped = 0;
        for (Cell cell : Cell.of(config)) {
            if (!wanted.test(cell.name())) {
                continue;
            }
            if (again.test(cell.name())) {
                deleteRun(cell.name());
                left.add(cell);
            } else if (ledger.done(cell.name(), hash(cell))) {
                skipped++;
            } else {
                left.add(cell);
            }
        }
        ran = !left.isEmpty();
        Stages stages = Stages.of(left);
        listener.planned(runs(stages, left), skipped);
        List<String> failed = left.isEmpty() ? List.of() : run(new Plan(stages, left));
        collectPoints();
        return failed;
    }

    /// Refuses a folder that holds something else, before anything in it is touched: a run of another command, runs
    /// of the same names with another config, or finished cells that the config lacks, whose points would be lost.
    private void requireOwnFolder(Predicate<String> again) {
        if (Files.exists(folder.resolve("config.yaml"))) {
            throw new InputException(folder
                    + ": found a run of another command (config.yaml), expected a study or a new folder; choose another"
                    + " --out");
        }
        List<Cell> cells = Cell.of(config);
        Map<String, Record> configs = new LinkedHashMap<>();
        Stages stages = Stages.of(cells);
        stages.bases().forEach(base -> configs.put(base.name(), baseConfig(base)));
        stages.members().forEach(member -> configs.put(member.name(), member.config(config)));
        cells.stream()
                .filter(cell -> !again.test(cell.name()))
                .forEach(cell -> configs.put(cell.name(), cell.config(config)));
        configs.forEach((name, own) -> {
            Path file = runFolder(name).resolve("config.yaml");
            List<String> differences =
                    Files.exists(file) ? Configs.differences(file, Configs.toYaml(own), Set.of()) : List.of();
            if (!differences.isEmpty()) {
                throw new InputException(file + ": this run of the study was made with another config ("
                        + String.join(", ", differences) + "); choose another --out, or delete " + folder);
            }
        });
        Set<String> names = new LinkedHashSet<>(cells.stream().map(Cell::name).toList());
        List<String> others =
                ledger.finished().stream().filter(name -> !names.contains(name)).toList();
        if (!others.isEmpty()) {
            throw new InputException(folder + ": holds " + others.size() + " finished runs that this config lacks ("
                    + String.join(", ", others.subList(0, Math.min(3, others.size())))
                    + (others.size() > 3 ? ", …" : "")
                    + "); choose another --out, or put them back into the config");
        }
    }

    private List<String> run(Plan plan) {
        List<String> failed =
                plan.schedule.run(Math.max(1, execution.jobs()), execution::open, interrupt::requested, this::fail);
        plan.writeQualities();
        if (interrupt.requested()) {
            throw new InterruptedRunException("stopped; the same command goes on from " + folder
                    + (hasPoints() ? ", and daa report " + folder + " shows what is finished" : ""));
        }
        return failed;
    }

    /// Who waits for whom: gold for nobody, an SFT model for gold, a reward model for two SFT models, the
    /// measurement of an SFT model for the first reward model, a cell for its SFT model and its reward model.
    private final class Plan {
        final Schedule schedule = new Schedule();
        private final Map<Cell.Base, Step<BaseStage.Prepared>> bases = new LinkedHashMap<>();
        private final Map<ProxyMember.Key, Step<Proxied>> proxies = new LinkedHashMap<>();

        /// A reward model and how good it is.
        private record Proxied(TrainedProxy proxy, ProxyQuality quality) {}

        Plan(Stages stages, List<Cell> cells) {
            ExactFrontier frontier = ExactFrontier.ofReviews();
            BaseStage baseStage = new BaseStage(config, frontier, interrupt);
            Step<Gold> gold = schedule.add(GoldStage.NAME, List.of(), backend -> gold(baseStage, backend));
            for (Cell.Base base : stages.bases()) {
                bases.put(
                        base,
                        schedule.add(
                                base.name(),
                                List.of(gold),
                                backend -> prepare(baseStage, base, gold.result(), backend)));
            }
            if (config.proxies() != null) {
                ProxyStage proxyStage = new ProxyStage(config.proxies(), interrupt);
                stages.proxies().forEach(proxy -> proxies.put(proxy, addProxy(proxyStage, proxy)));
            }
            cells.stream().map(Cell::base).distinct().forEach(base -> addStart(baseStage, base));
            CellStages cellStages = new CellStages(config, frontier, interrupt, execution.backend());
            cells.forEach(cell -> addCell(cellStages, cell));
        }

        private Step<BaseStage.Prepared> base(Cell.Base base) {
            return Objects.requireNonNull(bases.get(base));
        }

        private Step<Proxied> addProxy(ProxyStage stage, ProxyMember.Key proxy) {
            Step<BaseStage.Prepared> base = base(proxy.base());
            Step<BaseStage.Prepared> start = base(proxy.start());
            List<Step<TrainedProxy.Member>> members = proxy.members().stream()
                    .map(member -> schedule.add(
                            member.name(),
                            List.of(base, start),
                            backend -> train(stage, member, base.result(), start.result(), backend)))
                    .toList();
            List<Step<?>> needs = new ArrayList<>(members);
            needs.add(base);
            needs.add(start);
            return schedule.add(proxy.name(), needs, backend -> {
                TrainedProxy combined = stage.combine(
                        backend, proxy, members.stream().map(Step::result).toList(), base.result(), start.result());
                return new Proxied(combined, stage.quality(backend, combined, base.result()));
            });
        }

        private void addStart(BaseStage stage, Cell.Base base) {
            Step<BaseStage.Prepared> prepared = base(base);
            Step<Proxied> proxy = config.proxies() == null
                    ? null
                    : proxies.get(
                            new ProxyMember.Key(base, config.proxies().models().getFirst()));
            schedule.add(
                    base.name(),
                    List.of(prepared),
                    proxy == null ? List.of() : List.of(proxy),
                    backend -> measureStart(
                            stage,
                            prepared.result(),
                            proxy == null
                                    ? null
                                    : proxy.outcome().map(Proxied::proxy).orElse(null),
                            backend));
        }

        private void addCell(CellStages stages, Cell cell) {
            Step<BaseStage.Prepared> base = base(cell.base());
            if (cell.proxy() == null) {
                schedule.add(
                        cell.name(), List.of(base), backend -> train(stages, cell, base.result(), null, null, backend));
                return;
            }
            ProxyMember.Key key = proxyOf(cell);
            Step<Proxied> proxy = Objects.requireNonNull(proxies.get(key));
            Step<BaseStage.Prepared> start = base(key.start());
            schedule.add(
                    cell.name(),
                    List.of(base, proxy, start),
                    backend -> train(stages, cell, base.result(), proxy.result().proxy(), start.result(), backend));
        }

        /// Writes what the golds and the reward models that are there turned out to be.
        void writeQualities() {
            Path report = folder.resolve("report");
            GoldQuality.write(
                    report.resolve("gold.csv"),
                    bases.values().stream()
                            .flatMap(base -> base.outcome().stream())
                            .map(BaseStage.Prepared::goldQuality)
                            .toList());
            if (config.proxies() != null) {
                ProxyQuality.write(
                        report.resolve("proxies.csv"),
                        proxies.values().stream()
                                .flatMap(proxy -> proxy.outcome().stream())
                                .map(Proxied::quality)
                                .toList());
            }
        }
    }

    /// What has to be there before some cells can run.
    ///
    /// @param bases SFT models to start from, and those that reward models of other sizes start from
    /// @param members reward models to be trained
    private record Stages(List<Cell.Base> bases, List<ProxyMember> members) {
        static Stages of(List<Cell> cells) {
            Set<Cell.Base> bases =
                    new LinkedHashSet<>(cells.stream().map(Cell::base).toList());
            Set<ProxyMember> members = new LinkedHashSet<>();
            for (Cell cell : cells) {
                if (cell.proxy() != null) {
                    ProxyMember.Key key = proxyOf(cell);
                    bases.add(key.start());
                    members.addAll(key.members());
                }
            }
            return new Stages(List.copyOf(bases), List.copyOf(members));
        }

        List<ProxyMember.Key> proxies() {
            return members.stream().map(ProxyMember::key).distinct().toList();
        }
    }

    /// Every run that cells and what they start from need.
    private List<StudyListener.Planned> runs(Stages stages, List<Cell> cells) {
        List<StudyListener.Planned> runs = new ArrayList<>();
        if (!cells.isEmpty() && config.goldOrNull() != null) {
            GoldModel gold = config.goldModel();
            runs.add(planned(gold.base()));
            runs.add(new StudyListener.Planned(
                    GoldStage.NAME, "reward model " + gold.size().name(), gold.steps()));
        }
        stages.bases().forEach(base -> runs.add(planned(base)));
        for (ProxyMember member : stages.members()) {
            runs.add(new StudyListener.Planned(
                    member.name(), "reward model " + member.key().start().size().name(), steps(member)));
        }
        for (Cell cell : cells) {
            runs.add(new StudyListener.Planned(
                    cell.name(), cell.method() + " " + cell.base().size().name(), cell.steps(config)));
        }
        return runs;
    }

    private StudyListener.Planned planned(Cell.Base base) {
        return new StudyListener.Planned(
                base.name(), "SFT " + base.size().name(), config.sft().steps());
    }

    private int steps(ProxyMember member) {
        return member.steps(config, Objects.requireNonNull(config.proxies()).training());
    }

    private static ProxyMember.Key proxyOf(Cell cell) {
        return new ProxyMember.Key(cell.base(), Objects.requireNonNull(cell.proxy()));
    }

    /// What labels and is reported as gold: a reward model is trained first, in a run folder of its own.
    private Gold gold(BaseStage stage, Backend backend) {
        return switch (config.gold()) {
            case EXACT -> new Gold.Exact();
            case MODEL -> {
                long start = System.nanoTime();
                GoldStage goldStage = new GoldStage(config, interrupt);
                Cell.Base base = config.goldModel().base();
                Model sft;
                try (RunFolder run = RunFolder.open(runFolder(base.name()))) {
                    run.config(baseConfig(base), Set.of());
                    sft = stage.sft(
                            backend,
                            base,
                            run,
                            listener.started(base.name(), config.sft().steps()));
                }
                listener.finished(base.name(), seconds(start));
                start = System.nanoTime();
                try (RunFolder run = RunFolder.open(runFolder(GoldStage.NAME))) {
                    run.config(goldStage.ownConfig(), Set.of());
                    Gold trained = goldStage.train(
                            backend,
                            sft,
                            run,
                            listener.started(GoldStage.NAME, config.goldModel().steps()));
                    listener.finished(GoldStage.NAME, seconds(start));
                    yield trained;
                }
            }
        };
    }

    private BaseConfig baseConfig(Cell.Base base) {
        return new BaseConfig(base.size(), base.seed(), config.sft(), config.goldOrNull());
    }

    private BaseStage.Prepared prepare(BaseStage stage, Cell.Base base, Gold gold, Backend backend) {
        long start = System.nanoTime();
        BaseStage.Prepared prepared;
        try (RunFolder run = RunFolder.open(runFolder(base.name()))) {
            run.config(baseConfig(base), Set.of());
            prepared = stage.prepare(
                    backend,
                    base,
                    gold,
                    run,
                    listener.started(base.name(), config.sft().steps()));
        }
        listener.finished(base.name(), seconds(start));
        return prepared;
    }

    /// Measures the SFT policy, unless that is done; again where it was done without the reward model. Its points
    /// are written last, since they say that it is done.
    private Path measureStart(BaseStage stage, BaseStage.Prepared base, @Nullable TrainedProxy proxy, Backend backend) {
        try (RunFolder run = RunFolder.open(runFolder(base.base().name()))) {
            Path file = run.path().resolve("points.csv");
            boolean done = Files.exists(file)
                    && (proxy == null
                            || PointsCsv.read(file).stream()
                                    .noneMatch(point ->
                                            point.evaluation().rewards().proxy().isMissing()));
            if (!done) {
                PolicyEvaluator.Measured measured = stage.measureStart(backend, base, proxy);
                run.heldOut(0, measured.heldOut());
                RunPoints.record(run, base.start(measured.evaluation()), measured.samples());
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TrainedProxy.Member train(
            ProxyStage stage, ProxyMember member, BaseStage.Prepared base, BaseStage.Prepared start, Backend backend) {
        long began = System.nanoTime();
        TrainedProxy.Member trained;
        try (RunFolder run = RunFolder.open(runFolder(member.name()))) {
            run.config(member.config(config), Set.of());
            trained = stage.train(backend, member, base, start, run, listener.started(member.name(), steps(member)));
        }
        listener.finished(member.name(), seconds(began));
        return trained;
    }

    private Cell train(
            CellStages stages,
            Cell cell,
            BaseStage.Prepared base,
            @Nullable TrainedProxy proxy,
            BaseStage.@Nullable Prepared proxyStart,
            Backend backend) {
        long start = System.nanoTime();
        try (RunFolder run = RunFolder.open(runFolder(cell.name()))) {
            run.config(cell.config(config), Set.of());
            stages.run(
                    new MeasuredTraining.Job(backend, cell, base, proxy, proxyStart, run),
                    listener.started(cell.name(), cell.steps(config)));
        }
        double seconds = seconds(start);
        ledger.record(new Ledger.Entry(cell.name(), "done", hash(cell), seconds, now(), ""));
        listener.finished(cell.name(), seconds);
        collectPoints();
        return cell;
    }

    private void fail(String run, Throwable cause) {
        String message = described(cause).replaceAll("\\s*\\R\\s*", "; ");
        // Told first: where the ledger cannot be written either, the cause would be lost.
        listener.failed(run, cause);
        ledger.record(new Ledger.Entry(run, "failed", "", 0, now(), message));
    }

    private static String described(Throwable cause) {
        return switch (cause) {
            case OutOfMemoryError _ -> "out of memory; run fewer --jobs, or reduce align.micro_batch";
            default -> cause.getMessage() == null ? cause.toString() : cause.getMessage();
        };
    }

    /// Writes `report/points.csv` from the points of all finished cells and of their SFT models.
    private synchronized void collectPoints() {
        List<Point> points = new ArrayList<>();
        List<Cell> cells = Cell.of(config);
        List<Cell> finished = cells.stream()
                .filter(cell -> ledger.done(cell.name(), hash(cell)))
                .toList();
        try {
            for (String base :
                    finished.stream().map(cell -> cell.base().name()).distinct().toList()) {
                Path file = runFolder(base).resolve("points.csv");
                if (Files.exists(file)) {
                    points.addAll(PointsCsv.read(file));
                }
            }
            for (Cell cell : finished) {
                points.addAll(PointsCsv.read(runFolder(cell.name()).resolve("points.csv")));
            }
            Files.createDirectories(folder.resolve("report"));
            PointsCsv.write(folder.resolve("report").resolve("points.csv"), points);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        listener.collected(cells.size() - finished.size());
    }

    /// Cells of the study that have not ended well, or not yet.
    public int missing() {
        return (int) Cell.of(config).stream()
                .filter(cell -> !ledger.done(cell.name(), hash(cell)))
                .count();
    }

    /// Whether any finished cell left points to report.
    public boolean hasPoints() {
        return missing() < Cell.of(config).size();
    }

    /// Whether the last call found a cell to run.
    public boolean ran() {
        return ran;
    }

    private void createFolder() {
        try {
            Files.createDirectories(folder.resolve("runs"));
        } catch (IOException e) {
            throw new InputException(folder + ": cannot be created: " + e.getMessage(), e);
        }
    }

    private void deleteRun(String run) {
        RunFolder.delete(runFolder(run));
    }

    private Path runFolder(String run) {
        return folder.resolve("runs").resolve(run);
    }

    private String hash(Cell cell) {
        return DataHash.of(Configs.toYaml(cell.config(config)));
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) * 1e-9;
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
