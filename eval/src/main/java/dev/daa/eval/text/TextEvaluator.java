package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.gold.WinRate;
import dev.daa.eval.kl.Divergences;
import dev.daa.eval.kl.KlEstimate;
import dev.daa.eval.policy.HeldOutPairs;
import dev.daa.eval.policy.HeldOutScorer;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.ResponseSample;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.DivergenceScorer;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.estimate.ClusteredMean;
import dev.daa.train.objective.Objective;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Measures a policy against the SFT model on held-out prompts: samples a response each, asks gold and proxy reward
/// model, and computes the exact KL along the samples. Rewards are relative to the SFT model's mean on the same
/// prompts. What is trained, implicit rewards and the log-probs of held-out pairs, is scored at temperature 1; the rest
/// at that of the samples.
final class TextEvaluator implements AutoCloseable {
    private static final int ROWS = 2048;
    private static final int CONCURRENT = 64;

    private final TextBase base;
    private final Sampling sampling;
    private final Generator generator;
    private final DivergenceScorer divergence;
    private final LogProbScorer policyScorer;
    private final HeldOutScorer heldOut;
    private final ResponseReward gold;
    private final ResponseReward proxy;
    private final Start start;

    /// What the SFT model's samples scored.
    ///
    /// @param dataGold gold reward of the data's response to each prompt
    /// @param samples of the SFT model, one a prompt
    /// @param gold reward of each
    record Start(double[] dataGold, List<Sequence> samples, double[] gold, double goldShift, double proxyShift) {}

    /// @param policy what is measured
    /// @param sft the model that it is measured against, named differently
    /// @param start what [#start] gave for the SFT model
    TextEvaluator(
            Backend backend, TextBase base, Model policy, Model sft, TextStudyConfig.Evaluation config, Start start) {
        this.base = base;
        this.start = start;
        sampling = sampling(base, config);
        generator = new Generator(backend, policy, CONCURRENT, base.longestPrompt(), config.maxTokens());
        int longestPair =
                base.heldOut().stream().mapToInt(PreferencePair::rows).max().orElseThrow();
        int longestSample = longest(base, config);
        int longest = Math.max(longestSample, longestPair);
        divergence = new DivergenceScorer(backend, policy, sft, longest, ROWS, (float) config.temperature());
        policyScorer = new LogProbScorer(backend, policy, longest, ROWS, 1);
        heldOut = new HeldOutScorer(
                base.heldOut(),
                longest,
                (sequences, cancelled) -> divergence.score(sequences, 1, cancelled),
                policyScorer::score);
        gold = RewardModel.of(backend, base.gold(), longestSample, 0);
        proxy = RewardModel.of(backend, base.proxy(), longestSample, 0);
    }

    /// Samples and scores the SFT model.
    static Start start(Backend backend, TextBase base, TextStudyConfig.Evaluation config, BooleanSupplier cancelled) {
        int longest = Math.max(
                longest(base, config),
                base.prompts().stream().mapToInt(Sequence::length).max().orElseThrow());
        try (Generator generator = new Generator(
                        backend, base.policy(backend, "policy"), CONCURRENT, base.longestPrompt(), config.maxTokens());
                ResponseReward gold = RewardModel.of(backend, base.gold(), longest, 0);
                ResponseReward proxy = RewardModel.of(backend, base.proxy(), longest, 0)) {
            List<Sequence> samples = samples(
                    base,
                    generator,
                    sampling(base, config),
                    new Seeds(0).derive("samples of the SFT model"),
                    cancelled);
            double[] scores = gold.score(samples, cancelled);
            double shift = mean(scores);
            return new Start(
                    shifted(gold.score(base.prompts(), cancelled), shift),
                    samples,
                    shifted(scores, shift),
                    shift,
                    mean(proxy.score(samples, cancelled)));
        }
    }

    static int longest(TextBase base, TextStudyConfig.Evaluation config) {
        return base.longestPrompt() + config.maxTokens();
    }

    static Sampling sampling(TextBase base, TextStudyConfig.Evaluation config) {
        return Sampling.full(
                config.temperature(), config.maxTokens(), base.sft().requiredStopTokens());
    }

    private static List<Sequence> samples(
            TextBase base, Generator generator, Sampling sampling, long seed, BooleanSupplier cancelled) {
        List<int[]> prompts = base.prompts().stream().map(Sequence::prompt).toList();
        Response[][] responses = generator.generate(prompts, 1, sampling, seed, cancelled);
        List<Sequence> samples = new ArrayList<>();
        for (int i = 0; i < responses.length; i++) {
            samples.add(new Sequence(prompts.get(i), responses[i][0].tokens()));
        }
        return samples;
    }

    /// A measured point and the responses behind it.
    record Measured(Evaluation evaluation, List<ResponseSample> samples) {}

    /// The SFT model itself, by the samples that all others are compared with.
    Measured evaluateStart(BooleanSupplier cancelled) {
        return evaluate(null, Double.NaN, start.samples(), cancelled);
    }

    /// @param objective evaluated on the held-out pairs; none for reinforcement
    /// @param beta of the implicit reward; NaN where there is none
    /// @param seed of the cell
    Measured evaluate(@Nullable Objective objective, double beta, long seed, BooleanSupplier cancelled) {
        long own = new Seeds(seed).derive("evaluation samples");
        return evaluate(objective, beta, samples(base, generator, sampling, own, cancelled), cancelled);
    }

    private Measured evaluate(
            @Nullable Objective objective, double beta, List<Sequence> sequences, BooleanSupplier cancelled) {
        DivergenceScorer.Scores[] scores = divergence.score(sequences, cancelled);
        DivergenceScorer.Scores[] trained =
                Double.isNaN(beta) || sampling.temperature() == 1 ? scores : divergence.score(sequences, 1, cancelled);
        double[] goldReward = shifted(gold.score(sequences, cancelled), start.goldShift());
        double[] proxyReward = shifted(proxy.score(sequences, cancelled), start.proxyShift());
        int count = sequences.size();
        double[] length = new double[count];
        double[] implicit = new double[count];
        List<ResponseSample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            length[i] = sequences.get(i).response().length;
            implicit[i] = beta * trained[i].logRatio();
            samples.add(new ResponseSample(
                    base.text(sequences.get(i).prompt()),
                    base.text(sequences.get(i).response()),
                    goldReward[i],
                    win(goldReward[i], start.dataGold()[i]),
                    DivergenceScorer.Scores.total(scores[i].kl()),
                    Double.isNaN(beta) ? 0 : implicit[i],
                    (int) length[i]));
        }
        Divergences divergences = Divergences.of(scores, divergence.score(start.samples(), cancelled));
        WinRate againstData = WinRate.of(goldReward, start.dataGold());
        WinRate againstSft = WinRate.of(goldReward, start.gold());
        int[][] prompts = sequences.stream().map(Sequence::prompt).toArray(int[][]::new);
        HeldOutPairs pairs = heldOut.score(objective, cancelled);
        return new Measured(
                new Evaluation(
                        new Evaluation.Kl(
                                estimate(divergences.exact()),
                                estimate(divergences.k1()),
                                estimate(divergences.k3()),
                                estimate(divergences.forward())),
                        new Evaluation.Rewards(
                                mean(ClusteredMean.of(goldReward)),
                                Estimate.MISSING,
                                new Estimate(againstData.rate(), againstData.standardError()),
                                new Estimate(againstSft.rate(), againstSft.standardError()),
                                Double.isNaN(beta) ? Estimate.MISSING : mean(ClusteredMean.of(implicit)),
                                mean(ClusteredMean.of(proxyReward)),
                                Concordance.withinPrompts(prompts, proxyReward, goldReward),
                                Double.NaN),
                        new Evaluation.HeldOut(
                                pairs.accuracy(), pairs.loss(), pairs.meanChosen(), pairs.meanRejected()),
                        new Evaluation.Responses(
                                count,
                                count,
                                mean(ClusteredMean.of(length)),
                                divergences.entropy(),
                                divergences.topEntropy(),
                                divergences.topMass(),
                                Double.NaN,
                                Double.NaN)),
                samples);
    }

    static double win(double reward, double opponent) {
        return reward > opponent ? 1 : reward == opponent ? 0.5 : 0;
    }

    static double[] shifted(double[] values, double shift) {
        return Arrays.stream(values).map(value -> value - shift).toArray();
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static Estimate estimate(KlEstimate kl) {
        return new Estimate(kl.estimate(), kl.standardError());
    }

    static Estimate mean(ClusteredMean mean) {
        return new Estimate(mean.mean(), mean.standardError());
    }

    @Override
    public void close() {
        generator.close();
        divergence.close();
        policyScorer.close();
        gold.close();
        proxy.close();
    }
}
