package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.curve.BestOfN;
import dev.daa.eval.curve.ScoredPrompt;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ResponseSample;
import dev.daa.eval.record.ScoresCsv;
import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReviewGold;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.Sequence;
import dev.daa.train.estimate.ClusteredMean;
import dev.daa.train.loop.StepTime;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Measures best of n by a proxy reward for n = 1, 2, 4, …: N samples of the SFT policy for each held-out prompt, drawn
/// once, then the unbiased estimate for every n from all N of them ([BestOfN#expectedReward]). A point's step is its
/// n.
final class BestOfNStage {
    private static final int CONCURRENT = 256;

    private final StudyConfig config;
    private final ExactFrontier frontier;
    private final Interrupt interrupt;
    private final String backendName;

    BestOfNStage(StudyConfig config, ExactFrontier frontier, Interrupt interrupt, String backendName) {
        this.config = config;
        this.frontier = frontier;
        this.interrupt = interrupt;
        this.backendName = backendName;
    }

    /// What is known of the N samples of one prompt.
    private record Samples(
            double[] score,
            double[] gold,
            double[] exactGold,
            double[] beatsData,
            double[] beatsSft,
            double[] length,
            double[] violations,
            double[] sentiment,
            List<int[]> responses) {}

    void run(
            Backend backend,
            Cell.BestOfN cell,
            BaseStage.Prepared base,
            TrainedProxy proxy,
            RunFolder folder,
            MetricsSink display) {
        folder.manifest(Manifest.here(
                backendName,
                backend.description(),
                cell.base().seed(),
                cell.base().name(),
                Map.of("prompts", "reviews", "gold", base.goldQuality().inWords())));
        MetricsSink sink = folder.metrics(folder.checkpoints().latest()).and(display);
        List<Samples> samples = new ArrayList<>();
        List<int[]> prompts = base.heldOut().prompts();
        Seeds seeds = new Seeds(cell.base().seed());
        try (Generator generator = new Generator(
                        backend,
                        base.model(backend, "policy"),
                        CONCURRENT,
                        ReviewsWorld.PROMPT_LENGTH,
                        ReviewsWorld.RESPONSE_LIMIT);
                ResponseReward reward = proxy.open(backend);
                ResponseReward gold = base.gold().open(backend)) {
            for (int chunk = 0; chunk < cell.steps(config); chunk++) {
                int from = chunk * Cell.BestOfN.PROMPTS;
                int to = Math.min(prompts.size(), from + Cell.BestOfN.PROMPTS);
                long start = System.nanoTime();
                long before = generator.generatedTokens();
                Response[][] responses = generator.generate(
                        prompts.subList(from, to),
                        cell.samples(),
                        sampling(),
                        seeds.derive("best of n", chunk),
                        interrupt::requested);
                long generated = System.nanoTime();
                for (int i = from; i < to; i++) {
                    samples.add(judged(base.heldOut(), i, responses[i - from], reward, gold));
                }
                long end = System.nanoTime();
                sink.record(StepTime.of(start, (generated - start) * 1e-9, end, end)
                        .addTo(Metrics.at(chunk + 1L)
                                .with(
                                        "tokens_per_second",
                                        (generator.generatedTokens() - before) / ((end - start) * 1e-9))));
            }
        }
        ScoresCsv.write(ScoresCsv.in(folder.path()), scores(samples, cell.base().seed()));
        for (int n = 1; n <= cell.samples(); n *= 2) {
            RunPoints.record(
                    folder,
                    new Point(
                            cell.pointCell(base.weights().length),
                            n,
                            (double) n / cell.samples(),
                            evaluation(samples, prompts, n, base)),
                    examples(samples, prompts, n));
        }
    }

    private static List<ScoredPrompt> scores(List<Samples> samples, long seed) {
        List<ScoredPrompt> scores = new ArrayList<>();
        for (Samples of : samples) {
            scores.add(new ScoredPrompt(Integer.toString(scores.size()), Long.toString(seed), of.score, of.gold));
        }
        return scores;
    }

    private Sampling sampling() {
        return Sampling.full(config.evaluation().temperature(), ReviewsWorld.RESPONSE_LIMIT, Lexicon.STOP);
    }

    private Samples judged(
            HeldOut heldOut, int prompt, Response[] responses, ResponseReward reward, ResponseReward gold) {
        int[] tokens = heldOut.prompts().get(prompt);
        int count = responses.length;
        List<int[]> texts = Arrays.stream(responses).map(Response::tokens).toList();
        List<Sequence> sequences =
                texts.stream().map(text -> new Sequence(tokens, text)).toList();
        Samples samples = new Samples(
                reward.score(sequences, interrupt::requested),
                gold.score(sequences, interrupt::requested),
                new double[count],
                new double[count],
                new double[count],
                new double[count],
                new double[count],
                new double[count],
                texts);
        for (int i = 0; i < count; i++) {
            ReviewGold judged = ReviewsWorld.goldReward(ReviewsWorld.itemOf(tokens), texts.get(i));
            samples.exactGold[i] = judged.reward();
            samples.beatsData[i] = PolicyEvaluator.win(samples.gold[i], heldOut.dataGold()[prompt]);
            samples.beatsSft[i] = PolicyEvaluator.win(samples.gold[i], heldOut.sftGold()[prompt]);
            samples.length[i] = texts.get(i).length;
            samples.violations[i] = judged.violations();
            samples.sentiment[i] = judged.sentiment();
        }
        return samples;
    }

    private Evaluation evaluation(List<Samples> samples, List<int[]> prompts, int n, BaseStage.Prepared base) {
        Estimate kl = over(samples, sample -> BestOfN.kl(sample.score, n));
        Estimate exactGold = expected(samples, n, Samples::exactGold);
        return new Evaluation(
                Evaluation.Kl.of(kl),
                new Evaluation.Rewards(
                        expected(samples, n, Samples::gold),
                        base.gold() instanceof Gold.Exact ? Estimate.MISSING : exactGold,
                        expected(samples, n, Samples::beatsData),
                        expected(samples, n, Samples::beatsSft),
                        Estimate.MISSING,
                        expected(samples, n, Samples::score),
                        agreement(samples, prompts, n),
                        n == 1
                                ? Double.NaN
                                : frontier.frontierShare(
                                        exactGold.mean(),
                                        kl.mean(),
                                        base.heldOut().sftExactGold())),
                Evaluation.HeldOut.MISSING,
                new Evaluation.Responses(
                        samples.size(),
                        samples.size() * samples.getFirst().score.length,
                        expected(samples, n, Samples::length),
                        Double.NaN,
                        Double.NaN,
                        Double.NaN,
                        expected(samples, n, Samples::violations).mean(),
                        expected(samples, n, Samples::sentiment).mean()));
    }

    /// Agreement of proxy and gold on one best response a prompt.
    private static Concordance agreement(List<Samples> samples, List<int[]> prompts, int n) {
        double[] score = new double[samples.size()];
        double[] gold = new double[samples.size()];
        for (int i = 0; i < score.length; i++) {
            int best = best(samples.get(i).score, n);
            score[i] = samples.get(i).score[best];
            gold[i] = samples.get(i).gold[best];
        }
        return Concordance.withinPrompts(prompts.toArray(int[][]::new), score, gold);
    }

    @FunctionalInterface
    private interface OfSamples {
        double[] of(Samples samples);
    }

    @FunctionalInterface
    private interface OfPrompt {
        double of(Samples samples);
    }

    /// Mean over prompts of the expectation under best of n.
    private static Estimate expected(List<Samples> samples, int n, OfSamples quantity) {
        return over(samples, sample -> BestOfN.expectedReward(sample.score, quantity.of(sample), n));
    }

    private static Estimate over(List<Samples> samples, OfPrompt quantity) {
        ClusteredMean mean =
                ClusteredMean.of(samples.stream().mapToDouble(quantity::of).toArray());
        return new Estimate(mean.mean(), mean.standardError());
    }

    /// The best of the first n.
    private static int best(double[] score, int n) {
        int best = 0;
        for (int i = 1; i < n; i++) {
            best = score[i] > score[best] ? i : best;
        }
        return best;
    }

    /// The best of each prompt's first n samples.
    private static List<ResponseSample> examples(List<Samples> samples, List<int[]> prompts, int n) {
        List<ResponseSample> rows = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            Samples of = samples.get(i);
            int best = best(of.score, n);
            rows.add(new ResponseSample(
                    Lexicon.decode(prompts.get(i)),
                    PolicyEvaluator.withoutEos(of.responses.get(best)),
                    of.gold[best],
                    of.beatsData[best],
                    BestOfN.kl(of.score, n),
                    0,
                    of.responses.get(best).length));
        }
        return rows;
    }
}
