package dev.daa.train.rollout;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/// What the tokens of a response cost: `a·(n − b)`, or `a·max(0, n − b)`, for n of them.
///
/// @param perToken a
/// @param from b
/// @param nothingBelow whether a response of fewer than b tokens costs nothing; otherwise it earns
public record LengthCost(double perToken, double from, boolean nothingBelow) {
    /// What scores owe to length by least squares: a is the slope of the line through them, b the mean length, so
    /// that the scores' mean stays.
    ///
    /// @param lengths `[samples]` tokens of each response
    /// @param scores `[samples]`
    /// @throws InputException where all lengths are alike
    static LengthCost owed(double[] lengths, double[] scores) {
        double meanLength = Arrays.stream(lengths).average().orElse(Double.NaN);
        double meanScore = Arrays.stream(scores).average().orElse(Double.NaN);
        double squares = 0;
        double products = 0;
        for (int i = 0; i < lengths.length; i++) {
            double length = lengths[i] - meanLength;
            squares += length * length;
            products += length * (scores[i] - meanScore);
        }
        if (!(squares > 0)) {
            throw new InputException("length_penalty.residual: found " + lengths.length + " responses of " + meanLength
                    + " tokens, expected several lengths: what a score owes to length cannot be told");
        }
        return new LengthCost(products / squares, meanLength, false);
    }

    /// Tokens of each response, the end of the sequence among them.
    static double[] lengths(List<Sequence> responses) {
        return responses.stream()
                .mapToDouble(sequence -> sequence.response().length)
                .toArray();
    }

    double of(double length) {
        double beyond = length - from;
        return perToken * (nothingBelow ? Math.max(0, beyond) : beyond);
    }

    /// A reward less this; closing it closes that.
    public ResponseReward takenOff(ResponseReward reward) {
        return new Charged(reward, this);
    }

    private record Charged(ResponseReward reward, LengthCost cost) implements ResponseReward {
        @Override
        public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
            double[] scores = reward.score(responses, cancelled);
            double[] lengths = lengths(responses);
            for (int i = 0; i < scores.length; i++) {
                scores[i] -= cost.of(lengths[i]);
            }
            return scores;
        }

        @Override
        public void close() {
            reward.close();
        }
    }
}
