package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.study.config.Proxies;
import dev.daa.eval.study.config.ProxyMember;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.reward.RewardQuality;
import dev.daa.train.rollout.LowerConfidenceReward;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import dev.daa.train.run.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/// Trains the members of proxies, each on the pairs of its base, and makes them one reward.
public final class ProxyStage {
    /// λ of the lower confidence bound, as in the literature.
    private static final double RIDGE = 1;

    private final Proxies proxies;
    private final Interrupt interrupt;

    public ProxyStage(Proxies proxies, Interrupt interrupt) {
        this.proxies = proxies;
        this.interrupt = interrupt;
    }

    /// Trains one member in its run folder, or takes it from there.
    ///
    /// @param base whose pairs it learns
    /// @param start whose SFT model it starts from
    public TrainedProxy.Member train(
            Backend backend,
            ProxyMember member,
            BaseStage.Prepared base,
            BaseStage.Prepared start,
            RunFolder folder,
            MetricsSink display) {
        Seeds seeds = new Seeds(new Seeds(member.base().seed()).derive("reward model", member.member()));
        // Weights can be averaged only where members start from one head.
        Seeds head = member.proxy().combine() == Proxies.Combination.WEIGHTS
                ? new Seeds(member.base().seed())
                : seeds;
        List<PreferencePair> pairs = pairs(member.proxy(), base);
        Model model = start.model(backend, "language").withScalarHead(backend, "reward", head.stream("scalar head"));
        new RewardTraining(proxies.training(), proxies.loss(member.proxy()), seeds)
                .run(backend, model, pairs, folder, display, interrupt);
        TrainedProxy alone = new TrainedProxy(
                member.key(), model.config(), List.of(new TrainedProxy.Member(model.flatWeights())), 0);
        return centred(backend, alone, pairs, base).members().getFirst();
    }

    /// Combines the members of a proxy.
    public TrainedProxy combine(
            Backend backend,
            ProxyMember.Key key,
            List<TrainedProxy.Member> members,
            BaseStage.Prepared base,
            BaseStage.Prepared start) {
        List<TrainedProxy.Member> combined = switch (key.proxy().combine()) {
            case WEIGHTS -> List.of(new TrainedProxy.Member(averaged(members)));
            case MEAN, WORST_CASE, UNCERTAINTY, KL_DRO -> members;
        };
        return centred(
                backend, new TrainedProxy(key, start.transformer(), combined, 0), pairs(key.proxy(), base), base);
    }

    /// Measures a proxy on the base's held-out pairs and SFT samples.
    public ProxyQuality quality(Backend backend, TrainedProxy proxy, BaseStage.Prepared base) {
        HeldOut heldOut = base.heldOut();
        try (ResponseReward reward = proxy.open(backend)) {
            List<Sequence> samples = heldOut.referenceSamples();
            double agreement = Concordance.withinPrompts(
                            samples.stream().map(Sequence::prompt).toArray(int[][]::new),
                            reward.score(samples, interrupt::requested),
                            heldOut.sftGold())
                    .share();
            return new ProxyQuality(
                    proxy.key(),
                    proxy.parameters(),
                    proxy.key().proxy().pairsOf(base.pairs().size()),
                    RewardQuality.of(
                            floats(reward.score(heldOut.chosen(), interrupt::requested)),
                            floats(reward.score(heldOut.rejected(), interrupt::requested)),
                            heldOut.chosen(),
                            heldOut.rejected()),
                    agreement);
        }
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /// The proxy with its SFT samples' mean score subtracted: of its only member, or of what its members become. A
    /// member that counts by its lower confidence bound gets it here, from the pairs that it learned from, and one
    /// whose lengths cost something what they cost, after it, on the SFT samples.
    private TrainedProxy centred(
            Backend backend, TrainedProxy plain, List<PreferencePair> pairs, BaseStage.Prepared base) {
        TrainedProxy counted = plain.key().proxy().lowerConfidence() == 0 ? plain : bounded(backend, plain, pairs);
        TrainedProxy proxy = counted.key().proxy().lengthPenalty().isOn() ? charged(backend, counted, base) : counted;
        double mean;
        try (ResponseReward reward = proxy.open(backend)) {
            mean = Arrays.stream(reward.score(base.centringSamples(), interrupt::requested))
                    .average()
                    .orElseThrow();
        }
        if (proxy.members().size() == 1) {
            TrainedProxy.Member only = proxy.members().getFirst();
            return new TrainedProxy(
                    proxy.key(),
                    proxy.transformer(),
                    List.of(new TrainedProxy.Member(
                            only.weights(), only.shift() + mean, only.confidence(), only.cost())),
                    0);
        }
        return new TrainedProxy(proxy.key(), proxy.transformer(), proxy.members(), proxy.shift() + mean);
    }

    private TrainedProxy bounded(Backend backend, TrainedProxy proxy, List<PreferencePair> pairs) {
        List<TrainedProxy.Member> bounded = new ArrayList<>();
        for (int m = 0; m < proxy.members().size(); m++) {
            TrainedProxy.Member member = proxy.members().get(m);
            bounded.add(new TrainedProxy.Member(
                    member.weights(),
                    member.shift(),
                    LowerConfidenceReward.confidence(
                            backend,
                            proxy.model(backend, "reward", m),
                            BaseStage.LONGEST,
                            pairs,
                            RIDGE,
                            interrupt::requested),
                    null));
        }
        return new TrainedProxy(proxy.key(), proxy.transformer(), bounded, proxy.shift());
    }

    private TrainedProxy charged(Backend backend, TrainedProxy proxy, BaseStage.Prepared base) {
        List<TrainedProxy.Member> charged = new ArrayList<>();
        for (TrainedProxy.Member member : proxy.members()) {
            TrainedProxy alone = new TrainedProxy(
                    proxy.key(),
                    proxy.transformer(),
                    List.of(new TrainedProxy.Member(member.weights(), member.shift(), member.confidence(), null)),
                    0);
            try (ResponseReward reward = alone.open(backend)) {
                charged.add(new TrainedProxy.Member(
                        member.weights(),
                        member.shift(),
                        member.confidence(),
                        proxy.key().proxy().lengthPenalty().of(reward, base.centringSamples(), interrupt::requested)));
            }
        }
        return new TrainedProxy(proxy.key(), proxy.transformer(), charged, proxy.shift());
    }

    /// The pairs that a proxy sees, some of them with flipped labels; the same for all of its members.
    static List<PreferencePair> pairs(Proxies.Proxy proxy, BaseStage.Prepared base) {
        int count = proxy.pairsOf(base.pairs().size());
        RandomGenerator flips = new Seeds(base.base().seed()).stream("flipped labels");
        List<PreferencePair> pairs = new ArrayList<>();
        for (PreferencePair pair : base.pairs().subList(0, count)) {
            boolean flipped = flips.nextDouble() < proxy.flip();
            pairs.add(flipped ? new PreferencePair(pair.prompt(), pair.rejected(), pair.chosen()) : pair);
        }
        return pairs;
    }

    private static float[] averaged(List<TrainedProxy.Member> members) {
        float[] average = new float[members.getFirst().weights().length];
        for (int i = 0; i < average.length; i++) {
            double sum = 0;
            for (TrainedProxy.Member member : members) {
                sum += member.weights()[i];
            }
            average[i] = (float) (sum / members.size());
        }
        return average;
    }
}
