package dev.daa.train.online;

import java.util.random.RandomGenerator;

/// Makes a pair of the samples of one prompt. Pure but for the label that it may draw.
final class Pairs {
    private Pairs() {}

    /// @param score rewards of the prompt's `settings.samples()` responses
    /// @param random of the label; asked where labels are drawn or turned over only
    /// @return numbers of the chosen and of the rejected response, from 0
    static int[] choose(double[] score, Online settings, RandomGenerator random) {
        int[] pair = byReward(score, settings, random);
        return settings.labelFlip() > 0 && random.nextDouble() < settings.labelFlip()
                ? new int[] {pair[1], pair[0]}
                : pair;
    }

    private static int[] byReward(double[] score, Online settings, RandomGenerator random) {
        return switch (settings.pairing()) {
            case FIRST_TWO -> {
                double difference = score[0] - score[1];
                boolean prefersFirst = settings.labelTemperature() == 0
                        ? difference >= 0
                        : random.nextDouble() < 1 / (1 + Math.exp(-difference / settings.labelTemperature()));
                yield prefersFirst ? new int[] {0, 1} : new int[] {1, 0};
            }
            case BEST_WORST -> {
                int best = 0;
                int worst = 0;
                for (int i = 1; i < score.length; i++) {
                    best = score[i] > score[best] ? i : best;
                    worst = score[i] <= score[worst] ? i : worst;
                }
                yield new int[] {best, worst};
            }
        };
    }
}
