package dev.daa.eval.study;

import static dev.daa.eval.study.TinyStudy.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.config.Assignment;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A whole study, small enough for a test: one objective at two β, 32 pairs, 16 prompts.
class StudyRunnerTest {
    private static final String FIRST = "dpo-beta0.1-tiny-seed1";
    private static final String SECOND = "dpo-beta1-tiny-seed1";
    private static final String BASE = "sft-tiny-seed1";

    @TempDir
    Path folder;

    /// What a study told while it ran; the interrupt is raised at a step of a run.
    private static final class Heard implements StudyListener {
        private final List<String> started = Collections.synchronizedList(new ArrayList<>());
        private final Map<String, String> failed = Collections.synchronizedMap(new TreeMap<>());
        private final Map<String, Integer> planned = new TreeMap<>();
        private final Interrupt interrupt = new Interrupt();
        private String stopRun = "";
        private int stopStep;
        private final List<Integer> missing = Collections.synchronizedList(new ArrayList<>());
        private int skipped;

        @Override
        public void planned(List<Planned> runs, int skipped) {
            runs.forEach(run -> planned.put(run.name(), run.steps()));
            this.skipped = skipped;
        }

        @Override
        public MetricsSink started(String run, int steps) {
            assertThat(planned).containsEntry(run, steps);
            started.add(run);
            return metrics -> {
                if (run.equals(stopRun) && metrics.step() == stopStep) {
                    interrupt.request();
                }
            };
        }

        @Override
        public void finished(String run, double seconds) {}

        @Override
        public void failed(String run, Throwable cause) {
            failed.put(run, String.valueOf(cause.getMessage()));
        }

        @Override
        public void collected(int missing) {
            this.missing.add(missing);
        }

        @Override
        public void reporting() {}
    }

    private List<String> run(Path study, int jobs, Heard heard, String... again) {
        return runner(config(), study, jobs, heard)
                .run(name -> again.length == 0 || List.of(again).contains(name), List.of(again)::contains);
    }

    private static StudyRunner runner(StudyConfig config, Path study, int jobs, Heard heard) {
        return new StudyRunner(
                config, study, new StudyRunner.Execution("cpu", MatmulPrecision.FP32, jobs, 2), heard, heard.interrupt);
    }

    /// Runs the study until the interrupt is raised at a step of a run.
    private static void stop(StudyConfig config, Path study, String run, int step) {
        Heard stopping = new Heard();
        stopping.stopRun = run;
        stopping.stopStep = step;
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> runner(config, study, 1, stopping).run(_ -> true, _ -> false));
    }

    /// Goes on with a study that was stopped, to the points of the one that was not.
    private static void finish(StudyConfig config, Path stopped, Path study) throws IOException {
        assertThat(runner(config, stopped, 1, new Heard()).run(_ -> true, _ -> false))
                .isEmpty();
        assertThat(points(stopped)).isEqualTo(points(study));
    }

    private static String points(Path study) throws IOException {
        return Files.readString(study.resolve("report/points.csv"));
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .toList();
    }

    @Test
    void aStudyLeavesItsPointsAndIsTheSameHoweverItIsRun() throws IOException {
        Path study = folder.resolve("study");
        Heard heard = new Heard();
        assertThat(run(study, 2, heard)).isEmpty();
        assertThat(heard.started).containsExactlyInAnyOrder(BASE, FIRST, SECOND);
        assertThat(heard.missing).endsWith(0);
        String points = points(study);
        assertThat(points.lines().findFirst().orElseThrow())
                .startsWith("run,objective,beta,size,seed,step,fraction,kl,kl_se,gold,gold_se,win_rate,win_rate_se,"
                        + "length,implicit_accuracy,frontier_share");
        assertThat(points.lines().skip(1))
                .hasSize(5)
                .anyMatch(line -> line.startsWith(BASE + ",sft,,tiny,1,0,0.0,0.0,0.0,"))
                .anyMatch(line -> line.startsWith(FIRST + ",dpo,0.1,tiny,1,2,0.5,"))
                .anyMatch(line -> line.startsWith(SECOND + ",dpo,1.0,tiny,1,4,1.0,"));

        assertThat(lines(study.resolve("ledger.jsonl")))
                .extracting(entry ->
                        entry.get("run").asString() + " " + entry.get("status").asString())
                .containsExactlyInAnyOrder(FIRST + " done", SECOND + " done");
        List<JsonNode> metrics = lines(study.resolve("runs").resolve(FIRST).resolve("metrics.jsonl"));
        assertThat(metrics).hasSize(4);
        for (JsonNode row : metrics) {
            assertThat(row.propertyNames())
                    .contains("step", "loss", "grad_norm", "rewards/chosen", "rewards/accuracies", "logps/chosen");
        }
        assertThat(metrics.get(3).propertyNames()).contains("gold/reward", "kl/exact", "response/length");

        String[] last = points.lines()
                .filter(line -> line.startsWith(SECOND + ",dpo,1.0,tiny,1,4,"))
                .findFirst()
                .orElseThrow()
                .split(",", -1);
        assertThat(lines(study.resolve("runs").resolve(SECOND).resolve("samples/step-4.jsonl")).stream()
                        .mapToDouble(sample -> sample.get("win").asDouble())
                        .average()
                        .orElseThrow())
                .as("win rate of the point is the mean over its samples")
                .isCloseTo(Double.parseDouble(last[11]), within(1e-12));

        Heard second = new Heard();
        assertThat(run(study, 2, second)).isEmpty();
        assertThat(second.started).isEmpty();
        assertThat(second.skipped).isEqualTo(2);
        assertThat(points(study)).isEqualTo(points);

        Heard alone = new Heard();
        assertThat(run(study, 2, alone, SECOND)).isEmpty();
        assertThat(alone.started).containsExactlyInAnyOrder(BASE, SECOND);
        assertThat(points(study)).isEqualTo(points);

        Path oneJob = folder.resolve("one-job");
        Heard inTurn = new Heard();
        assertThat(run(oneJob, 1, inTurn)).isEmpty();
        assertThat(inTurn.missing)
                .as("points are there after each cell")
                .startsWith(1)
                .endsWith(0);
        assertThat(points(oneJob)).isEqualTo(points);

        Path stopped = folder.resolve("stopped");
        String goesOn = "stopped; the same command goes on from " + stopped;
        Map<String, String> messages =
                Map.of(BASE, goesOn, SECOND, goesOn + ", and daa report " + stopped + " shows what is finished");
        for (String run : List.of(BASE, SECOND)) {
            Heard stopping = new Heard();
            stopping.stopRun = run;
            stopping.stopStep = 3;
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> run(stopped, 1, stopping))
                    .withMessage(messages.get(run));
        }
        assertThat(points(stopped).lines())
                .as("points of what was finished before the stop")
                .hasSize(4)
                .isSubsetOf(points.lines().toList());
        assertThat(run(stopped, 1, new Heard())).isEmpty();
        assertThat(points(stopped)).isEqualTo(points);
    }

    /// Reward models stand between the SFT model and what is chosen or measured by them; two of them, one an
    /// ensemble.
    @Test
    void rewardModelsAndBestOfNAreCellsLikeAnyOther() throws IOException {
        Assignment proxies = new Assignment(
                "proxies",
                "{models: [{name: one}, {name: two, size: {name: wide, width: 24, layers: 1, heads: 2}, pairs: 24,"
                        + " flip: 0.2, members: 2, combine: worst-case}], training: {batch: 8, learning_rate: 1e-3}}");
        Assignment best = new Assignment("best_of_n", "{samples: 6, proxies: [two]}");
        Assignment reinforcement = new Assignment(
                "reinforcement",
                "{algorithms: [{method: {algorithm: ppo, passes: 2}, kl_coefficients: [0.05], proxies: [one]},"
                        + " {name: loo, method: {algorithm: rloo}, kl_coefficients: [0, 0.2], proxies: [two]}],"
                        + " training: {steps: 4, batch: 8, learning_rate: 1e-3}}");
        Assignment online = new Assignment(
                "online",
                "{methods: [{method: {objective: ipo}, betas: [0.1]}, {name: raft, method: {objective: sft, samples: 3,"
                        + " pairing: best-worst, refresh_every: 2}, betas: [1], labels: proxy, proxies: [one]}],"
                        + " training: {steps: 4, batch: 8, learning_rate: 1e-3}}");
        StudyConfig config = config(proxies, best, reinforcement, online);
        String bestCell = "best-of-n-two-tiny-seed1";
        List<String> reinforced =
                List.of("ppo-one-kl0.05-tiny-seed1", "loo-two-kl0-tiny-seed1", "loo-two-kl0.2-tiny-seed1");
        List<String> onPolicy = List.of("online-ipo-beta0.1-tiny-seed1", "raft-one-beta1-tiny-seed1");
        assertThat(StudyRunner.cells(config))
                .containsExactly(
                        FIRST,
                        SECOND,
                        reinforced.get(0),
                        reinforced.get(1),
                        reinforced.get(2),
                        onPolicy.get(0),
                        onPolicy.get(1),
                        bestCell);

        Path study = folder.resolve("study");
        Heard heard = new Heard();
        assertThat(runner(config, study, 2, heard).run(_ -> true, _ -> false)).isEmpty();
        assertThat(heard.started)
                .containsExactlyInAnyOrder(
                        BASE,
                        "sft-wide-seed1",
                        "reward-one-tiny-seed1",
                        "reward-two-tiny-seed1-member1",
                        "reward-two-tiny-seed1-member2",
                        FIRST,
                        SECOND,
                        reinforced.get(0),
                        reinforced.get(1),
                        reinforced.get(2),
                        onPolicy.get(0),
                        onPolicy.get(1),
                        bestCell);
        List<String> quality = Files.readAllLines(study.resolve("report/proxies.csv"));
        assertThat(quality).hasSize(3);
        assertThat(quality.get(1))
                .startsWith("reward-one-tiny-seed1,one,tiny,1,")
                .contains(",32,0.0,1,mean,16,");
        assertThat(quality.get(2))
                .startsWith("reward-two-tiny-seed1,two,tiny,1,")
                .contains(",24,0.2,2,worst-case,16,");
        List<Point> points = PointsCsv.read(study.resolve("report/points.csv"));
        assertThat(points).allSatisfy(point -> {
            assertThat(point.evaluation().rewards().proxy().mean()).isFinite();
            assertThat(point.evaluation().rewards().agreement().share()).isBetween(0.0, 1.0);
        });
        List<Point> bestOfN = points.stream()
                .filter(point -> point.cell().method() == Method.BEST_OF_N)
                .toList();
        assertThat(points.stream().filter(point -> point.cell().method() == Method.REINFORCEMENT))
                .hasSize(6)
                .allSatisfy(point -> {
                    assertThat(point.kl().mean()).isPositive();
                    assertThat(point.implicitReward().isMissing()).isTrue();
                });
        assertThat(points.stream().filter(point -> point.cell().method() == Method.ONLINE))
                .hasSize(4)
                .allSatisfy(point -> assertThat(point.implicitReward().mean()).isFinite());
        assertThat(bestOfN).extracting(Point::step).containsExactly(1, 2, 4);
        assertThat(bestOfN)
                .extracting(point -> point.evaluation().rewards().proxy().mean())
                .isSorted();
        assertThat(bestOfN).extracting(point -> point.cell().objective()).containsOnly("best-of-n (two)");
        assertThat(bestOfN.getFirst().kl().mean()).isZero();
        assertThat(bestOfN.getLast().kl().mean())
                .isPositive()
                .isLessThanOrEqualTo(dev.daa.eval.curve.BestOfN.kl(4) + 1e-12);

        Path stopped = folder.resolve("stopped");
        for (String run : List.of("reward-one-tiny-seed1", reinforced.get(0), bestCell)) {
            stop(config, stopped, run, 1);
        }
        finish(config, stopped, study);
    }

    /// Rounds of reinforcement begin with a reward model that has learned from the policy's own samples; lower
    /// confidence bounds, iterative pairs, an older sampler and PPO's extras are cells like any other. All of it
    /// survives a stop, also of the reward model of a round.
    @Test
    void roundsAndBoundsAreCellsLikeAnyOther() throws IOException {
        StudyConfig config = config(
                new Assignment("objectives", "[]"),
                new Assignment(
                        "proxies",
                        "{models: [{name: one}, {name: low, lower_confidence: 0.3}], training: {batch: 8,"
                                + " learning_rate: 1e-3}}"),
                new Assignment("best_of_n", "{samples: 4, proxies: [low]}"),
                new Assignment(
                        "reinforcement",
                        "{algorithms: [{name: iterated, method: {algorithm: ppo, unit_variance: true, value_warmup: 1,"
                                + " kl_target: 0.5, kl_horizon: 16, ptx_coefficient: 0.1},"
                                + " kl_coefficients: [0.05], proxies:"
                                + " [one], rounds: {count: 3, pairs: 12, restart: true}}, {method: {algorithm: ppo,"
                                + " unit_variance: true, entropy_coefficient: 0.01, ptx_coefficient: 0.1},"
                                + " kl_coefficients: [0.05], proxies: [low]}], training: {steps: 6, batch: 8,"
                                + " learning_rate: 1e-3}}"),
                new Assignment(
                        "online",
                        "{methods: [{name: rounds, method: {objective: dpo, refresh_every: 2, restart: true, second:"
                            + " previous, second_temperature: 1.5}, betas: [0.1]}], training: {steps: 4, batch: 8}}"));
        String iterated = "iterated-one-kl0.05-tiny-seed1";
        Path study = folder.resolve("study");
        assertThat(runner(config, study, 2, new Heard()).run(_ -> true, _ -> false))
                .isEmpty();
        List<Point> points = PointsCsv.read(study.resolve("report/points.csv"));
        assertThat(points.stream()
                        .filter(point -> !point.isStart())
                        .collect(Collectors.toMap(
                                point -> point.cell().objective(),
                                point -> Objects.requireNonNull(point.cell().regime())
                                        .key(),
                                (one, _) -> one)))
                .isEqualTo(Map.of(
                        "iterated (one)", "on-policy iterative",
                        "ppo (low)", "on-policy offline",
                        "rounds", "off-policy iterative",
                        "best-of-n (low)", "off-policy offline"));
        List<JsonNode> metrics = lines(study.resolve("runs").resolve(iterated).resolve("metrics.jsonl"));
        assertThat(metrics.get(1).has("round")).isFalse();
        assertThat(metrics.get(2).get("round").asDouble()).isEqualTo(2);
        assertThat(metrics.get(4).get("round").asDouble()).isEqualTo(3);
        assertThat(metrics.get(4).get("round/agreement_after").asDouble()).isBetween(0.0, 1.0);
        assertThat(metrics.get(4).get("objective/kl").asDouble())
                .as("a round starts from the SFT policy")
                .isCloseTo(0, within(1e-3));
        for (int i = 0; i < 6; i++) {
            assertThat(metrics.get(i).has("policy/approxkl_avg"))
                    .as("each round's value network learns alone for a step")
                    .isEqualTo(i % 2 == 1);
        }
        double coefficient = 0.05;
        for (JsonNode step : metrics) {
            assertThat(step.get("objective/kl_coefficient").asDouble())
                    .as("the penalty is controlled over the rounds")
                    .isCloseTo(coefficient, within(1e-12));
            double error = Math.clamp(step.get("objective/kl").asDouble() / 0.5 - 1, -0.2, 0.2);
            coefficient *= 1 + error * 8 / 16;
        }
        Path round = study.resolve("runs").resolve(iterated).resolve("round-3");
        assertThat(Files.readAllLines(round.resolve("pairs.jsonl"))).hasSize(12);
        assertThat(lines(round.resolve("metrics.jsonl")))
                .as("32 pairs and two rounds of 12 in batches of 8")
                .hasSize(7);

        Path stopped = folder.resolve("stopped");
        for (int step : new int[] {1, 2, 3, 5}) {
            stop(config, stopped, iterated, step);
        }
        finish(config, stopped, study);
        assertThat(lines(stopped.resolve("runs").resolve(iterated).resolve("metrics.jsonl")))
                .hasSize(6);
    }

    /// A gold that is a reward model is trained first, labels the pairs, has mean 0 and variance 1 on the SFT
    /// policy, and leaves the exact gold beside it; all of it survives a stop.
    @Test
    void aRewardModelCanBeTheGold() throws IOException {
        StudyConfig config = config(
                new Assignment("gold", "model"),
                new Assignment(
                        "gold_model",
                        "{size: {name: large, width: 24, layers: 1, heads: 2}, comparisons: 64,"
                                + " training: {batch: 16, warmup: 1}}"),
                new Assignment("proxies", "{models: [{name: one}], training: {batch: 8, learning_rate: 1e-3}}"),
                new Assignment("best_of_n", "{samples: 4}"),
                new Assignment(
                        "online",
                        "{methods: [{method: {objective: ipo}, betas: [0.1]}], training: {steps: 2, batch: 8}}"));
        Path study = folder.resolve("study");
        Heard heard = new Heard();
        assertThat(runner(config, study, 2, heard).run(_ -> true, _ -> false)).isEmpty();
        assertThat(heard.started).startsWith("sft-large-seed1", "gold", BASE);
        List<String> gold = Files.readAllLines(study.resolve("report/gold.csv"));
        assertThat(gold).hasSize(2);
        assertThat(gold.get(1)).startsWith(BASE + ",model,tiny,1,").endsWith(",64");
        List<Point> points = PointsCsv.read(study.resolve("report/points.csv"));
        assertThat(points).allSatisfy(point -> {
            assertThat(point.evaluation().rewards().exactGold().mean()).isFinite();
            assertThat(point.evaluation().rewards().exactGold().standardError()).isPositive();
            assertThat(point.gold().mean())
                    .isNotEqualTo(point.evaluation().rewards().exactGold().mean());
        });
        assertThat(Files.readString(study.resolve("runs").resolve(FIRST).resolve("manifest.json")))
                .contains("model, (score");

        Path stopped = folder.resolve("stopped");
        for (String run : List.of("sft-large-seed1", "gold", FIRST)) {
            stop(config, stopped, run, 2);
        }
        finish(config, stopped, study);
        assertThat(report(stopped)).isEqualTo(report(study));

        Map<String, String> whole = report(study);
        assertThat(whole).containsOnlyKeys("points.csv", "gold.csv", "proxies.csv");
        RunFolder.delete(study.resolve("report"));
        Heard gathering = new Heard();
        assertThat(runner(config, study, 1, gathering).run(_ -> true, _ -> false))
                .isEmpty();
        assertThat(gathering.started).isEmpty();
        assertThat(report(study)).isEqualTo(whole);

        // As a kill may leave it where the SFT policy is measured beside the last cell.
        RunFolder.delete(study.resolve("report"));
        Files.delete(study.resolve("runs").resolve(BASE).resolve("points.csv"));
        Heard measuring = new Heard();
        StudyRunner again = runner(config, study, 1, measuring);
        assertThat(again.run(_ -> true, _ -> false)).isEmpty();
        assertThat(again.ran()).isFalse();
        assertThat(measuring.started).doesNotContain(FIRST, SECOND);
        assertThat(report(study)).isEqualTo(whole);
    }

    private static Map<String, String> report(Path study) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(study.resolve("report"))) {
            for (Path file : all.toList()) {
                files.put(file.toFile().getName(), Files.readString(file));
            }
        }
        return files;
    }

    /// Nothing but the cells' configs tells what an SFT policy was measured on.
    @Test
    void aStartOfWhichNoCellWasBegunIsMeasuredAgain() throws IOException {
        Path stopped = folder.resolve("stopped");
        assertThat(run(stopped, 1, new Heard())).isEmpty();
        Files.delete(stopped.resolve("ledger.jsonl"));
        for (String cell : List.of(FIRST, SECOND)) {
            RunFolder.delete(stopped.resolve("runs").resolve(cell));
        }
        StudyConfig more = config(new Assignment("evaluation.prompts", "24"));
        Path study = folder.resolve("study");
        assertThat(runner(more, study, 1, new Heard()).run(_ -> true, _ -> false))
                .isEmpty();
        finish(more, stopped, study);
    }

    /// The last weights, as an average of decay 0, measure like the weights themselves; half the way is nearer. A
    /// reference that moves makes another policy. All of it survives a stop.
    @Test
    void averagesOfWeightsAreMeasuredInPlaceOfTheLastOnes() throws IOException {
        StudyConfig config = config(new Assignment(
                "objectives",
                "[{name: dpo, betas: [0.1]},"
                        + " {name: dpo, betas: [0.1], label: last, averaging: {decay: 0}},"
                        + " {name: dpo, betas: [0.1], label: half, averaging: {decay: 0.3, share: 0.5}},"
                        + " {name: dpo, betas: [0.1], label: merged, averaging: {decay: 0.3, share: 0.5, runs: 2}},"
                        + " {name: tr_dpo, betas: [0.1], parameters: {ref_model_sync_steps: 1}}]"));
        Path study = folder.resolve("study");
        assertThat(runner(config, study, 2, new Heard()).run(_ -> true, _ -> false))
                .isEmpty();
        Map<String, Evaluation> ends = new TreeMap<>();
        for (Point point : PointsCsv.read(study.resolve("report/points.csv"))) {
            if (point.fraction() == 1) {
                ends.put(point.cell().objective(), point.evaluation());
            }
        }
        assertThat(ends).containsOnlyKeys("dpo", "last", "half", "merged", "tr_dpo");
        assertThat(ends.get("last")).isEqualTo(ends.get("dpo"));
        double whole = Objects.requireNonNull(ends.get("dpo")).kl().exact().mean();
        assertThat(Objects.requireNonNull(ends.get("half")).kl().exact().mean()).isBetween(0.01 * whole, 0.6 * whole);
        assertThat(ends.get("tr_dpo")).isNotEqualTo(ends.get("dpo"));

        Path stopped = folder.resolve("stopped");
        for (String run :
                List.of("half-beta0.1-tiny-seed1", "merged-beta0.1-tiny-seed1", "tr_dpo-beta0.1-tiny-seed1")) {
            stop(config, stopped, run, 3);
        }
        finish(config, stopped, study);
    }

    @Test
    void aCellThatFailsIsInTheLedgerAndTheOthersGoOn() throws IOException {
        Path study = folder.resolve("study");
        Path broken = Files.createDirectories(study.resolve("runs")).resolve(FIRST);
        Files.writeString(broken, "no folder");
        Heard heard = new Heard();
        assertThat(run(study, 2, heard)).containsExactly(FIRST);
        String reason = broken + ": a file lies where a folder is needed; choose another --out folder";
        assertThat(heard.failed).isEqualTo(Map.of(FIRST, reason));
        JsonNode entry = lines(study.resolve("ledger.jsonl")).stream()
                .filter(line -> line.get("run").asString().equals(FIRST))
                .findFirst()
                .orElseThrow();
        assertThat(entry.get("status").asString()).isEqualTo("failed");
        assertThat(entry.get("error").asString()).isEqualTo(reason);
        assertThat(points(study)).contains(SECOND).doesNotContain(FIRST);

        Files.delete(broken);
        Heard mended = new Heard();
        assertThat(run(study, 2, mended)).isEmpty();
        assertThat(mended.started).contains(FIRST).doesNotContain(SECOND);
        assertThat(points(study)).contains(FIRST, SECOND);
    }

    /// What is written last says that the SFT policy is measured; all else is there then.
    @Test
    void whereAMeasurementCannotBeWrittenItIsMadeAgain() throws IOException {
        for (String part : List.of("held-out", "samples")) {
            Path study = folder.resolve("study-" + part);
            Path base = Files.createDirectories(study.resolve("runs").resolve(BASE));
            Path inTheWay = Files.writeString(base.resolve(part), "no folder");
            assertThat(run(study, 2, new Heard())).isNotEmpty();
            assertThat(base.resolve("points.csv")).doesNotExist();
            Files.delete(inTheWay);
            run(study, 2, new Heard(), FIRST);
            assertThat(base.resolve(part).resolve("step-0.jsonl")).isNotEmptyFile();
            assertThat(base.resolve("points.csv")).isNotEmptyFile();
        }
    }
}
