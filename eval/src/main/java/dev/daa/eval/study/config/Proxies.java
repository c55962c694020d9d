package dev.daa.eval.study.config;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.reward.BradleyTerry;
import dev.daa.train.reward.LengthHead;
import dev.daa.train.reward.RewardLoss;
import dev.daa.train.rollout.LengthPenalty;
import dev.daa.train.rollout.RewardEnsemble;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The reward models of a study. Each is trained on preference pairs of its cells' own base, from an SFT model, and
/// centred so that the SFT policy scores 0 on average. The first one also measures the policies that do not train on
/// any.
public record Proxies(
        @Setting("reward models") List<Proxy> models,

        @Setting("how they are trained") TrainingConfig training,

        @Setting(value = "coefficient of (r_w + r_l)², which keeps scores near 0", byDefault = "0.01")
        double centering,

        @Setting(value = "assumed share of flipped labels", byDefault = "0")
        double labelSmoothing) {

    /// How the members of an ensemble become one reward.
    public enum Combination {
        /// Mean of their scores.
        MEAN,
        /// The least score, WCO (Coste et al. 2310.02743).
        WORST_CASE,
        /// Mean minus `penalty` times the variance of the scores, UWO (2310.02743).
        UNCERTAINTY,
        /// `−log(mean of e^{−2·penalty·score})/(2·penalty)`, distributionally robust.
        KL_DRO,
        /// One model with the mean of their weights, WARM (Ramé et al. 2401.12187).
        WEIGHTS
    }

    /// One reward model, or an ensemble that counts as one.
    public record Proxy(
            @Setting("label in tables and plots") String name,

            @Setting(value = "its size; the policy's when absent", byDefault = "null")
            StudyConfig.@Nullable Size size,

            @Setting(value = "training pairs; 0 takes all of the preferences", byDefault = "0")
            int pairs,

            @Setting(value = "share of labels flipped on top of the preferences' own noise", byDefault = "0")
            double flip,

            @Setting(value = "members, which differ in data order and head", byDefault = "1")
            int members,

            @Setting(
                    value = "how members become one: mean, worst-case, uncertainty, kl-dro or weights",
                    byDefault = "mean")
            Combination combine,

            @Setting(value = "factor of the variance for uncertainty and, where small, for kl-dro", byDefault = "0.5")
            double penalty,

            @Setting(
                    value = "c of the lower confidence bound r − c·√d·‖φ − μ‖ on last-layer features; 0 takes the"
                            + " score",
                    byDefault = "0")
            double lowerConfidence,

            @Setting("what comes off a member's score for the length of a response")
            LengthPenalty lengthPenalty,

            @Setting(value = "its own coefficient of (r_w + r_l)²; that of all proxies when absent", byDefault = "null")
            @Nullable
            Double centering,

            @Setting(value = "coefficient of (mean score of the batch)² (BSR)", byDefault = "0")
            double batchCentering,

            @Setting("a second head for what responses owe to their length (ODIN)")
            LengthHead lengthHead) {
        private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");

        public Proxy {
            if (!LABEL.matcher(name).matches()) {
                throw new InputException("proxy name is '" + name
                        + "', expected letters, digits, '_', '-' and '.', as it becomes part of folder names");
            }
            if (pairs < 0) {
                throw new InputException("proxy " + name + " has pairs " + pairs + ", expected 0 (all) or more");
            }
            if (!(flip >= 0 && flip < 0.5)) {
                throw new InputException("proxy " + name + " has flip " + flip + ", expected at least 0, below 0.5");
            }
            if (members < 1) {
                throw new InputException("proxy " + name + " has members " + members + ", expected at least 1");
            }
            if (!(lowerConfidence >= 0) || Double.isInfinite(lowerConfidence)) {
                throw new InputException("proxy " + name + " has lower_confidence " + lowerConfidence
                        + ", expected 0 (none) or a number above");
            }
            if (!(penalty >= 0) || Double.isInfinite(penalty)) {
                throw new InputException("proxy " + name + " has penalty " + penalty + ", expected at least 0");
            }
        }

        /// Pairs that it is trained on, of `available`.
        public int pairsOf(int available) {
            return pairs == 0 ? available : pairs;
        }

        /// How the members' scores are combined.
        public RewardEnsemble.Rule rule() {
            return switch (combine) {
                case MEAN, WEIGHTS -> RewardEnsemble.Rule.MEAN;
                case WORST_CASE -> RewardEnsemble.Rule.WORST_CASE;
                case UNCERTAINTY -> RewardEnsemble.Rule.UNCERTAINTY;
                case KL_DRO -> RewardEnsemble.Rule.KL_DRO;
            };
        }
    }

    public Proxies {
        Set<String> names = new HashSet<>();
        if (models.isEmpty() || !models.stream().allMatch(model -> names.add(model.name()))) {
            throw new InputException("proxies.models is "
                    + models.stream().map(Proxy::name).toList() + ", expected at least one and no name twice");
        }
        for (Proxy model : models) {
            loss(model, centering, labelSmoothing).requireBatch(training.batch());
        }
    }

    /// The loss of a reward model's training.
    public RewardLoss loss(Proxy model) {
        return loss(model, centering, labelSmoothing);
    }

    private static RewardLoss loss(Proxy model, double centering, double labelSmoothing) {
        return new RewardLoss(
                new BradleyTerry(labelSmoothing, model.centering() == null ? centering : model.centering()),
                model.batchCentering(),
                model.lengthHead());
    }

    /// The models of some names; all for none.
    List<Proxy> named(List<String> wanted) {
        for (String name : wanted) {
            if (models.stream().noneMatch(model -> model.name().equals(name))) {
                throw new InputException("proxy is '" + name + "', expected one of "
                        + models.stream().map(Proxy::name).toList());
            }
        }
        return models.stream()
                .filter(model -> wanted.isEmpty() || wanted.contains(model.name()))
                .toList();
    }
}
