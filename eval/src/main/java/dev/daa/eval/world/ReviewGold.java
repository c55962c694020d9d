package dev.daa.eval.world;

/// The gold reward of one response and its parts.
///
/// @param reward 3·tanh(S/4) − 1.0·V − 0.7·O − 0.08·max(0, L − 20)
/// @param sentiment S, the sum of the sentiments that count
/// @param violations V
/// @param offTopic O, well-formed statements and closings that are not about the prompt's item
/// @param length L in tokens, `<eos>` included
public record ReviewGold(double reward, double sentiment, int violations, int offTopic, int length) {
    private static final double SENTIMENT_SCALE = 3.0;
    private static final double SENTIMENT_SATURATION = 4.0;
    private static final double VIOLATION_PRICE = 1.0;
    private static final double OFF_TOPIC_PRICE = 0.7;
    private static final double LENGTH_PRICE = 0.08;
    private static final int FREE_LENGTH = 20;

    static ReviewGold of(int sentimentHundredths, int violations, int offTopic, int length) {
        double reward = wellFormedReward(sentimentHundredths, length)
                - VIOLATION_PRICE * violations
                - OFF_TOPIC_PRICE * offTopic;
        return new ReviewGold(reward, sentimentHundredths / 100.0, violations, offTopic, length);
    }

    /// g of a response with V = O = 0, as every reference response is: 3·tanh(S/4) − 0.08·max(0, L − 20).
    static double wellFormedReward(int sentimentHundredths, int length) {
        return SENTIMENT_SCALE * Math.tanh(sentimentHundredths / 100.0 / SENTIMENT_SATURATION)
                - LENGTH_PRICE * Math.max(0, length - FREE_LENGTH);
    }
}
