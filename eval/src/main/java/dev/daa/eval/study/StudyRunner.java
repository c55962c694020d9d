package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.report.Point;
import dev.daa.eval.report.PointsCsv;
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
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Predicate;

/// Runs the grid of a study: first the SFT models, then the reward models, then the cells, several at a time, each on a
/// backend of its own. Finished cells are skipped; a cell that fails is entered in the ledger and the others go on.
/// Results do not depend on how many run at a time, since no backend's results depend on its threads.
public final class StudyRunner {
    private final StudyConfig config;
    private final Path folder;
    private final Execution execution;
    private final StudyListener listener;
    private final Interrupt interrupt;
    private final Ledger ledger;
    private final Map<Cell.Base, BaseStage.Prepared> prepared = new ConcurrentHashMap<>();
    private final Map<ProxyMember, TrainedProxy.Member> members = new ConcurrentHashMap<>();
    private final Map<ProxyMember.Key, TrainedProxy> trainedProxies = new ConcurrentHashMap<>();
    private final Map<String, Gold> gold = new ConcurrentHashMap<>();
    private final Queue<ProxyQuality> qualities = new ConcurrentLinkedQueue<>();
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
        listener.planned(
                goldStages(left) + stages.bases().size() + stages.members().size() + left.size(),
                goldSteps(left) + stages.steps(config, left),
                skipped);
        List<String> failed = new ArrayList<>();
        ExactFrontier frontier = ExactFrontier.ofReviews();
        BaseStage baseStage = new BaseStage(config, frontier, interrupt);
        List<String> golds = left.isEmpty() ? List.of() : List.of(GoldStage.NAME);
        failed.addAll(inParallel(golds, name -> name, (name, backend) -> gold.put(name, gold(baseStage, backend))));
        if (!failed.isEmpty()) {
            return failed;
        }
        failed.addAll(
                inParallel(stages.bases(), Cell.Base::name, (base, backend) -> prepare(baseStage, base, backend)));
        GoldQuality.write(
                folder.resolve("report").resolve("gold.csv"),
                prepared.values().stream().map(BaseStage.Prepared::goldQuality).toList());
        if (config.proxies() != null) {
            ProxyStage proxyStage = new ProxyStage(config.proxies(), interrupt);
            failed.addAll(inParallel(
                    stages.members().stream().filter(this::canTrain).toList(),
                    ProxyMember::name,
                    (member, backend) -> train(proxyStage, member, backend)));
            failed.addAll(inParallel(
                    stages.proxies().stream().filter(this::canCombine).toList(),
                    ProxyMember.Key::name,
                    (proxy, backend) -> combine(proxyStage, proxy, backend)));
            ProxyQuality.write(folder.resolve("report").resolve("proxies.csv"), qualities);
        }
        failed.addAll(inParallel(
                left.stream()
                        .map(Cell::base)
                        .distinct()
                        .filter(prepared::containsKey)
                        .toList(),
                Cell.Base::name,
                (base, backend) -> measureStart(baseStage, base, backend)));
        List<Cell> ready = left.stream()
                .filter(cell -> prepared.containsKey(cell.base()))
                .filter(cell -> cell.proxy() == null || trainedProxies.containsKey(proxyOf(cell)))
                .toList();
        CellStages cellStages = new CellStages(config, frontier, interrupt, execution.backend());
        failed.addAll(inParallel(ready, Cell::name, (cell, backend) -> train(cellStages, cell, backend)));
        collectPoints();
        return failed;
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

        long steps(StudyConfig config, List<Cell> cells) {
            long steps = bases.size() * (long) config.sft().steps();
            for (ProxyMember member : members) {
                steps += member.steps(
                        config, Objects.requireNonNull(config.proxies()).training());
            }
            return steps + cells.stream().mapToLong(cell -> cell.steps(config)).sum();
        }
    }

    private void combine(ProxyStage stage, ProxyMember.Key proxy, Backend backend) {
        TrainedProxy combined = stage.combine(
                backend,
                proxy,
                proxy.members().stream()
                        .map(members::get)
                        .map(Objects::requireNonNull)
                        .toList(),
                base(proxy.base()),
                base(proxy.start()));
        qualities.add(stage.quality(backend, combined, base(proxy.base())));
        trainedProxies.put(proxy, combined);
    }

    private static ProxyMember.Key proxyOf(Cell cell) {
        return new ProxyMember.Key(cell.base(), Objects.requireNonNull(cell.proxy()));
    }

    private boolean canTrain(ProxyMember member) {
        return prepared.containsKey(member.base())
                && prepared.containsKey(member.key().start());
    }

    private boolean canCombine(ProxyMember.Key proxy) {
        return members.keySet().containsAll(proxy.members());
    }

    private BaseStage.Prepared base(Cell.Base base) {
        return Objects.requireNonNull(prepared.get(base));
    }

    @FunctionalInterface
    private interface Work<T> {
        void run(T item, Backend backend);
    }

    /// Runs `work` on every item, at most `jobs` at a time.
    ///
    /// @return names of the items that failed
    private <T> List<String> inParallel(List<T> items, Function<T, String> name, Work<T> work) {
        int concurrent = Math.max(1, Math.min(execution.jobs(), items.size()));
        List<String> failed = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService executor = Executors.newFixedThreadPool(concurrent)) {
            for (T item : items) {
                executor.execute(() -> {
                    if (!interrupt.requested() && !succeeds(item, name.apply(item), work, concurrent)) {
                        failed.add(name.apply(item));
                    }
                });
            }
        }
        if (interrupt.requested()) {
            throw new InterruptedRunException("stopped; the same command goes on from " + folder);
        }
        return failed;
    }

    private <T> boolean succeeds(T item, String name, Work<T> work, int concurrent) {
        try (Backend backend = execution.open(concurrent)) {
            work.run(item, backend);
            return true;
        } catch (InterruptedRunException | CancellationException stopped) {
            return true;
        } catch (RuntimeException | Error failure) {
            fail(name, failure);
            return false;
        }
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

    /// Runs before the bases: the gold model's SFT model and itself.
    private int goldStages(List<Cell> left) {
        return left.isEmpty() || config.goldOrNull() == null ? 0 : 2;
    }

    private long goldSteps(List<Cell> left) {
        return goldStages(left) == 0
                ? 0
                : config.sft().steps() + config.goldModel().steps();
    }

    private BaseConfig baseConfig(Cell.Base base) {
        return new BaseConfig(base.size(), base.seed(), config.sft(), config.goldOrNull());
    }

    private void prepare(BaseStage stage, Cell.Base base, Backend backend) {
        long start = System.nanoTime();
        try (RunFolder run = RunFolder.open(runFolder(base.name()))) {
            run.config(baseConfig(base), Set.of());
            BaseStage.Prepared result = stage.prepare(
                    backend,
                    base,
                    Objects.requireNonNull(gold.get(GoldStage.NAME)),
                    run,
                    listener.started(base.name(), config.sft().steps()));
            prepared.put(base, result);
        }
        listener.finished(base.name(), seconds(start));
    }

    /// Measures the SFT policy, unless that is done; again where it was done without the reward model.
    private void measureStart(BaseStage stage, Cell.Base base, Backend backend) {
        Proxies proxies = config.proxies();
        TrainedProxy proxy = proxies == null
                ? null
                : trainedProxies.get(new ProxyMember.Key(base, proxies.models().getFirst()));
        try (RunFolder run = RunFolder.open(runFolder(base.name()))) {
            Path file = run.path().resolve("points.csv");
            boolean done = Files.exists(file)
                    && (proxy == null
                            || PointsCsv.read(file).stream()
                                    .noneMatch(point ->
                                            point.evaluation().rewards().proxy().isMissing()));
            if (!done) {
                PolicyEvaluator.Measured measured = stage.measureStart(backend, base(base), proxy);
                RunPoints.record(run, base(base).start(measured.evaluation()), measured.samples());
                run.heldOut(0, measured.heldOut());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void train(ProxyStage stage, ProxyMember member, Backend backend) {
        long start = System.nanoTime();
        try (RunFolder run = RunFolder.open(runFolder(member.name()))) {
            run.config(member.config(config), Set.of());
            int steps = member.steps(
                    config, Objects.requireNonNull(config.proxies()).training());
            members.put(
                    member,
                    stage.train(
                            backend,
                            member,
                            base(member.base()),
                            base(member.key().start()),
                            run,
                            listener.started(member.name(), steps)));
        }
        listener.finished(member.name(), seconds(start));
    }

    private void train(CellStages stages, Cell cell, Backend backend) {
        long start = System.nanoTime();
        try (RunFolder run = RunFolder.open(runFolder(cell.name()))) {
            run.config(cell.config(config), Set.of());
            TrainedProxy proxy = cell.proxy() == null ? null : trainedProxies.get(proxyOf(cell));
            stages.run(
                    new MeasuredTraining.Job(
                            backend,
                            cell,
                            base(cell.base()),
                            proxy,
                            proxy == null ? null : base(proxy.key().start()),
                            run),
                    listener.started(cell.name(), cell.steps(config)));
        }
        double seconds = seconds(start);
        ledger.record(new Ledger.Entry(cell.name(), "done", hash(cell), seconds, now(), ""));
        listener.finished(cell.name(), seconds);
    }

    private void fail(String run, Throwable cause) {
        String message = described(cause).replaceAll("\\s*\\R\\s*", "; ");
        ledger.record(new Ledger.Entry(run, "failed", "", 0, now(), message));
        listener.failed(run, cause);
    }

    private static String described(Throwable cause) {
        return switch (cause) {
            case OutOfMemoryError _ -> "out of memory; run fewer --jobs, or reduce align.micro_batch";
            default -> cause.getMessage() == null ? cause.toString() : cause.getMessage();
        };
    }

    /// Writes `report/points.csv` from the points of all finished cells and of their SFT models.
    private void collectPoints() {
        List<Point> points = new ArrayList<>();
        Set<Cell.Base> bases = new LinkedHashSet<>();
        List<Cell> finished = Cell.of(config).stream()
                .filter(cell -> ledger.done(cell.name(), hash(cell)))
                .toList();
        finished.forEach(cell -> bases.add(cell.base()));
        try {
            for (Cell.Base base : bases) {
                points.addAll(PointsCsv.read(runFolder(base.name()).resolve("points.csv")));
            }
            for (Cell cell : finished) {
                points.addAll(PointsCsv.read(runFolder(cell.name()).resolve("points.csv")));
            }
            Files.createDirectories(folder.resolve("report"));
            PointsCsv.write(folder.resolve("report").resolve("points.csv"), points);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether any finished cell left points to report.
    public boolean hasPoints() {
        return Cell.of(config).stream().anyMatch(cell -> ledger.done(cell.name(), hash(cell)));
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
