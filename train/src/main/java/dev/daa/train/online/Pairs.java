package dev.daa.train.online;

import java.util.random.RandomGenerator;

/// Makes a pair of the samples of one prompt. Pure but for the label that it may draw.
final class Pairs {
    private Pairs() {}

    /// @param score [responses] rewards
    /// @param first of the prompt's `settings.samples()` responses
    /// @param random of the label; asked where labels are drawn only
    /// @return numbers of the chosen and of the rejected response
    static int[] choose(double[] score, int first, Online settings, RandomGenerator random) {
        return switch (settings.pairing()) {
            case FIRST_TWO -> {
                double difference = score[first] - score[first + 1];
                boolean prefersFirst = settings.labelTemperature() == 0
                        ? difference >= 0
                        : random.nextDouble() < 1 / (1 + Math.exp(-difference / settings.labelTemperature()));
                yield prefersFirst ? new int[] {first, first + 1} : new int[] {first + 1, first};
            }
            case BEST_WORST -> {
                int best = first;
                int worst = first;
                for (int i = first + 1; i < first + settings.samples(); i++) {
                    best = score[i] > score[best] ? i : best;
                    worst = score[i] <= score[worst] ? i : worst;
                }
                yield new int[] {best, worst};
            }
        };
    }
}
