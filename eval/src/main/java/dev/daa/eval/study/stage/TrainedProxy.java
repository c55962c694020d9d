package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.study.config.ProxyMember;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.rollout.FeatureConfidence;
import dev.daa.train.rollout.LengthCost;
import dev.daa.train.rollout.LowerConfidenceReward;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.rollout.RewardModel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A proxy reward, ready to score: its members' weights, what lengths cost them, and the shifts that make the SFT
/// policy's mean score 0.
///
/// @param members in their order; weight averaging leaves one
/// @param shift subtracted from the combined score
public record TrainedProxy(ProxyMember.Key key, TransformerConfig transformer, List<Member> members, double shift) {
    /// One trained reward model.
    ///
    /// @param weights in the layout's order
    /// @param shift its mean score on samples of the SFT policy
    /// @param confidence what its comparisons told of its features; null where the score itself counts
    /// @param cost what comes off its score for the length of a response; null for nothing
    public record Member(
            float[] weights,
            double shift,
            @Nullable FeatureConfidence confidence,
            @Nullable LengthCost cost) {
        /// As it was trained.
        Member(float[] weights) {
            this(weights, 0, null, null);
        }
    }

    /// Weights of all members.
    long parameters() {
        return (long) members.size() * members.getFirst().weights().length;
    }

    /// The model of one member on a backend.
    ///
    /// @param layoutName `reward` or `value`
    Model model(Backend backend, String layoutName, int member) {
        return Model.of(
                backend,
                new TransformerParameters(transformer, Head.SCALAR, layoutName),
                members.get(member).weights());
    }

    private ResponseReward open(Backend backend, int number) {
        Member member = members.get(number);
        Model model = model(backend, "reward", number);
        ResponseReward plain = new RewardModel(backend, model, BaseStage.LONGEST, member.shift() + shift);
        ResponseReward counted = member.confidence() == null
                ? plain
                : new LowerConfidenceReward(
                        backend,
                        plain,
                        model,
                        BaseStage.LONGEST,
                        member.confidence(),
                        key.proxy().lowerConfidence());
        return member.cost() == null ? counted : member.cost().takenOff(counted);
    }

    /// The reward on a backend; to be closed.
    ResponseReward open(Backend backend) {
        List<ResponseReward> models = new ArrayList<>();
        for (int m = 0; m < members.size(); m++) {
            models.add(open(backend, m));
        }
        if (models.size() == 1) {
            return models.getFirst();
        }
        return new RewardEnsemble(models, key.proxy().rule(), key.proxy().penalty());
    }
}
