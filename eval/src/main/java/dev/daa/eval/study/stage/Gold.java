package dev.daa.eval.study.stage;

import dev.daa.compute.Backend;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.rollout.RewardScale;
import java.util.List;
import java.util.function.BooleanSupplier;

/// What labels the preferences of a base and is reported as gold.
public sealed interface Gold {
    /// The reward on a backend; to be closed.
    ResponseReward open(Backend backend);

    /// The same for a base: centred on its SFT policy and at unit variance there, where its origin and unit mean
    /// nothing.
    ///
    /// @param samples of the SFT policy
    Gold scaledOn(Backend backend, List<Sequence> samples, BooleanSupplier cancelled);

    /// The world's formula, in its own unit.
    record Exact() implements Gold {
        /// Its reward of one response.
        static double reward(Sequence response) {
            return ReviewsWorld.goldReward(ReviewsWorld.itemOf(response.prompt()), response.response())
                    .reward();
        }

        /// Its rewards in the order of the responses.
        static double[] rewards(List<Sequence> responses) {
            return responses.stream().mapToDouble(Exact::reward).toArray();
        }

        @Override
        public ResponseReward open(Backend backend) {
            return (responses, _) -> rewards(responses);
        }

        @Override
        public Gold scaledOn(Backend backend, List<Sequence> samples, BooleanSupplier cancelled) {
            return this;
        }
    }

    /// A frozen reward model.
    ///
    /// @param weights in the layout's order
    record Trained(TransformerConfig transformer, float[] weights, RewardScale scale) implements Gold {
        @Override
        public ResponseReward open(Backend backend) {
            Model model = Model.of(backend, new TransformerParameters(transformer, Head.SCALAR, "gold"), weights);
            return scale.applied(new RewardModel(backend, model, BaseStage.LONGEST, 0));
        }

        @Override
        public Gold scaledOn(Backend backend, List<Sequence> samples, BooleanSupplier cancelled) {
            try (ResponseReward raw = new Trained(transformer, weights, RewardScale.IDENTITY).open(backend)) {
                return new Trained(transformer, weights, RewardScale.of(raw.score(samples, cancelled), 0, 1));
            }
        }
    }
}
