package dev.daa.train.rollout;

import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import java.util.List;
import java.util.function.BooleanSupplier;

/// A reward model of others, which transformers asks for the last token that is not padding: where padding is the end
/// of sequence, the token before that.
record UpToPadding(ResponseReward reward, int padding) implements ResponseReward {
    /// The reward of a folder's model, read where that model is to be read.
    static ResponseReward of(ResponseReward reward, ModelFolder folder) {
        return folder.paddingTokenId().isPresent()
                ? new UpToPadding(reward, folder.paddingTokenId().getAsInt())
                : reward;
    }

    @Override
    public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
        return reward.score(
                responses.stream()
                        .map(response -> response.upToPadding(padding))
                        .toList(),
                cancelled);
    }

    @Override
    public void close() {
        reward.close();
    }
}
