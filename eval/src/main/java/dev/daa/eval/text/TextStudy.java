package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.report.Method;
import dev.daa.eval.report.Point;
import dev.daa.eval.report.PointsCsv;
import dev.daa.eval.report.Regime;
import dev.daa.eval.report.ResponseSample;
import dev.daa.eval.study.StudyConfig;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.align.AlignReference;
import dev.daa.train.config.Setting;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.ReferenceCache;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.data.RowConfig;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.LoraConfig;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import dev.daa.train.run.TrainingConfig;
import dev.daa.train.run.TrainingLoop;
import dev.daa.train.sft.SftConfig;
import dev.daa.train.sft.SftRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Runs a study on text, stage by stage: SFT, gold reward model, labels, proxy reward model, every objective at every β
/// and seed, best of n; then collects the points for the report. Each stage is a run folder, so the same call goes on
/// after an interruption.
public final class TextStudy {
    private static final int SCORING_ROWS = 2048;

    private final TextStudyConfig config;
    private final Path folder;
    private final Function<String, RunDisplay> displays;
    private final Interrupt interrupt;

    /// Everything that decides a cell: the `config.yaml` of its run folder.
    record CellConfig(
            @Setting("objective") String objective,
            @Setting("its parameters") Map<String, Object> parameters,
            @Setting("seed") long seed,
            @Setting("model") Path model,
            @Setting("demonstrations") Path demonstrations,
            @Setting("preferences") Path preferences,

            @Setting(value = "held-out preferences", byDefault = "null") @Nullable
            Path heldOut,

            @Setting("held-out pairs") int heldOutPairs,

            @Setting(value = "gold reward model", byDefault = "null") @Nullable
            Path gold,

            @Setting("labelled by gold") boolean relabel,
            @Setting("rows") RowConfig rows,
            @Setting("supervised fine-tuning") TrainingConfig sft,
            @Setting("reward models") TrainingConfig reward,
            @Setting("direct alignment") TrainingConfig align,
            @Setting("adapters") LoraConfig lora,
            @Setting("evaluation") TextStudyConfig.Evaluation evaluation) {
        static CellConfig of(TextStudyConfig study, StudyConfig.ObjectiveGrid grid, double beta, long seed) {
            return new CellConfig(
                    grid.name(),
                    new TreeMap<>(grid.at(beta)),
                    seed,
                    study.model(),
                    study.demonstrations(),
                    study.preferences(),
                    study.heldOut(),
                    study.heldOutPairs(),
                    study.gold(),
                    study.relabel(),
                    study.rows(),
                    study.sft(),
                    study.reward(),
                    study.align(),
                    study.lora(),
                    study.evaluation());
        }
    }

    /// @param displays shows the run of a name
    public TextStudy(TextStudyConfig config, Path folder, Function<String, RunDisplay> displays, Interrupt interrupt) {
        this.config = config;
        this.folder = folder;
        this.displays = displays;
        this.interrupt = interrupt;
    }

    /// Runs what is left and writes `report/points.csv`.
    public void run() {
        TextBase base = base();
        try (Backend backend = config.placement().open()) {
            TextEvaluator.Start start = TextEvaluator.start(backend, base, config.evaluation(), interrupt::requested);
            List<Point> points = new ArrayList<>(startPoints(backend, base, start));
            ReferenceLogProbs reference = reference(backend, base);
            for (StudyConfig.ObjectiveGrid grid : config.objectives()) {
                for (double beta : grid.betas()) {
                    for (long seed : config.seeds()) {
                        points.addAll(cell(backend, base, start, reference, grid, beta, seed));
                    }
                }
            }
            if (config.bestOfN() > 0) {
                points.addAll(bestOfN(backend, base, start));
            }
            Path report = Files.createDirectories(folder.resolve("report"));
            PointsCsv.write(report.resolve("points.csv"), points);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TextBase base() {
        Path sft = runs("sft");
        SftRun.run(
                new SftConfig(
                        config.model(),
                        false,
                        config.demonstrations(),
                        sft,
                        config.rows(),
                        config.sft(),
                        config.lora(),
                        List.of(1.0),
                        config.seeds().getFirst(),
                        config.placement()),
                displays.apply("sft"),
                interrupt);
        ModelFolder source = ModelFolder.open(sft);
        DataReader reader = DataReader.of(source, Head.SCALAR).forTraining(config.rows());
        List<PreferencePair> all = reader.pairs(config.preferences());
        List<PreferencePair> heldOut;
        List<PreferencePair> pairs = all;
        if (config.heldOut() != null) {
            heldOut = reader.pairs(config.heldOut());
        } else {
            int kept = all.size() - config.heldOutPairs();
            if (kept < 1) {
                throw new InputException("held_out_pairs is " + config.heldOutPairs() + ", expected less than the "
                        + all.size() + " pairs of " + config.preferences());
            }
            pairs = all.subList(0, kept);
            heldOut = all.subList(kept, all.size());
        }
        ModelFolder gold = config.gold() == null
                ? rewardModel(
                        "gold", sft, write("human-pairs", pairs), write("human-held-out", heldOut), 1, reader.notes())
                : ModelFolder.open(config.gold());
        if (config.relabel()) {
            pairs = labelled(gold, pairs);
            heldOut = labelled(gold, heldOut);
        }
        ModelFolder proxy = rewardModel("proxy", sft, write("pairs", pairs), write("held-out", heldOut), 2, List.of());
        return new TextBase(source, gold, proxy, pairs, heldOut, prompts(heldOut, config.evaluation()));
    }

    private Path runs(String name) {
        return folder.resolve("runs").resolve(name);
    }

    private Path write(String name, List<PreferencePair> pairs) {
        List<String> lines = pairs.stream()
                .map(pair -> "{\"prompt_ids\":" + Arrays.toString(pair.prompt()) + ",\"chosen_ids\":"
                        + Arrays.toString(pair.chosen()) + ",\"rejected_ids\":" + Arrays.toString(pair.rejected())
                        + "}")
                .toList();
        try {
            return Files.write(Files.createDirectories(folder.resolve("data")).resolve(name + ".jsonl"), lines);
        } catch (IOException e) {
            throw new InputException(folder + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private ModelFolder rewardModel(String name, Path from, Path pairs, Path heldOut, long seed, List<String> notes) {
        Path out = runs(name);
        RewardRun.run(
                new RewardConfig(
                        from,
                        pairs,
                        heldOut,
                        out,
                        0.01,
                        0,
                        RowConfig.DEFAULT,
                        config.reward(),
                        config.lora(),
                        List.of(1.0),
                        seed,
                        config.placement()),
                (steps, own) -> {
                    List<String> all = new ArrayList<>(notes);
                    all.addAll(own);
                    return displays.apply(name + " reward model").begin(steps, all);
                },
                interrupt);
        return ModelFolder.open(out);
    }

    /// The pairs with the response chosen that the gold reward model scores higher; a tie keeps its label.
    private List<PreferencePair> labelled(ModelFolder gold, List<PreferencePair> pairs) {
        int longest = pairs.stream().mapToInt(PreferencePair::rows).max().orElseThrow();
        try (Backend backend = config.placement().open();
                RewardScorer scorer = TextBase.scorer(backend, gold, longest)) {
            float[] chosen = scorer.score(
                    pairs.stream().map(PreferencePair::chosenSequence).toList(), interrupt::requested);
            float[] rejected = scorer.score(
                    pairs.stream().map(PreferencePair::rejectedSequence).toList(), interrupt::requested);
            List<PreferencePair> labelled = new ArrayList<>();
            for (int i = 0; i < chosen.length; i++) {
                PreferencePair pair = pairs.get(i);
                labelled.add(
                        rejected[i] > chosen[i]
                                ? new PreferencePair(pair.prompt(), pair.rejected(), pair.chosen())
                                : pair);
            }
            return labelled;
        }
    }

    /// The first prompts that differ from each other, with the chosen response of the data.
    private static List<Sequence> prompts(List<PreferencePair> heldOut, TextStudyConfig.Evaluation evaluation) {
        Set<String> seen = new HashSet<>();
        List<Sequence> prompts = heldOut.stream()
                .filter(pair -> pair.prompt().length > 0 && seen.add(Arrays.toString(pair.prompt())))
                .map(PreferencePair::chosenSequence)
                .limit(evaluation.prompts())
                .toList();
        if (prompts.size() < 2) {
            throw new InputException("the held-out pairs have " + prompts.size() + " prompts, expected at least 2");
        }
        return prompts;
    }

    private ReferenceLogProbs reference(Backend backend, TextBase base) {
        return new ReferenceCache(folder.resolve("reference-cache"))
                .get(base.sft().hash(), base.pairs(), () -> {
                    int longest = base.pairs().stream()
                            .mapToInt(PreferencePair::rows)
                            .max()
                            .orElseThrow();
                    try (LogProbScorer scorer =
                            new LogProbScorer(backend, base.policy(backend, "reference"), longest, SCORING_ROWS, 1)) {
                        return new ReferenceLogProbs(
                                scorer.score(
                                        base.pairs().stream()
                                                .map(PreferencePair::chosenSequence)
                                                .toList(),
                                        interrupt::requested),
                                scorer.score(
                                        base.pairs().stream()
                                                .map(PreferencePair::rejectedSequence)
                                                .toList(),
                                        interrupt::requested));
                    }
                });
    }

    private Point.Cell named(TextBase base, String run, Method method, String objective, double beta, long seed) {
        Path name = config.model().toAbsolutePath().normalize().getFileName();
        return new Point.Cell(
                run,
                method,
                objective,
                beta,
                name == null ? "model" : name.toString(),
                new TransformerParameters(base.sft().config(), Head.LANGUAGE, "size")
                        .layout()
                        .count(),
                seed,
                method == Method.BEST_OF_N ? "proxy" : "",
                method == Method.SFT ? null : Regime.offline(false));
    }

    private List<Point> startPoints(Backend backend, TextBase base, TextEvaluator.Start start) {
        try (TextEvaluator evaluator = new TextEvaluator(
                        backend,
                        base,
                        base.policy(backend, "policy"),
                        base.policy(backend, "reference"),
                        config.evaluation(),
                        start);
                RunFolder run = RunFolder.open(runs("sft"))) {
            TextEvaluator.Measured measured = evaluator.evaluate(null, Double.NaN, 0, interrupt::requested);
            run.samples(0, measured.samples());
            List<Point> points = new ArrayList<>();
            for (long seed : config.seeds()) {
                points.add(new Point(
                        named(base, "sft", Method.SFT, Point.SFT, Double.NaN, seed), 0, 0, measured.evaluation()));
            }
            return points;
        }
    }

    private List<Point> cell(
            Backend backend,
            TextBase base,
            TextEvaluator.Start start,
            ReferenceLogProbs reference,
            StudyConfig.ObjectiveGrid grid,
            double beta,
            long seed)
            throws IOException {
        String name = grid.name() + "-beta" + beta + "-seed" + seed;
        Path points = runs(name).resolve("points.csv");
        TrainingConfig training = config.align();
        int steps = training.stepsOver(base.pairs().size());
        Objective objective = Objectives.create(grid.name(), grid.at(beta));
        Point.Cell cell = named(base, name, Method.DIRECT, grid.name(), beta, seed);
        try (RunFolder run = RunFolder.open(runs(name))) {
            run.config(CellConfig.of(config, grid, beta, seed), Set.of());
            if (Files.exists(points) && PointsCsv.read(points).stream().anyMatch(point -> point.step() == steps)) {
                return PointsCsv.read(points);
            }
            run.manifest(Manifest.here(
                    config.placement().backend(),
                    backend.description(),
                    seed,
                    base.sft().hash(),
                    Map.of("pairs", DataHash.of(folder.resolve("data").resolve("pairs.jsonl")))));
            boolean adapted = config.lora().isOn();
            Model policy = config.lora().on(backend, base.policy(backend, "policy"), base.sft(), new Seeds(seed));
            Model sft = adapted ? policy.withoutAdapter("reference") : base.policy(backend, "reference");
            try (AlignLearner learner = new AlignLearner(
                            backend,
                            policy,
                            base.pairs(),
                            new EpochOrder(base.pairs().size(), new Seeds(seed)),
                            AlignReference.of(
                                    backend,
                                    objective,
                                    reference,
                                    () -> adapted
                                            ? AlignReference.ofAdapted(backend, policy, objective)
                                            : base.policy(backend, "reference"),
                                    base.pairs().stream()
                                            .mapToInt(PreferencePair::rows)
                                            .max()
                                            .orElseThrow(),
                                    SCORING_ROWS),
                            objective,
                            beta,
                            training.batch(),
                            training.examplesPerPass(),
                            BatchCapacity.ofPairs(base.pairs(), training.examplesPerPass()),
                            training.rule());
                    TextEvaluator evaluator =
                            new TextEvaluator(backend, base, policy, sft, config.evaluation(), start)) {
                new TrainingLoop(
                                learner,
                                training.scheduleOver(steps),
                                TrainingLoop.stepsAt(config.evaluation().checkpoints(), steps),
                                TrainingLoop.Retention.LAST,
                                base.sft().tokenizer().orElse(null),
                                base.sft().eosTokenId())
                        .run(
                                run,
                                displays.apply(name).begin(steps, List.of()),
                                (step, _, metrics) -> {
                                    TextEvaluator.Measured measured =
                                            evaluator.evaluate(objective, beta, seed, interrupt::requested);
                                    add(
                                            run,
                                            points,
                                            new Point(cell, step, (double) step / steps, measured.evaluation()),
                                            measured.samples());
                                    return metrics.with(
                                                    "gold/reward",
                                                    measured.evaluation()
                                                            .rewards()
                                                            .gold()
                                                            .mean())
                                            .with(
                                                    "proxy/reward",
                                                    measured.evaluation()
                                                            .rewards()
                                                            .proxy()
                                                            .mean())
                                            .with(
                                                    "gold/win_rate",
                                                    measured.evaluation()
                                                            .rewards()
                                                            .winRate()
                                                            .mean())
                                            .with(
                                                    "kl/exact",
                                                    measured.evaluation()
                                                            .kl()
                                                            .exact()
                                                            .mean())
                                            .with(
                                                    "response/length",
                                                    measured.evaluation()
                                                            .responses()
                                                            .length()
                                                            .mean());
                                },
                                interrupt);
            }
            return PointsCsv.read(points);
        }
    }

    private static void add(RunFolder run, Path file, Point point, List<ResponseSample> samples) {
        try {
            List<Point> points = new ArrayList<>();
            if (Files.exists(file)) {
                points.addAll(PointsCsv.read(file).stream()
                        .filter(earlier -> earlier.step() < point.step())
                        .toList());
            }
            points.add(point);
            PointsCsv.write(file, points);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run.samples(point.step(), samples);
    }

    private List<Point> bestOfN(Backend backend, TextBase base, TextEvaluator.Start start) throws IOException {
        Path file = Files.createDirectories(runs("best-of-n")).resolve("points.csv");
        if (Files.exists(file)) {
            return PointsCsv.read(file);
        }
        List<Point> points = TextBestOfN.points(
                backend,
                base,
                config,
                start,
                named(
                        base,
                        "best-of-n",
                        Method.BEST_OF_N,
                        "best-of-n",
                        Double.NaN,
                        config.seeds().getFirst()),
                interrupt::requested);
        PointsCsv.write(file, points);
        return points;
    }
}
