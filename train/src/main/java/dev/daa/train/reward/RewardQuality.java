package dev.daa.train.reward;

import dev.daa.model.score.Sequence;
import java.util.List;

/// How well scores predict held-out preferences.
///
/// @param pairs how many
/// @param accuracy share of pairs whose chosen response scores higher; ties count ½
/// @param accuracyStandardError of the accuracy over pairs
/// @param loss mean −log σ(r_w − r_l) in nats
/// @param calibrationError expected calibration error of σ(|r_w − r_l|) as the probability that the
/// higher-scored response is the preferred one, in ten equal-width bins of [½, 1]
/// @param lengthCorrelation Pearson's correlation of score and tokens over both responses of all pairs
public record RewardQuality(
        int pairs,
        double accuracy,
        double accuracyStandardError,
        double loss,
        double calibrationError,
        double lengthCorrelation) {
    private static final int BINS = 10;

    /// @param chosen scores of the chosen responses
    /// @param rejected scores of the rejected ones
    public static RewardQuality of(
            float[] chosen, float[] rejected, List<Sequence> chosenResponses, List<Sequence> rejectedResponses) {
        int pairs = chosen.length;
        if (pairs == 0 || rejected.length != pairs) {
            throw new IllegalArgumentException(
                    "reward quality needs as many chosen as rejected scores and at least one, " + "found " + pairs
                            + " and " + rejected.length);
        }
        BradleyTerry loss = new BradleyTerry(0, 0);
        double correct = 0;
        double lossSum = 0;
        double[] confidence = new double[BINS];
        double[] hits = new double[BINS];
        for (int i = 0; i < pairs; i++) {
            double margin = (double) chosen[i] - rejected[i];
            double hit = margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
            double probability = 1 / (1 + Math.exp(-Math.abs(margin)));
            int bin = Math.min(BINS - 1, (int) ((probability - 0.5) * 2 * BINS));
            confidence[bin] += probability;
            hits[bin] += hit;
            correct += hit;
            lossSum += loss.value(chosen[i], rejected[i]);
        }
        double error = 0;
        for (int bin = 0; bin < BINS; bin++) {
            error += Math.abs(confidence[bin] - hits[bin]) / pairs;
        }
        double accuracy = correct / pairs;
        return new RewardQuality(
                pairs,
                accuracy,
                Math.sqrt(accuracy * (1 - accuracy) / pairs),
                lossSum / pairs,
                error,
                lengthCorrelation(chosen, rejected, chosenResponses, rejectedResponses));
    }

    private static double lengthCorrelation(
            float[] chosen, float[] rejected, List<Sequence> chosenResponses, List<Sequence> rejectedResponses) {
        double[] scores = new double[2 * chosen.length];
        double[] lengths = new double[scores.length];
        for (int i = 0; i < chosen.length; i++) {
            scores[2 * i] = chosen[i];
            scores[2 * i + 1] = rejected[i];
            lengths[2 * i] = chosenResponses.get(i).response().length;
            lengths[2 * i + 1] = rejectedResponses.get(i).response().length;
        }
        return LengthCorrelation.of(scores, lengths).value();
    }
}
