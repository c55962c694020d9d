package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.curve.BestOfN;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.bestofn.Selection;
import dev.daa.train.config.Setting;
import dev.daa.train.data.DataReader;
import dev.daa.train.rollout.LengthPenalty;
import dev.daa.train.rollout.LowerConfidence;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Placement;
import dev.daa.train.run.Seeds;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/// `daa best-of-n`: the best of n samples by reward models.
@Command(
        name = "best-of-n",
        description = {
            "Samples n responses to each prompt and prints the best by reward models.",
            "One JSON line each: {\"prompt\":…,\"response\":…,\"prompt_ids\":[…],\"response_ids\":[…],\"score\":…}.",
            "With --pairs, the best against the worst as a preference pair: data for `daa align`.",
            "Worst-case, uncertainty and kl-dro centre each reward model on 256 further samples of the model, and"
                    + " their",
            "score; length_penalty.residual measures there what each owes to length, and centres it, too."
        })
final class BestOfNCommand extends ConfigCommand<BestOfNCommand.Config> {
    private static final int PROMPTS_AT_A_TIME = 16;
    private static final int CENTRING_SAMPLES = 256;

    /// Keys of the command.
    record Config(
            @Setting("model folder") Path model,

            @Setting("reward-model folders; several are an ensemble")
            List<Path> reward,

            @Setting(
                    value = "how several become one score: mean, worst-case, uncertainty or kl-dro",
                    byDefault = "mean")
            RewardEnsemble.Rule combine,

            @Setting(
                    value = "factor of the variance for uncertainty and, where small, for kl-dro: 0.5 for choosing"
                            + " as Coste et al. have it for best of n, where ppo and online take 0.1",
                    byDefault = "0.5")
            double penalty,

            @Setting("lower confidence bound of the reward models")
            LowerConfidence lowerConfidence,

            @Setting("what comes off each reward model's score for the length of a response")
            LengthPenalty lengthPenalty,

            @Setting("rows (JSONL or Parquet) with a prompt, as text or as prompt_ids")
            Path data,

            @Setting(value = "samples per prompt", byDefault = "16")
            int n,

            @Setting(value = "how many of them to print, best first", byDefault = "1")
            int keep,

            @Setting(
                    value = "λ of soft best of n: one sample drawn with probability ∝ e^{λ·score}; 0 takes the best",
                    byDefault = "0")
            double sharpness,

            @Setting(value = "print the best against the worst as a preference pair", byDefault = "false")
            boolean pairs,

            @Setting(value = "divides the logits", byDefault = "1")
            double temperature,

            @Setting(value = "longest response in tokens", byDefault = "128")
            int maxTokens,

            @Setting(value = "responses generated at the same time", byDefault = "256")
            int batch,

            @Setting(value = "seed of the samples", byDefault = "1")
            long seed,

            @Setting("where to compute") Placement placement) {
        Config {
            RewardFolders.requireNamed(reward);
            if (n < 1 || keep > n) {
                throw new InputException("n is " + n + ", expected at least 1 and at least keep " + keep);
            }
            if (pairs && (n < 2 || keep > 1)) {
                throw new InputException("pairs need n of at least 2 and keep 1, found " + n + " and " + keep);
            }
            if (batch < 1) {
                throw new InputException("batch is " + batch + ", expected at least 1");
            }
            Selection unused = new Selection(keep, sharpness); // checks its keys
            Sampling unusedSampling = Sampling.full(temperature, maxTokens, StopTokens.NONE); // likewise
        }
    }

    private record Row(
            @Nullable String prompt, @Nullable String response, int[] promptIds, int[] responseIds, double score) {}

    private record Pair(
            @Nullable String prompt,
            @Nullable String chosen,
            @Nullable String rejected,
            int[] promptIds,
            int[] chosenIds,
            int[] rejectedIds,
            double chosenScore,
            double rejectedScore) {}

    BestOfNCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        ModelFolder folder = ModelFolder.open(config.model());
        RewardFolders rewards = RewardFolders.open(
                config.reward(),
                folder,
                config.combine(),
                config.penalty(),
                config.lowerConfidence(),
                config.lengthPenalty());
        List<int[]> prompts = DataReader.of(folder).prompts(config.data(), config.maxTokens());
        TransformerParameters parameters = new TransformerParameters(folder.config(), Head.LANGUAGE, "model");
        Sampling sampling = Sampling.full(config.temperature(), config.maxTokens(), folder.requiredStopTokens());
        int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
        Seeds seeds = new Seeds(config.seed());
        RandomGenerator random = seeds.stream("soft best of n");
        Selection selection = new Selection(config.keep(), config.sharpness());
        double softKl = 0;
        try (Backend backend = config.placement().open();
                Generator generator = new Generator(
                        backend, folder.load(backend, parameters), config.batch(), longest, config.maxTokens());
                ResponseReward reward = rewards.reward(
                        backend,
                        longest + config.maxTokens(),
                        rewards.needsSamples()
                                ? samples(generator, prompts, sampling, seeds.derive("centring"), interrupt)
                                : List.of(),
                        interrupt::requested)) {
            for (int from = 0; from < prompts.size(); from += PROMPTS_AT_A_TIME) {
                List<int[]> asked = prompts.subList(from, Math.min(prompts.size(), from + PROMPTS_AT_A_TIME));
                Response[][] drawn = generator.generate(
                        asked, config.n(), sampling, seeds.derive("best of n", from), interrupt::requested);
                for (int i = 0; i < drawn.length; i++) {
                    int[] prompt = asked.get(i);
                    double[] score = reward.score(
                            Arrays.stream(drawn[i])
                                    .map(response -> new Sequence(prompt, response.tokens()))
                                    .toList(),
                            interrupt::requested);
                    if (terminal().out().checkError()) {
                        return; // nobody reads what is to come
                    }
                    int[] kept = selection.choose(score, random);
                    softKl += BestOfN.softKlBound(score, config.sharpness()) / prompts.size();
                    if (config.pairs()) {
                        printPair(config, folder.tokenizer(), prompt, drawn[i], score, kept[0]);
                    } else {
                        for (int best : kept) {
                            print(config, folder.tokenizer(), prompt, drawn[i][best], score[best]);
                        }
                    }
                }
            }
        }
        terminal().out().flush();
        terminal().err().println(distance(config, softKl));
    }

    /// How far from the sampler its choice is.
    private static String distance(Config config, double softKl) {
        if (config.sharpness() > 0) {
            return String.format(
                    Locale.ROOT,
                    "soft best of %d, sharpness %s: KL to the sampler at most %.3f nats, by the weights of these"
                            + " samples",
                    config.n(),
                    config.sharpness(),
                    softKl);
        }
        return String.format(
                Locale.ROOT,
                "best %d of %d: KL to the sampler at most %.3f nats (exact unless scores tie)",
                config.keep(),
                config.n(),
                config.keep() == 1 ? BestOfN.kl(config.n()) : BestOfN.kl(config.keep(), config.n()));
    }

    /// Responses to the prompts in turn, on which reward models are centred.
    private static List<Sequence> samples(
            Generator generator, List<int[]> prompts, Sampling sampling, long seed, Interrupt interrupt) {
        List<int[]> asked = IntStream.range(0, CENTRING_SAMPLES)
                .mapToObj(i -> prompts.get(i % prompts.size()))
                .toList();
        Response[][] drawn = generator.generate(asked, 1, sampling, seed, interrupt::requested);
        return IntStream.range(0, CENTRING_SAMPLES)
                .mapToObj(i -> new Sequence(asked.get(i), drawn[i][0].tokens()))
                .toList();
    }

    private void print(Config config, Optional<Tokenizer> tokenizer, int[] prompt, Response response, double score) {
        terminal()
                .out()
                .println(JsonRow.of(
                        config.reward().getFirst(),
                        new Row(
                                tokenizer.map(words -> words.decode(prompt)).orElse(null),
                                tokenizer.map(words -> text(words, response)).orElse(null),
                                prompt,
                                response.tokens(),
                                score)));
    }

    private void printPair(
            Config config, Optional<Tokenizer> tokenizer, int[] prompt, Response[] drawn, double[] score, int best) {
        int worst = Selection.worst(score);
        terminal()
                .out()
                .println(JsonRow.of(
                        config.reward().getFirst(),
                        new Pair(
                                tokenizer.map(words -> words.decode(prompt)).orElse(null),
                                tokenizer.map(words -> text(words, drawn[best])).orElse(null),
                                tokenizer
                                        .map(words -> text(words, drawn[worst]))
                                        .orElse(null),
                                prompt,
                                drawn[best].tokens(),
                                drawn[worst].tokens(),
                                score[best],
                                score[worst])));
    }

    private static String text(Tokenizer words, Response response) {
        return words.decode(Arrays.copyOf(response.tokens(), response.length() - (response.stopped() ? 1 : 0)));
    }
}
