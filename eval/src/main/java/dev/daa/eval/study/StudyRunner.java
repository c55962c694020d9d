package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.study.Schedule.Step;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.GoldModel;
import dev.daa.eval.study.config.ProxyMember;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.study.stage.BaseStage;
import dev.daa.eval.study.stage.CellStages;
import dev.daa.eval.study.stage.Gold;
import dev.daa.eval.study.stage.GoldStage;
import dev.daa.eval.study.stage.MeasuredTraining;
import dev.daa.eval.study.stage.PolicyEvaluator;
import dev.daa.eval.study.stage.ProxyStage;
import dev.daa.eval.study.stage.RunPoints;
import dev.daa.eval.study.stage.TrainedProxy;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.model.checkpoint.WriteFailure;
import dev.daa.model.transformer.Model;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.RunFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Runs the grid of a study: SFT models, reward models and cells, several at a time, each on a backend of its own and
/// as soon as what it starts from is there. Finished cells are skipped; a cell that fails is entered in the ledger and
/// the others go on, unless the disk is full. Results do not depend on how many run at a time, since no backend's
/// results depend on its threads.
public final class StudyRunner {
    private final StudyConfig config;
    private final StudyFolder folder;
    private final Execution execution;
    private final StudyListener listener;
    private final Interrupt interrupt;
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
        this.folder = new StudyFolder(config, folder);
        this.execution = execution;
        this.listener = listener;
        this.interrupt = interrupt;
    }

    /// Names of all cells of a study, which are those of their run folders.
    public static List<String> cells(StudyConfig config) {
        return Cell.of(config).stream().map(Cell::name).toList();
    }

    /// Gathers the tables of a study's folder for its report, which a process that was stopped may not have done.
    ///
    /// @return number of cells that are not finished
    /// @throws InputException where a finished cell's points are gone
    public static int collect(StudyConfig config, Path folder) {
        return new StudyFolder(config, folder).collect();
    }

    /// Runs every wanted cell that the ledger does not have yet and collects the points of all finished ones.
    ///
    /// @param wanted by cell name
    /// @param again cells to run even though they are finished
    /// @return names of the runs that failed
    /// @throws dev.daa.compute.InputException where the folder holds something else, or the disk is full; what is
    ///   finished stays
    /// @throws InterruptedRunException when the interrupt was requested; what is finished stays
    public List<String> run(Predicate<String> wanted, Predicate<String> again) {
        folder.requireOwn(again);
        folder.create();
        List<Cell> left = new ArrayList<>();
        List<Cell> unmeasured = new ArrayList<>();
        int skipped = 0;
        for (Cell cell : folder.cells()) {
            if (!wanted.test(cell.name())) {
                continue;
            }
            if (again.test(cell.name())) {
                folder.startAgain(cell);
                left.add(cell);
            } else if (folder.done(cell)) {
                skipped++;
                if (!folder.startIsMeasured(cell)) {
                    unmeasured.add(cell);
                }
            } else {
                left.add(cell);
            }
        }
        folder.deleteUnboundStarts();
        ran = !left.isEmpty();
        List<Cell> starting = Stream.concat(left.stream(), unmeasured.stream()).toList();
        Stages stages = Stages.of(starting);
        listener.planned(runs(stages, left), skipped);
        List<String> failed = starting.isEmpty() ? List.of() : run(new Plan(stages, starting, left));
        collect();
        return failed;
    }

    private List<String> run(Plan plan) {
        List<String> failed =
                plan.schedule.run(Math.max(1, execution.jobs()), execution::open, interrupt::requested, this::fail);
        if (interrupt.requested()) {
            throw new InterruptedRunException("stopped; the same command goes on from " + folder.path()
                    + (hasPoints() ? ", and daa report " + folder.path() + " shows what is finished" : ""));
        }
        return failed;
    }

    /// Who waits for whom: gold for nobody, an SFT model for gold, a reward model for two SFT models, the
    /// measurement of an SFT model for the first reward model, a cell for its SFT model and its reward model.
    private final class Plan {
        final Schedule schedule = new Schedule();
        private final Map<Cell.Base, Step<BaseStage.Prepared>> bases = new LinkedHashMap<>();
        private final Map<ProxyMember.Key, Step<TrainedProxy>> proxies = new LinkedHashMap<>();

        /// @param starting cells whose SFT models are to be there and measured
        /// @param cells those of them that are to be run
        Plan(Stages stages, List<Cell> starting, List<Cell> cells) {
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
            starting.stream().map(Cell::base).distinct().forEach(base -> addStart(baseStage, base));
            CellStages cellStages = new CellStages(config, frontier, interrupt, execution.backend());
            cells.forEach(cell -> addCell(cellStages, cell));
        }

        private Step<BaseStage.Prepared> base(Cell.Base base) {
            return Objects.requireNonNull(bases.get(base));
        }

        private Step<TrainedProxy> addProxy(ProxyStage stage, ProxyMember.Key proxy) {
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
                stage.quality(backend, combined, base.result()).keep(folder.runFolder(proxy.name()));
                return combined;
            });
        }

        private void addStart(BaseStage stage, Cell.Base base) {
            Step<BaseStage.Prepared> prepared = base(base);
            Step<TrainedProxy> proxy = config.proxies() == null
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
                            proxy == null ? null : proxy.outcome().orElse(null),
                            backend));
        }

        private void addCell(CellStages stages, Cell cell) {
            Step<BaseStage.Prepared> base = base(cell.base());
            if (cell.proxy() == null) {
                schedule.add(
                        cell.name(), List.of(base), backend -> train(stages, cell, base.result(), null, null, backend));
                return;
            }
            ProxyMember.Key key = ProxyMember.Key.of(cell);
            Step<TrainedProxy> proxy = Objects.requireNonNull(proxies.get(key));
            Step<BaseStage.Prepared> start = base(key.start());
            schedule.add(
                    cell.name(),
                    List.of(base, proxy, start),
                    backend -> train(stages, cell, base.result(), proxy.result(), start.result(), backend));
        }
    }

    /// Every run that cells and what they start from need.
    private List<StudyListener.Planned> runs(Stages stages, List<Cell> cells) {
        List<StudyListener.Planned> runs = new ArrayList<>();
        if (!stages.bases().isEmpty() && config.goldOrNull() != null) {
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
                    cell.name(),
                    cell.treatment().method() + " " + cell.base().size().name(),
                    cell.steps(config)));
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

    /// What labels and is reported as gold: a reward model is trained first, in a run folder of its own.
    private Gold gold(BaseStage stage, Backend backend) {
        return switch (config.gold()) {
            case EXACT -> new Gold.Exact();
            case MODEL -> {
                long start = System.nanoTime();
                GoldStage goldStage = new GoldStage(config, interrupt);
                Cell.Base base = config.goldModel().base();
                Model sft;
                try (RunFolder run = RunFolder.open(folder.runFolder(base.name()))) {
                    run.config(base.config(config), Set.of());
                    sft = stage.sft(
                            backend,
                            base,
                            run,
                            listener.started(base.name(), config.sft().steps()));
                }
                listener.finished(base.name(), seconds(start));
                start = System.nanoTime();
                try (RunFolder run = RunFolder.open(folder.runFolder(GoldStage.NAME))) {
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

    private BaseStage.Prepared prepare(BaseStage stage, Cell.Base base, Gold gold, Backend backend) {
        long start = System.nanoTime();
        BaseStage.Prepared prepared;
        try (RunFolder run = RunFolder.open(folder.runFolder(base.name()))) {
            run.config(base.config(config), Set.of());
            prepared = stage.prepare(
                    backend,
                    base,
                    gold,
                    run,
                    listener.started(base.name(), config.sft().steps()));
            prepared.goldQuality().keep(run.path());
        }
        listener.finished(base.name(), seconds(start));
        return prepared;
    }

    /// Measures the SFT policy, unless that is done; again where it was done without the reward model. Its points
    /// are written last, since they say that it is done.
    private Cell.Base measureStart(
            BaseStage stage, BaseStage.Prepared base, @Nullable TrainedProxy proxy, Backend backend) {
        try (RunFolder run = RunFolder.open(folder.runFolder(base.base().name()))) {
            if (!folder.startIsMeasured(base.base(), proxy != null)) {
                PolicyEvaluator.Measured measured = stage.measureStart(backend, base, proxy);
                run.heldOut(0, measured.heldOut());
                RunPoints.record(run, base.start(measured.evaluation()), measured.samples());
            }
        }
        return base.base();
    }

    private TrainedProxy.Member train(
            ProxyStage stage, ProxyMember member, BaseStage.Prepared base, BaseStage.Prepared start, Backend backend) {
        long began = System.nanoTime();
        TrainedProxy.Member trained;
        try (RunFolder run = RunFolder.open(folder.runFolder(member.name()))) {
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
        try (RunFolder run = RunFolder.open(folder.runFolder(cell.name()))) {
            run.config(cell.config(config), Set.of());
            stages.run(
                    new MeasuredTraining.Job(backend, cell, base, proxy, proxyStart, run),
                    listener.started(cell.name(), cell.steps(config)));
        }
        double seconds = seconds(start);
        folder.recordDone(cell, seconds);
        listener.finished(cell.name(), seconds);
        collect();
        return cell;
    }

    private void fail(String run, Throwable cause) {
        if (cause instanceof RuntimeException full && WriteFailure.isOfSpace(full)) {
            throw full;
        }
        String message = described(cause).replaceAll("\\s*\\R\\s*", "; ");
        // Told first: where the ledger cannot be written either, the cause would be lost.
        listener.failed(run, cause);
        folder.recordFailure(run, message);
    }

    private static String described(Throwable cause) {
        return switch (cause) {
            case OutOfMemoryError _ -> "out of memory; run fewer --jobs, or reduce align.micro_batch";
            default -> cause.getMessage() == null ? cause.toString() : cause.getMessage();
        };
    }

    private synchronized void collect() {
        listener.collected(folder.collect());
    }

    /// Cells of the study that have not ended well, or not yet.
    public int missing() {
        return folder.missing();
    }

    /// Whether any finished cell left points to report.
    public boolean hasPoints() {
        return folder.hasPoints();
    }

    /// Whether the last call found a cell to run.
    public boolean ran() {
        return ran;
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) * 1e-9;
    }
}
