package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameters;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.study.config.Proxies;
import dev.daa.eval.study.config.Reinforcement;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.PreferenceOracle;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.generate.Generator;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.config.Setting;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Learner;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The rounds of iterated reinforcement. At the end of a round the policy samples pairs, which the oracle of the
/// preferences labels; the reward model is then trained from its SFT model on the preferences and the fresh pairs of
/// all rounds. These lie in `round-N/` of the run's folder, beside the run that trains on them.
final class RewardRounds implements IteratedLearner.Rounds {
    private static final int BIAS = 0;
    private static final int ROUND = 1;
    private static final int AGREEMENT_BEFORE = 2;
    private static final int AGREEMENT_AFTER = 3;

    private final MeasuredTraining.Job job;
    private final StudyConfig config;
    private final Reinforcement.Rounds settings;
    private final Interrupt interrupt;
    private final Model policy;
    private final Model rewardModel;
    private final ResponseReward plain;
    private final BiFunction<Model, double[], Learner> learner;
    private final double[] memory;
    private @Nullable ResponseReward scaled;
    private double scaledRound;

    /// @param policy that is trained
    /// @param learner of the policy, given a value network to start from and what the learner before it remembered
    RewardRounds(
            MeasuredTraining.Job job,
            StudyConfig config,
            Reinforcement.Rounds settings,
            Model policy,
            BiFunction<Model, double[], Learner> learner,
            Interrupt interrupt) {
        this.job = job;
        this.config = config;
        this.settings = settings;
        this.policy = policy;
        this.learner = learner;
        this.interrupt = interrupt;
        TrainedProxy proxy = Objects.requireNonNull(job.proxy());
        rewardModel = proxy.model(job.backend(), "reward", 0);
        plain = new RewardModel(job.backend(), rewardModel, BaseStage.LONGEST, 0);
        memory = new double[] {-proxy.members().getFirst().shift() - proxy.shift(), 1, 0, 0};
    }

    /// The reward of the round, centred on the SFT policy, in the unit that the settings ask for; not closed by
    /// whom it is given to. The unit is measured when a response is scored and not before: a run that goes on has
    /// the round's reward model only by then.
    ResponseReward rewardOf(PolicyGradient settings) {
        ResponseReward centred = (responses, cancelled) -> Arrays.stream(plain.score(responses, cancelled))
                .map(score -> score + memory[BIAS])
                .toArray();
        return (responses, cancelled) -> {
            if (scaled == null || scaledRound != memory[ROUND]) {
                scaled = settings.scaled(centred, job.base().centringSamples(), cancelled);
                scaledRound = memory[ROUND];
            }
            return scaled.score(responses, cancelled);
        };
    }

    /// The `config.yaml` of a round's folder.
    record Config(
            @Setting("round") int round, @Setting("run") Record run) {}

    @Override
    public void refresh(int round) {
        if (memory[ROUND] >= round) {
            return;
        }
        Backend backend = job.backend();
        Path folder = job.folder().path().resolve("round-" + round);
        try (RunFolder run = RunFolder.open(folder)) {
            run.config(new Config(round, job.cell().config(config)), Set.of());
            Comparisons drawn = drawn(backend, round);
            double[] gold = gold(backend, drawn.responses());
            double before = agreement(plain, drawn.responses(), gold);
            DurableFile.write(pairsFile(round), lines(labelled(drawn, gold, round)));
            float[] weights = trained(backend, run, round);
            float[] former = rewardModel.flatWeights();
            rewardModel.weights().write(weights);
            try {
                memory[AGREEMENT_AFTER] = agreement(plain, drawn.responses(), gold);
                memory[BIAS] = -Arrays.stream(plain.score(job.base().centringSamples(), interrupt::requested))
                        .average()
                        .orElseThrow();
            } catch (CancellationException stopped) {
                rewardModel.weights().write(former);
                throw stopped;
            }
            memory[AGREEMENT_BEFORE] = before;
            memory[ROUND] = round;
            if (settings.restart()) {
                policy.weights().write(job.base().weights());
            }
        } catch (InterruptedRunException stopped) {
            throw new CancellationException(stopped.getMessage());
        }
    }

    private Comparisons drawn(Backend backend, int round) {
        try (Generator generator = new Generator(
                backend, policy, BaseStage.CONCURRENT, ReviewsWorld.PROMPT_LENGTH, ReviewsWorld.RESPONSE_LIMIT)) {
            return Comparisons.of(generator, job.seeds(), "round " + round, settings.pairs(), interrupt::requested);
        }
    }

    private double[] gold(Backend backend, List<Sequence> responses) {
        try (ResponseReward gold = job.base().gold().open(backend)) {
            return gold.score(responses, interrupt::requested);
        }
    }

    private double agreement(ResponseReward reward, List<Sequence> responses, double[] gold) {
        return Concordance.withinPrompts(
                        responses.stream().map(Sequence::prompt).toArray(int[][]::new),
                        reward.score(responses, interrupt::requested),
                        gold)
                .share();
    }

    /// With the noise of the preferences, and the reward model's own.
    private List<PreferencePair> labelled(Comparisons drawn, double[] gold, int round) {
        StudyConfig.Preferences preferences = config.preferences();
        RandomGenerator flips = job.seeds().stream("flipped labels, round " + round);
        double flip = Objects.requireNonNull(job.proxy()).key().proxy().flip();
        return drawn.labelled(new PreferenceOracle(preferences.temperature(), preferences.flip()), gold).stream()
                .map(pair -> flips.nextDouble() < flip
                        ? new PreferencePair(pair.prompt(), pair.rejected(), pair.chosen())
                        : pair)
                .toList();
    }

    private Path pairsFile(int round) {
        return job.folder().path().resolve("round-" + round).resolve("pairs.jsonl");
    }

    private static String lines(List<PreferencePair> pairs) {
        return pairs.stream().map(PreferencePair::toJson).collect(Collectors.joining("\n", "", "\n"));
    }

    /// The weights of a reward model that learned from the preferences and the pairs of all rounds so far.
    private float[] trained(Backend backend, RunFolder run, int round) {
        TrainedProxy proxy = Objects.requireNonNull(job.proxy());
        Proxies proxies = Objects.requireNonNull(config.proxies());
        List<PreferencePair> pairs =
                new ArrayList<>(ProxyStage.pairs(proxy.key().proxy(), job.base()));
        DataReader reader = DataReader.ofIds(Lexicon.SIZE);
        for (int r = 2; r <= round; r++) {
            pairs.addAll(reader.pairs(pairsFile(r)));
        }
        Seeds seeds = new Seeds(job.seeds().derive("reward model, round " + round));
        Model model = Objects.requireNonNull(job.proxyStart())
                .model(backend, "language")
                .withScalarHead(backend, "reward", seeds.stream("scalar head"));
        new RewardTraining(proxies.training(), proxies.loss(proxy.key().proxy()), seeds)
                .run(backend, model, pairs, run, _ -> {}, interrupt);
        return model.flatWeights();
    }

    @Override
    public Metrics describe(Metrics metrics) {
        return metrics.with("round", memory[ROUND])
                .with("round/agreement_before", memory[AGREEMENT_BEFORE])
                .with("round/agreement_after", memory[AGREEMENT_AFTER]);
    }

    @Override
    public Learner begin(double[] former) {
        return learner.apply(rewardModel, former);
    }

    @Override
    public Parameters reward() {
        return rewardModel.weights();
    }

    @Override
    public double[] memory() {
        return memory;
    }

    @Override
    public void close() {
        plain.close();
    }
}
