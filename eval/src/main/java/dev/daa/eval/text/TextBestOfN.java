package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.eval.curve.BestOfN;
import dev.daa.eval.curve.ScoredPrompt;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ScoresCsv;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.score.Sequence;
import dev.daa.train.estimate.ClusteredMean;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// Best of n samples of the SFT model by the proxy reward model, for n = 1, 2, 4, … up to the number of samples: the
/// unbiased estimate for every n from all samples of a prompt ([BestOfN#expectedReward]).
final class TextBestOfN {
    private static final int CONCURRENT = 64;

    private TextBestOfN() {}

    /// Samples of one prompt with what is known of each.
    private record Samples(double[] proxy, double[] gold, double[] beatsData, double[] beatsSft, double[] length) {}

    /// Keeps the samples' rewards in the folder of the run, too.
    ///
    /// @param run that folder
    /// @param cell of the points; their step is n
    static List<Point> points(
            Backend backend,
            TextBase base,
            TextStudyConfig config,
            TextEvaluator.Start start,
            Path run,
            Point.Cell cell,
            BooleanSupplier cancelled) {
        List<Samples> samples = samples(backend, base, config, start, cancelled);
        ScoresCsv.write(ScoresCsv.in(run), scores(samples, cell.seed()));
        List<Point> points = new ArrayList<>();
        for (int n = 1; n <= config.bestOfN(); n *= 2) {
            points.add(new Point(cell, n, (double) n / config.bestOfN(), evaluation(samples, n)));
        }
        return points;
    }

    private static List<ScoredPrompt> scores(List<Samples> samples, long seed) {
        List<ScoredPrompt> scores = new ArrayList<>();
        for (Samples of : samples) {
            scores.add(new ScoredPrompt(Integer.toString(scores.size()), Long.toString(seed), of.proxy, of.gold));
        }
        return scores;
    }

    private static List<Samples> samples(
            Backend backend,
            TextBase base,
            TextStudyConfig config,
            TextEvaluator.Start start,
            BooleanSupplier cancelled) {
        int longest = TextEvaluator.longest(base, config.evaluation());
        List<int[]> prompts = base.prompts().stream().map(Sequence::prompt).toList();
        try (Generator generator = new Generator(
                        backend,
                        base.policy(backend, "policy"),
                        CONCURRENT,
                        base.longestPrompt(),
                        config.evaluation().maxTokens());
                ResponseReward gold = RewardModel.of(backend, base.gold(), longest, 0);
                ResponseReward proxy = RewardModel.of(backend, base.proxy(), longest, 0)) {
            Response[][] responses = generator.generate(
                    prompts,
                    config.bestOfN(),
                    TextEvaluator.sampling(base, config.evaluation()),
                    config.seeds().getFirst(),
                    cancelled);
            List<Samples> samples = new ArrayList<>();
            for (int i = 0; i < responses.length; i++) {
                int[] prompt = prompts.get(i);
                List<Sequence> of = Arrays.stream(responses[i])
                        .map(response -> new Sequence(prompt, response.tokens()))
                        .toList();
                double[] goldReward = TextEvaluator.shifted(gold.score(of, cancelled), start.goldShift());
                double data = start.dataGold()[i];
                double sft = start.gold()[i];
                samples.add(new Samples(
                        TextEvaluator.shifted(proxy.score(of, cancelled), start.proxyShift()),
                        goldReward,
                        Arrays.stream(goldReward)
                                .map(reward -> TextEvaluator.win(reward, data))
                                .toArray(),
                        Arrays.stream(goldReward)
                                .map(reward -> TextEvaluator.win(reward, sft))
                                .toArray(),
                        of.stream()
                                .mapToDouble(sequence -> sequence.response().length)
                                .toArray()));
            }
            return samples;
        }
    }

    private static Evaluation evaluation(List<Samples> samples, int n) {
        return new Evaluation(
                Evaluation.Kl.of(over(samples, sample -> BestOfN.kl(sample.proxy(), n))),
                new Evaluation.Rewards(
                        expected(samples, n, Samples::gold),
                        Estimate.MISSING,
                        expected(samples, n, Samples::beatsData),
                        expected(samples, n, Samples::beatsSft),
                        Estimate.MISSING,
                        expected(samples, n, Samples::proxy),
                        Concordance.MISSING,
                        Double.NaN),
                Evaluation.HeldOut.MISSING,
                new Evaluation.Responses(
                        samples.size(),
                        samples.size() * samples.getFirst().proxy().length,
                        expected(samples, n, Samples::length),
                        Double.NaN,
                        Double.NaN,
                        Double.NaN,
                        Double.NaN,
                        Double.NaN));
    }

    private static Estimate expected(List<Samples> samples, int n, Function<Samples, double[]> quantity) {
        return over(samples, sample -> BestOfN.expectedReward(sample.proxy(), quantity.apply(sample), n));
    }

    private static Estimate over(List<Samples> samples, ToDoubleFunction<Samples> quantity) {
        return TextEvaluator.mean(
                ClusteredMean.of(samples.stream().mapToDouble(quantity).toArray()));
    }
}
