package dev.daa.eval.policy;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.gold.WinRate;
import dev.daa.eval.kl.Divergences;
import dev.daa.eval.kl.KlEstimate;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.score.DivergenceScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.DataReader;
import dev.daa.train.estimate.ClusteredMean;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.run.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What a policy does with prompts, how far it is from its reference there, and what reward models say of both.
///
/// @param prompts how many
/// @param samplesPerPrompt responses to each
/// @param kl KL(π‖π_ref) of whole responses in nats, exact along samples of the policy
/// @param klK1 the same by k1
/// @param klK3 the same by k3
/// @param forwardKl KL(π_ref‖π), exact along samples of the reference
/// @param entropy nats per token of the policy
/// @param length tokens of a response, end of sequence included
/// @param stopped share of responses that ended by themselves
/// @param reward of the policy's response less that of the reference's to the same prompt, of all models together, both
/// drawn by the same random numbers, which makes the error of the difference small; null without reward models
/// @param winRate share of responses whose reward is above that of a response of the reference, ties ½, the two drawn
/// independently: by the same random numbers the models agree too often; null likewise
public record PolicyMeasurement(
        int prompts,
        int samplesPerPrompt,
        double temperature,
        long seed,
        Value kl,
        Value klK1,
        Value klK3,
        Value forwardKl,
        double entropy,
        Value length,
        double stopped,
        @Nullable Value reward,
        @Nullable Value winRate) {
    private static final int ROWS = 2048;

    /// A mean and its standard error, clustered by prompt; null with a single prompt.
    public record Value(double mean, @Nullable Double se) {
        private static Value of(double mean, double se) {
            return new Value(mean, Double.isNaN(se) ? null : se);
        }

        private static Value of(KlEstimate kl) {
            return of(kl.estimate(), kl.standardError());
        }
    }

    /// Samples of one model.
    private record Samples(List<Sequence> sequences, int[] prompt, double stopped) {
        double[] lengths() {
            return sequences.stream()
                    .mapToDouble(sequence -> sequence.response().length)
                    .toArray();
        }
    }

    /// Samples from both models and measures.
    ///
    /// @param cancelled asked between tokens and batches; once it says so a
    /// [java.util.concurrent.CancellationException] ends the work
    public static PolicyMeasurement of(MeasureConfig config, BooleanSupplier cancelled) {
        ModelFolder policy = ModelFolder.open(config.model());
        ModelFolder reference = ModelFolder.open(config.reference());
        reference.requireVocabularyOf(policy);
        List<int[]> all = DataReader.of(policy).prompts(config.data());
        List<int[]> prompts = config.prompts() == 0 ? all : all.subList(0, Math.min(config.prompts(), all.size()));
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow() + config.maxTokens();
        RewardFolders rewards = config.reward().isEmpty()
                ? null
                : RewardFolders.open(
                        config.reward(),
                        policy,
                        config.combine(),
                        config.penalty(),
                        config.lowerConfidence(),
                        config.lengthPenalty());
        try (Backend backend = config.placement().open()) {
            Model policyModel = load(backend, policy, "policy");
            Model referenceModel = load(backend, reference, "reference");
            Samples ofPolicy = sample(backend, policyModel, policy, prompts, config, config.seed(), cancelled);
            Samples ofReference = sample(backend, referenceModel, policy, prompts, config, config.seed(), cancelled);
            Divergences divergences;
            try (DivergenceScorer scorer = new DivergenceScorer(
                    backend, policyModel, referenceModel, longest, ROWS, (float) config.temperature())) {
                divergences = Divergences.of(
                        finite(config, scorer.score(ofPolicy.sequences(), cancelled)),
                        ofPolicy.prompt(),
                        finite(config, scorer.score(ofReference.sequences(), cancelled)),
                        ofReference.prompt());
            }
            ClusteredMean length = ClusteredMean.of(ofPolicy.lengths(), ofPolicy.prompt());
            Value reward = null;
            Value winRate = null;
            if (rewards != null) {
                long independent = new Seeds(config.seed()).derive("responses to win against");
                Samples opponents = sample(backend, referenceModel, policy, prompts, config, independent, cancelled);
                try (ResponseReward score = rewards.reward(backend, longest, ofReference.sequences(), cancelled)) {
                    double[] own = score.score(ofPolicy.sequences(), cancelled);
                    double[] others = score.score(ofReference.sequences(), cancelled);
                    ClusteredMean mean = ClusteredMean.of(differences(own, others), ofPolicy.prompt());
                    reward = Value.of(mean.mean(), mean.standardError());
                    WinRate wins = WinRate.of(own, score.score(opponents.sequences(), cancelled), ofPolicy.prompt());
                    winRate = Value.of(wins.rate(), wins.standardError());
                }
            }
            return new PolicyMeasurement(
                    prompts.size(),
                    config.samples(),
                    config.temperature(),
                    config.seed(),
                    Value.of(divergences.exact()),
                    Value.of(divergences.k1()),
                    Value.of(divergences.k3()),
                    Value.of(divergences.forward()),
                    divergences.entropy(),
                    Value.of(length.mean(), length.standardError()),
                    ofPolicy.stopped(),
                    reward,
                    winRate);
        }
    }

    private static double[] differences(double[] own, double[] others) {
        double[] differences = new double[own.length];
        Arrays.setAll(differences, i -> own[i] - others[i]);
        return differences;
    }

    private static DivergenceScorer.Scores[] finite(MeasureConfig config, DivergenceScorer.Scores[] scores) {
        for (int i = 0; i < scores.length; i++) {
            requireFinite(config.model(), i, scores[i].policy());
            requireFinite(config.reference(), i, scores[i].reference());
        }
        return scores;
    }

    private static void requireFinite(Path model, int response, float[] logProbs) {
        for (float logProb : logProbs) {
            if (!Float.isFinite(logProb)) {
                throw InputException.of(
                        model + ": response " + (response + 1),
                        "a log-probability of " + logProb,
                        "finite numbers",
                        "the model's weights are too large; use another model or an earlier checkpoint");
            }
        }
    }

    private static Model load(Backend backend, ModelFolder folder, String layoutName) {
        TransformerParameters parameters = new TransformerParameters(folder.config(), Head.LANGUAGE, layoutName);
        return folder.load(backend, parameters);
    }

    private static Samples sample(
            Backend backend,
            Model model,
            ModelFolder stopping,
            List<int[]> prompts,
            MeasureConfig config,
            long seed,
            BooleanSupplier cancelled) {
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
        int rows = (int) Math.min(config.batch(), (long) prompts.size() * config.samples());
        Sampling sampling = Sampling.full(config.temperature(), config.maxTokens(), stopping.stopTokens());
        try (Generator generator = new Generator(backend, model, rows, longest, config.maxTokens())) {
            Response[][] responses = generator.generate(prompts, config.samples(), sampling, seed, cancelled);
            List<Sequence> sequences = new ArrayList<>();
            int[] prompt = new int[prompts.size() * config.samples()];
            int stopped = 0;
            for (int i = 0; i < responses.length; i++) {
                for (Response response : responses[i]) {
                    prompt[sequences.size()] = i;
                    sequences.add(new Sequence(prompts.get(i), response.tokens()));
                    stopped += response.stopped() ? 1 : 0;
                }
            }
            return new Samples(sequences, prompt, stopped / (double) prompt.length);
        }
    }
}
