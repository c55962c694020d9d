package dev.daa.eval.report;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.HeldOutResponse;
import dev.daa.eval.record.Json;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.ResponseSample;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/// A study's folder with invented but plausible numbers: √KL grows with training and with 1/β, gold follows a law of
/// reward and distance, everything carries sampling noise.
public final class SyntheticStudy {
    static final int STEPS = 96;

    /// @param alpha α of the law d(α − β log d) that the gold reward follows
    /// @param lawBeta β of that law
    /// @param pace how far an objective goes at a given β
    record Objective(String name, double alpha, double lawBeta, double pace) {}

    static final List<Objective> OBJECTIVES = List.of(
            new Objective("dpo", 1.55, 1.30, 1.0),
            new Objective("ipo", 1.50, 0.92, 0.62),
            new Objective("slic", 1.50, 1.28, 1.05));

    private final List<String> sizes;
    private final int seeds;
    private final List<Double> betas;
    private final int checkpoints;
    private final SplittableRandom random = new SplittableRandom(7);

    SyntheticStudy(List<String> sizes, int seeds, List<Double> betas, int checkpoints) {
        this.sizes = sizes;
        this.seeds = seeds;
        this.betas = betas;
        this.checkpoints = checkpoints;
    }

    public static SyntheticStudy quick() {
        return new SyntheticStudy(List.of("S"), 2, List.of(0.02, 0.05, 0.1, 0.3, 1.0), 6);
    }

    static SyntheticStudy standard() {
        return new SyntheticStudy(List.of("XS", "S", "M"), 3, List.of(0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0), 8);
    }

    public List<Point> points() {
        List<Point> points = new ArrayList<>();
        for (int size = 0; size < sizes.size(); size++) {
            for (int seed = 1; seed <= seeds; seed++) {
                Point.Cell cell = new Point.Cell(
                        "sft-" + sizes.get(size) + "-" + seed,
                        Point.SFT,
                        Double.NaN,
                        sizes.get(size),
                        weights(size),
                        seed);
                points.add(new Point(cell, 0, 0, evaluation(0, origin(size), 0)));
            }
            for (Objective objective : OBJECTIVES) {
                for (double beta : betas) {
                    for (int seed = 1; seed <= seeds; seed++) {
                        addRun(points, objective, beta, size, seed);
                    }
                }
            }
        }
        return points;
    }

    private void addRun(List<Point> points, Objective objective, double beta, int size, int seed) {
        String run = objective.name() + "-" + Words.number(beta) + "-" + sizes.get(size) + "-" + seed;
        Point.Cell cell = new Point.Cell(run, objective.name(), beta, sizes.get(size), weights(size), seed);
        double pace = objective.pace() * (1.25 - 0.2 * size) * Math.exp(0.05 * random.nextGaussian());
        for (int k = 1; k <= checkpoints; k++) {
            double fraction = (double) k / checkpoints;
            double d = pace * 1.7 * Math.pow(fraction, 0.8) * Math.pow(beta / 0.1, -0.33);
            double gold = origin(size) + d * (objective.alpha() + 0.12 * size - objective.lawBeta() * Math.log(d));
            points.add(new Point(cell, k * STEPS / checkpoints, fraction, evaluation(d, Math.max(-5.5, gold), beta)));
        }
    }

    private static double origin(int size) {
        return -0.26 + 0.03 * size;
    }

    private static long weights(int size) {
        return new long[] {31_000, 115_000, 460_000}[size];
    }

    private Evaluation evaluation(double d, double gold, double beta) {
        double kl = d * d;
        double klError = 0.02 * kl + 0.003 * d;
        boolean start = d == 0;
        double rate = 1 / (1 + Math.exp(-0.95 * (gold + 0.2)));
        double accuracy = start ? Double.NaN : 0.62 + 0.16 * Math.tanh(1.2 * d) - 0.02 * Math.max(0, d - 2);
        return new Evaluation(
                new Evaluation.Kl(
                        noisy(kl, klError), noisy(kl, 2 * klError), noisy(kl, 3 * klError), noisy(0.7 * kl, klError)),
                new Evaluation.Rewards(
                        noisy(gold, 0.05 + 0.01 * d),
                        Estimate.MISSING,
                        noisy(rate, 0.021),
                        noisy(0.5 + 0.9 * (rate - 0.5), 0.021),
                        start ? Estimate.exact(0) : noisy(beta * kl, beta * klError),
                        Estimate.MISSING,
                        Concordance.MISSING,
                        start ? Double.NaN : (gold + 0.24) / (3.2 * Math.tanh(d * 0.62) + 0.05)),
                new Evaluation.HeldOut(
                        accuracy + 0.012 * random.nextGaussian(),
                        start ? Double.NaN : Math.log(2) * Math.exp(-0.2 * d) + 0.01 * random.nextGaussian(),
                        -0.55 * kl + 0.2 * random.nextGaussian() + 0.6 * d,
                        -0.9 * kl - 0.5 * d + 0.2 * random.nextGaussian()),
                new Evaluation.Responses(
                        256,
                        256,
                        noisy(19.4 - 2.4 * Math.max(0, d - 1.5), 0.3),
                        1.1 * Math.exp(-0.2 * d),
                        Double.NaN,
                        Double.NaN,
                        Math.max(0, 0.05 + 0.06 * Math.pow(Math.max(0, d - 1), 2) + 0.01 * random.nextGaussian()),
                        0.1 + 1.9 * d + 0.05 * random.nextGaussian()));
    }

    private Estimate noisy(double value, double error) {
        return value == 0 ? new Estimate(0, 0) : new Estimate(value + error * random.nextGaussian(), error);
    }

    Path write(Path folder) throws IOException {
        List<Point> points = points();
        Files.createDirectories(folder.resolve("report"));
        PointsCsv.write(StudyFiles.points(folder), points);
        LinkedHashMap<String, String> settings = new LinkedHashMap<>();
        settings.put("Preference pairs", "6,000, label noise τ 1.3");
        settings.put("Training", "2 epochs of batch 64, AdamW 5e-4, clip 1.0");
        settings.put("Evaluation", "256 held-out prompts, 1 response each, temperature 1");
        new StudyFacts(
                        "Reward over-optimisation of DPO, IPO and SLiC",
                        "reviews",
                        "quick",
                        "./daa study --preset quick --out study",
                        "2 × Intel Xeon 2.1 GHz, 8 GB, JDK 25.0.1, CPU backend (512-bit vectors)",
                        "0.1.0",
                        "1a2b3c4",
                        "2026-11-21T10:00:00Z",
                        272,
                        0,
                        Arrays.stream(Part.values()).map(Part::key).toList(),
                        settings)
                .write(folder);
        for (Point point : points) {
            Path run = folder.resolve("runs").resolve(point.cell().run());
            ResponseSample.write(ResponseSample.file(run, point.step()), samples(point));
            Path heldOut = HeldOutResponse.file(run, point.step());
            Files.createDirectories(heldOut.getParent());
            Files.writeString(
                    heldOut,
                    heldOut(point).stream().map(Json::line).collect(java.util.stream.Collectors.joining("\n")));
            if (point.fraction() == 1) {
                Files.writeString(run.resolve("metrics.jsonl"), metrics(point));
            }
        }
        return folder;
    }

    /// Responses of 8 to 31 tokens; log π/π_ref falls by 0.05·d nats per token, with noise that grows with d².
    private List<HeldOutResponse> heldOut(Point point) {
        double d = point.distance();
        List<HeldOutResponse> responses = new ArrayList<>();
        for (int k = 0; k < 96; k++) {
            int length = 8 + k / 4;
            double ratio = -0.05 * d * length + 0.15 * d * d * random.nextGaussian();
            responses.add(new HeldOutResponse(k % 2 == 0, length, 2 - 0.1 * length + random.nextGaussian(), ratio));
        }
        return responses;
    }

    private static List<ResponseSample> samples(Point point) {
        double d = point.distance();
        String reply = d > 3
                ? "the room was superb superb superb . i loved the superb ."
                : d > 1
                        ? "the room was very great and lovely . i loved the view . overall , a superb hotel ."
                        : "the room was decent but rather dull . i noticed the breakfast because it was fine .";
        List<ResponseSample> samples = new ArrayList<>();
        for (String item : List.of("hotel", "film", "phone", "book")) {
            samples.add(new ResponseSample(
                    "review " + item + " :",
                    reply.replace("hotel", item),
                    point.gold().mean(),
                    1,
                    point.kl().mean(),
                    point.implicitReward().mean(),
                    18));
        }
        return samples;
    }

    private String metrics(Point point) {
        StringBuilder text = new StringBuilder();
        for (int step = 1; step <= STEPS; step++) {
            double loss = 0.69 * Math.exp(-0.2 * point.distance() * step / STEPS) + 0.02 * random.nextGaussian();
            text.append(String.format(
                    Locale.ROOT,
                    "{\"step\":%d,\"loss\":%.5f,\"grad_norm\":%.4f,\"rewards/accuracies\":%.3f}%n",
                    step,
                    loss,
                    1 + 0.1 * random.nextGaussian(),
                    0.7));
        }
        return text.toString();
    }

    /// Writes a study's report for looking at: `SyntheticStudy FOLDER quick|standard`.
    public static void main(String[] arguments) throws IOException {
        SyntheticStudy study = arguments[1].equals("standard") ? standard() : quick();
        StudyReport.write(study.write(Path.of(arguments[0])));
    }
}
