package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.gold.WinRate;
import dev.daa.eval.kl.Divergences;
import dev.daa.eval.kl.KlEstimate;
import dev.daa.eval.policy.HeldOutPairs;
import dev.daa.eval.policy.HeldOutScorer;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.HeldOutResponse;
import dev.daa.eval.record.ResponseSample;
import dev.daa.eval.world.ExactFrontier;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReviewGold;
import dev.daa.eval.world.ReviewsWorld;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Measures one policy against its reference in the `reviews` world: samples a response to each held-out
/// prompt, scores policy and reference on them, on samples of the reference and on held-out pairs, and asks the
/// gold reward. What is trained, implicit rewards and the log-probs of held-out pairs, is scored at temperature 1; the
/// rest at that of the samples.
public final class PolicyEvaluator implements AutoCloseable {
    private static final int ROWS = 2048;
    private static final int CONCURRENT = 128;

    private final HeldOut heldOut;
    private final ExactFrontier frontier;
    private final double temperature;
    private final Generator generator;
    private final DivergenceScorer scorer;
    private final LogProbScorer policyScorer;
    private final HeldOutScorer heldOutScorer;
    private final ResponseReward gold;
    private final boolean goldIsExact;
    private final @Nullable ResponseReward proxy;

    /// A measured point and the responses behind it.
    ///
    /// @param heldOut the held-out pairs' responses, chosen and rejected in turn
    public record Measured(Evaluation evaluation, List<ResponseSample> samples, List<HeldOutResponse> heldOut) {}

    /// What a policy was made with, as far as it decides what can be measured.
    sealed interface Subject {
        /// The SFT policy itself.
        record Start() implements Subject {}

        /// Direct alignment.
        ///
        /// @param objective evaluated on the held-out pairs
        /// @param beta factor of the implicit reward
        record Direct(Objective objective, double beta) implements Subject {}

        /// Anything else.
        record Other() implements Subject {}
    }

    /// @param gold what is reported as gold; the exact one beside it where that is another
    /// @param proxy scores the responses; none where the study has no reward model. Closed with the evaluator
    PolicyEvaluator(
            Backend backend,
            Model policy,
            Model reference,
            HeldOut heldOut,
            ExactFrontier frontier,
            Gold gold,
            double temperature,
            @Nullable ResponseReward proxy) {
        this.proxy = proxy;
        this.gold = gold.open(backend);
        goldIsExact = gold instanceof Gold.Exact;
        this.heldOut = heldOut;
        this.frontier = frontier;
        this.temperature = temperature;
        generator = new Generator(backend, policy, CONCURRENT, ReviewsWorld.PROMPT_LENGTH, ReviewsWorld.RESPONSE_LIMIT);
        scorer = new DivergenceScorer(backend, policy, reference, BaseStage.LONGEST, ROWS, (float) temperature);
        policyScorer = new LogProbScorer(backend, policy, BaseStage.LONGEST, ROWS, 1);
        heldOutScorer = new HeldOutScorer(
                heldOut.pairs(),
                BaseStage.LONGEST,
                (sequences, cancelled) -> scorer.score(sequences, 1, cancelled),
                policyScorer::score);
    }

    /// @param seed of the samples
    Measured evaluate(Subject subject, long seed, BooleanSupplier cancelled) {
        double beta = subject instanceof Subject.Direct direct ? direct.beta() : Double.NaN;
        List<Sequence> sequences = sample(seed, cancelled);
        DivergenceScorer.Scores[] scores = scorer.score(sequences);
        DivergenceScorer.Scores[] trained =
                Double.isNaN(beta) || temperature == 1 ? scores : scorer.score(sequences, 1, cancelled);
        double[] implicitReward = Arrays.stream(trained)
                .mapToDouble(score -> beta * score.logRatio())
                .toArray();
        double[] reward = gold.score(sequences, cancelled);
        List<ReviewGold> judged = sequences.stream()
                .map(sequence -> ReviewsWorld.goldReward(ReviewsWorld.itemOf(sequence.prompt()), sequence.response()))
                .toList();
        ClusteredMean exactGold =
                ClusteredMean.of(judged.stream().mapToDouble(ReviewGold::reward).toArray());
        Divergences divergences = Divergences.of(scores, scorer.score(heldOut.referenceSamples()));
        HeldOutPairs pairs =
                heldOutScorer.score(subject instanceof Subject.Direct direct ? direct.objective() : null, cancelled);
        Proxy scored = proxy(sequences, reward, cancelled);
        WinRate againstData = WinRate.of(reward, heldOut.dataGold());
        WinRate againstSft = WinRate.of(reward, heldOut.sftGold());
        return new Measured(
                new Evaluation(
                        kl(divergences),
                        new Evaluation.Rewards(
                                estimate(ClusteredMean.of(reward)),
                                goldIsExact ? Estimate.MISSING : estimate(exactGold),
                                new Estimate(againstData.rate(), againstData.standardError()),
                                new Estimate(againstSft.rate(), againstSft.standardError()),
                                Double.isNaN(beta) ? Estimate.MISSING : estimate(ClusteredMean.of(implicitReward)),
                                scored.reward(),
                                scored.agreement(),
                                subject instanceof Subject.Start
                                        ? Double.NaN
                                        : frontier.frontierShare(
                                                exactGold.mean(),
                                                divergences.exact().estimate(),
                                                heldOut.sftExactGold())),
                        new Evaluation.HeldOut(
                                pairs.accuracy(), pairs.loss(), pairs.meanChosen(), pairs.meanRejected()),
                        responses(sequences, judged, divergences)),
                samples(sequences, scores, reward, Double.isNaN(beta) ? new double[scores.length] : implicitReward),
                heldOutResponses(pairs));
    }

    /// One response to each held-out prompt.
    private List<Sequence> sample(long seed, BooleanSupplier cancelled) {
        Sampling sampling = Sampling.full(temperature, ReviewsWorld.RESPONSE_LIMIT, Lexicon.STOP);
        Response[][] responses = generator.generate(heldOut.prompts(), 1, sampling, seed, cancelled);
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < responses.length; i++) {
            sequences.add(new Sequence(heldOut.prompts().get(i), responses[i][0].tokens()));
        }
        return sequences;
    }

    private List<ResponseSample> samples(
            List<Sequence> sequences, DivergenceScorer.Scores[] scores, double[] reward, double[] implicitReward) {
        List<ResponseSample> samples = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            Sequence sequence = sequences.get(i);
            samples.add(new ResponseSample(
                    Lexicon.decode(sequence.prompt()),
                    withoutEos(sequence.response()),
                    reward[i],
                    win(reward[i], heldOut.dataGold()[i]),
                    DivergenceScorer.Scores.total(scores[i].kl()),
                    implicitReward[i],
                    sequence.response().length));
        }
        return samples;
    }

    private static Evaluation.Kl kl(Divergences divergences) {
        return new Evaluation.Kl(
                estimate(divergences.exact()),
                estimate(divergences.k1()),
                estimate(divergences.k3()),
                estimate(divergences.forward()));
    }

    private static Evaluation.Responses responses(
            List<Sequence> sequences, List<ReviewGold> judged, Divergences divergences) {
        double[] length = sequences.stream()
                .mapToDouble(sequence -> sequence.response().length)
                .toArray();
        double violations = 0;
        double sentiment = 0;
        for (ReviewGold gold : judged) {
            violations += gold.violations();
            sentiment += gold.sentiment();
        }
        int count = sequences.size();
        return new Evaluation.Responses(
                count,
                count,
                estimate(ClusteredMean.of(length)),
                divergences.entropy(),
                divergences.topEntropy(),
                divergences.topMass(),
                violations / count,
                sentiment / count);
    }

    static double win(double reward, double opponent) {
        return reward > opponent ? 1 : reward == opponent ? 0.5 : 0;
    }

    /// What the reward model says of the policy's samples.
    private record Proxy(Estimate reward, Concordance agreement) {}

    private Proxy proxy(List<Sequence> sequences, double[] gold, BooleanSupplier cancelled) {
        if (proxy == null) {
            return new Proxy(Estimate.MISSING, Concordance.MISSING);
        }
        double[] scores = proxy.score(sequences, cancelled);
        int[][] prompts = sequences.stream().map(Sequence::prompt).toArray(int[][]::new);
        return new Proxy(estimate(ClusteredMean.of(scores)), Concordance.withinPrompts(prompts, scores, gold));
    }

    private List<HeldOutResponse> heldOutResponses(HeldOutPairs scored) {
        List<HeldOutResponse> responses = new ArrayList<>();
        for (int i = 0; i < heldOut.pairs().size(); i++) {
            PreferencePair pair = heldOut.pairs().get(i);
            responses.add(new HeldOutResponse(
                    true, pair.chosen().length, heldOut.chosenGold()[i], scored.chosenLogRatio()[i]));
            responses.add(new HeldOutResponse(
                    false, pair.rejected().length, heldOut.rejectedGold()[i], scored.rejectedLogRatio()[i]));
        }
        return responses;
    }

    private static Estimate estimate(KlEstimate kl) {
        return new Estimate(kl.estimate(), kl.standardError());
    }

    private static Estimate estimate(ClusteredMean mean) {
        return new Estimate(mean.mean(), mean.standardError());
    }

    static String withoutEos(int[] response) {
        int length = response.length;
        return Lexicon.decode(response, length > 0 && response[length - 1] == Lexicon.EOS ? length - 1 : length);
    }

    @Override
    public void close() {
        generator.close();
        scorer.close();
        policyScorer.close();
        gold.close();
        if (proxy != null) {
            proxy.close();
        }
    }
}
