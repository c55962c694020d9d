package dev.daa.eval.study;

import static dev.daa.eval.study.StudyRuns.finish;
import static dev.daa.eval.study.StudyRuns.lines;
import static dev.daa.eval.study.StudyRuns.runner;
import static dev.daa.eval.study.StudyRuns.stop;
import static dev.daa.eval.study.TinyStudy.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.curve.ScoredPrompt;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.record.ScoresCsv;
import dev.daa.eval.study.StudyRuns.Heard;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.config.Assignment;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Cells of every kind in a study small enough for a test: each measures, stops and goes on as the others do.
class StudyCellsTest {
    private static final String FIRST = "dpo-beta0.1-tiny-seed1";
    private static final String SECOND = "dpo-beta1-tiny-seed1";
    private static final String BASE = "sft-tiny-seed1";

    @TempDir
    Path folder;

    /// Reward models stand between the SFT model and what is chosen or measured by them; two of them, one an
    /// ensemble.
    @Test
    void rewardModelsAndBestOfNAreCellsLikeAnyOther() throws IOException {
        Assignment proxies = new Assignment(
                "proxies",
                "{models: [{name: one}, {name: two, size: {name: wide, width: 24, layers: 1, heads: 2}, pairs: 24,"
                        + " flip: 0.2, members: 2, combine: kl-dro}], training: {batch: 8, learning_rate: 1e-3}}");
        Assignment best = new Assignment("best_of_n", "{samples: 6, proxies: [two]}");
        Assignment reinforcement = new Assignment(
                "reinforcement",
                "{algorithms: [{method: {algorithm: ppo, passes: 2}, kl_coefficients: [0.05], proxies: [one]}, {name:"
                        + " loo, method: {algorithm: rloo}, kl_coefficients: [0, 0.2], proxies: [two]}, {method:"
                        + " {algorithm: rloo, reference_mix: 0.1, shaping: {transform: par, reference_samples: 2}},"
                        + " kl_coefficients: [0.2], proxies: [two]}], training: {steps: 4, batch: 8, learning_rate:"
                        + " 1e-3}}");
        Assignment online = new Assignment(
                "online",
                "{methods: [{method: {objective: ipo}, betas: [0.1]}, {name: raft, method: {objective: sft, samples: 3,"
                        + " pairing: best-worst, refresh_every: 2}, betas: [1], labels: proxy, proxies: [one]},"
                        + " {method: {second: first, exploration: 0.01}, betas: [0.1]}],"
                        + " training: {steps: 4, batch: 8, learning_rate: 1e-3}}");
        StudyConfig config = config(proxies, best, reinforcement, online);
        String bestCell = "best-of-n-two-tiny-seed1";
        List<String> reinforced = List.of(
                "ppo-one-kl0.05-tiny-seed1",
                "loo-two-kl0-tiny-seed1",
                "loo-two-kl0.2-tiny-seed1",
                "rloo-par-two-kl0.2-tiny-seed1");
        List<String> onPolicy = List.of(
                "online-ipo-beta0.1-tiny-seed1", "raft-one-beta1-tiny-seed1", "online-xpo-dpo-beta0.1-tiny-seed1");
        List<String> cells = Stream.of(List.of(FIRST, SECOND), reinforced, onPolicy, List.of(bestCell))
                .flatMap(List::stream)
                .toList();
        assertThat(StudyRunner.cells(config)).containsExactlyElementsOf(cells);

        Path study = folder.resolve("study");
        Heard heard = new Heard();
        assertThat(runner(config, study, 2, heard).run(_ -> true, _ -> false)).isEmpty();
        assertThat(heard.started)
                .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                Stream.of(
                                        BASE,
                                        "sft-wide-seed1",
                                        "reward-one-tiny-seed1",
                                        "reward-two-tiny-seed1-member1",
                                        "reward-two-tiny-seed1-member2"),
                                cells.stream())
                        .toList());
        List<String> quality = Files.readAllLines(study.resolve("report/proxies.csv"));
        assertThat(quality).hasSize(3);
        assertThat(quality.get(1))
                .startsWith("reward-one-tiny-seed1,one,tiny,1,")
                .contains(",32,0.0,1,mean,16,");
        assertThat(quality.get(2))
                .startsWith("reward-two-tiny-seed1,two,tiny,1,")
                .contains(",24,0.2,2,kl-dro,16,");
        List<Point> points = PointsCsv.read(study.resolve("report/points.csv"));
        assertThat(points).allSatisfy(point -> {
            assertThat(point.evaluation().rewards().proxy().mean()).isFinite();
            assertThat(point.evaluation().rewards().agreement().share()).isBetween(0.0, 1.0);
        });
        List<Point> bestOfN = points.stream()
                .filter(point -> point.cell().method() == Method.BEST_OF_N)
                .toList();
        assertThat(points.stream().filter(point -> point.cell().method() == Method.REINFORCEMENT))
                .hasSize(8)
                .allSatisfy(point -> {
                    assertThat(point.kl().mean()).isPositive();
                    assertThat(point.implicitReward().isMissing()).isTrue();
                });
        assertThat(points.stream().filter(point -> point.cell().method() == Method.ONLINE))
                .hasSize(6)
                .allSatisfy(point -> assertThat(point.implicitReward().mean()).isFinite());
        assertThat(bestOfN).extracting(Point::step).containsExactly(1, 2, 4);
        assertThat(bestOfN)
                .extracting(point -> point.evaluation().rewards().proxy().mean())
                .isSorted();
        assertThat(bestOfN).extracting(point -> point.cell().objective()).containsOnly("best-of-n (two)");
        List<ScoredPrompt> scores = ScoresCsv.read(study.resolve("runs/" + bestCell + "/scores.csv"));
        assertThat(scores).allSatisfy(prompt -> assertThat(prompt.gold()).hasSize(6));
        for (Point point : bestOfN) {
            assertThat(scores.stream()
                            .mapToDouble(prompt -> dev.daa.eval.curve.BestOfN.expectedReward(
                                    prompt.proxy(), prompt.gold(), point.step()))
                            .average()
                            .orElseThrow())
                    .isCloseTo(point.gold().mean(), within(1e-5));
        }
        assertThat(bestOfN.getFirst().kl().mean()).isZero();
        assertThat(bestOfN.getLast().kl().mean())
                .isPositive()
                .isLessThanOrEqualTo(dev.daa.eval.curve.BestOfN.kl(4) + 1e-12);

        Path stopped = folder.resolve("stopped");
        for (String run : List.of("reward-one-tiny-seed1", reinforced.get(0), reinforced.get(3), bestCell)) {
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
                        "{models: [{name: one}, {name: low, lower_confidence: 0.3}, {name: odin, length_head:"
                                + " {correlation: 1}, centering: 0, batch_centering: 0.1}, {name: flat, members: 2,"
                                + " length_penalty: {residual: true}}, {name: short, length_penalty: {per_token:"
                                + " 1000}}], training: {batch: 8, learning_rate: 1e-3}}"),
                new Assignment("best_of_n", "{samples: 4, proxies: [low, odin, flat, short]}"),
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
                        "best-of-n (low)", "off-policy offline",
                        "best-of-n (odin)", "off-policy offline",
                        "best-of-n (flat)", "off-policy offline",
                        "best-of-n (short)", "off-policy offline"));
        List<ProxyRow> proxies = ProxyRow.read(study);
        assertThat(proxies)
                .extracting(ProxyRow::combine)
                .containsExactly(
                        "mean of length-residual",
                        "lower-confidence",
                        "length-head and batch-centered",
                        "mean",
                        "length-penalty");
        assertThat(proxies)
                .extracting(ProxyRow::parameters)
                .as("the length head is none of them")
                .satisfies(weights -> assertThat(weights.get(2)).isEqualTo(weights.get(3)));
        assertThat(proxies.getLast().lengthCorrelation())
                .as("a price that decides alone")
                .isCloseTo(-1, within(1e-3));
        assertThat(proxies.get(3).lengthCorrelation()).isNotCloseTo(-1, within(0.1));
        List<JsonNode> odin = lines(study.resolve("runs/reward-odin-tiny-seed1/metrics.jsonl"));
        assertThat(odin.getLast().get("length_head/correlation").asDouble()).isBetween(-1.0, 1.0);
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
        stop(config, stopped, "reward-odin-tiny-seed1", 2);
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
                        + " {name: bco_pair, betas: [0.1], label: remembers, averaging: {decay: 0, runs: 2}},"
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
        assertThat(ends).containsOnlyKeys("dpo", "last", "half", "merged", "remembers", "tr_dpo");
        assertThat(ends.get("last")).isEqualTo(ends.get("dpo"));
        double whole = Objects.requireNonNull(ends.get("dpo")).kl().exact().mean();
        assertThat(Objects.requireNonNull(ends.get("half")).kl().exact().mean()).isBetween(0.01 * whole, 0.6 * whole);
        assertThat(ends.get("tr_dpo")).isNotEqualTo(ends.get("dpo"));

        Path stopped = folder.resolve("stopped");
        for (String run : List.of(
                "half-beta0.1-tiny-seed1",
                "merged-beta0.1-tiny-seed1",
                "remembers-beta0.1-tiny-seed1",
                "tr_dpo-beta0.1-tiny-seed1")) {
            stop(config, stopped, run, 3);
        }
        finish(config, stopped, study);
    }

    /// The same of reinforcement, whose runs answer prompts and sample of their own: the first is the run without
    /// averages, so its last weights measure as those do. What each run controls, such as its penalty, survives a
    /// stop, too.
    @Test
    void reinforcedPoliciesAreAveragedAndMerged() throws IOException {
        StudyConfig config = config(
                new Assignment("objectives", "[]"),
                new Assignment("proxies", "{models: [{name: one}], training: {batch: 8, learning_rate: 1e-3}}"),
                new Assignment(
                        "reinforcement",
                        "{algorithms: [{method: {algorithm: ppo, kl_target: 0.2, kl_horizon: 16}, kl_coefficients:"
                                + " [0.05]}, {method: {algorithm: ppo, kl_target: 0.2, kl_horizon: 16},"
                                + " kl_coefficients: [0.05], averaging: {decay: 0}}, {name: ppo-half, method:"
                                + " {algorithm: ppo, kl_target: 0.2, kl_horizon: 16}, kl_coefficients: [0.05],"
                                + " averaging: {decay: 0, share: 0.5}}, {name: ppo-warp, method: {algorithm: ppo,"
                                + " kl_target: 0.2, kl_horizon: 16, reference_mix: 0.1}, kl_coefficients: [0.05],"
                                + " averaging: {decay: 0.3, share: 0.5, runs: 3}}],"
                                + " training: {steps: 4, batch: 8, learning_rate: 1e-3}}"));
        Path study = folder.resolve("study");
        assertThat(runner(config, study, 2, new Heard()).run(_ -> true, _ -> false))
                .isEmpty();
        Map<String, List<Evaluation>> measured = new TreeMap<>();
        for (Point point : PointsCsv.read(study.resolve("report/points.csv"))) {
            measured.computeIfAbsent(point.cell().objective(), _ -> new ArrayList<>())
                    .add(point.evaluation());
        }
        assertThat(measured).containsOnlyKeys("sft", "ppo", "ppo-averaged", "ppo-half", "ppo-warp");
        assertThat(measured.get("ppo-averaged")).hasSize(2).isEqualTo(measured.get("ppo"));
        double whole = Objects.requireNonNull(measured.get("ppo"))
                .getLast()
                .kl()
                .exact()
                .mean();
        for (String shorter : List.of("ppo-half", "ppo-warp")) {
            assertThat(Objects.requireNonNull(measured.get(shorter))
                            .getLast()
                            .kl()
                            .exact()
                            .mean())
                    .as(shorter)
                    .isBetween(0.01 * whole, 0.6 * whole);
        }
        Path runs = study.resolve("runs");
        String merged = "ppo-warp-kl0.05-tiny-seed1";
        assertThat(Files.readString(runs.resolve(merged).resolve("config.yaml")))
                .contains("averaging:", "runs: 3");
        assertThat(Files.readString(runs.resolve("ppo-kl0.05-tiny-seed1").resolve("config.yaml")))
                .as("runs that measure the last weights keep the config of earlier versions")
                .doesNotContain("averaging");
        assertThat(lines(runs.resolve(merged).resolve("metrics.jsonl"))
                        .getLast()
                        .has("time/generating"))
                .isTrue();

        Path stopped = folder.resolve("stopped");
        stop(config, stopped, merged, 1);
        stop(config, stopped, merged, 3);
        finish(config, stopped, study);
    }
}
