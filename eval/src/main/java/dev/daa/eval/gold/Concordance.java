package dev.daa.eval.gold;

import java.util.Arrays;

/// How often a proxy orders two responses to the same prompt as the gold reward does: the area under the ROC curve
/// within prompts, averaged over the pairs of all prompts. ½ is chance. Pooling prompts would count differences
/// between prompts, which no policy can earn.
///
/// @param share of pairs in the same order; a tie of the proxy counts ½; NaN without any pair
/// @param pairs compared, those that the gold reward ties left out
public record Concordance(double share, long pairs) {
    /// @param prompts [N] prompt of each response, as token ids
    /// @param proxy [N] score of each response
    /// @param gold [N] gold reward of each response
    public static Concordance withinPrompts(int[][] prompts, double[] proxy, double[] gold) {
        double concordant = 0;
        long pairs = 0;
        for (int i = 0; i < proxy.length; i++) {
            for (int j = 0; j < i; j++) {
                if (gold[i] != gold[j] && Arrays.equals(prompts[i], prompts[j])) {
                    double agreement = Math.signum(proxy[i] - proxy[j]) * Math.signum(gold[i] - gold[j]);
                    concordant += 0.5 + 0.5 * agreement;
                    pairs++;
                }
            }
        }
        return new Concordance(pairs == 0 ? Double.NaN : concordant / pairs, pairs);
    }
}
