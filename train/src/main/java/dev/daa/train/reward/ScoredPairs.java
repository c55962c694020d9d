package dev.daa.train.reward;

/// The scores of a batch of pairs, and the derivatives of the loss with respect to them: the chosen response of pair i
/// is at 2i, the rejected one at 2i + 1.
///
/// @param score `[2·pairs]` r, with a length head r_Q
/// @param lengthScore `[2·pairs]` r_L; 0 without a length head
/// @param length `[2·pairs]` tokens of the responses
/// @param dScore `[2·pairs]`
/// @param dLengthScore `[2·pairs]`
record ScoredPairs(double[] score, double[] lengthScore, double[] length, double[] dScore, double[] dLengthScore) {
    ScoredPairs(int pairs) {
        this(
                new double[2 * pairs],
                new double[2 * pairs],
                new double[2 * pairs],
                new double[2 * pairs],
                new double[2 * pairs]);
    }

    int pairs() {
        return score.length / 2;
    }
}
