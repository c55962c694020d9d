package dev.daa.eval.gold;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How often a proxy orders two responses to the same prompt as the gold reward does: the area under the ROC curve
/// within prompts, averaged over the pairs of all prompts. ½ is chance. Pooling prompts would count differences
/// between prompts, which no policy can earn.
///
/// @param share of pairs in the same order; a tie of the proxy counts ½; those that the gold reward ties are left out;
///   NaN without any
/// @param distinctPairs pairs that differ in a reward from all others to their prompt: a policy that answers a prompt
///   with the same two responses over and over makes many pairs, but one distinct; 0 where not recorded
public record Concordance(double share, long distinctPairs) {
    /// Not measured.
    public static final Concordance MISSING = new Concordance(Double.NaN, 0);

    private record Rewards(double proxy, double gold) {}

    /// @param prompts `[N]` prompt of each response, as token ids
    /// @param proxy `[N]` score of each response
    /// @param gold `[N]` gold reward of each response
    public static Concordance withinPrompts(int[][] prompts, double[] proxy, double[] gold) {
        Map<List<Integer>, Map<Rewards, Long>> byPrompt = new HashMap<>();
        for (int i = 0; i < proxy.length; i++) {
            byPrompt.computeIfAbsent(Arrays.stream(prompts[i]).boxed().toList(), _ -> new HashMap<>())
                    .merge(new Rewards(proxy[i], gold[i]), 1L, Long::sum);
        }
        double concordant = 0;
        long pairs = 0;
        long distinct = 0;
        for (Map<Rewards, Long> responses : byPrompt.values()) {
            List<Map.Entry<Rewards, Long>> kinds = new ArrayList<>(responses.entrySet());
            for (int i = 0; i < kinds.size(); i++) {
                for (int j = 0; j < i; j++) {
                    Rewards one = kinds.get(i).getKey();
                    Rewards other = kinds.get(j).getKey();
                    if (one.gold != other.gold) {
                        long count = kinds.get(i).getValue() * kinds.get(j).getValue();
                        double agreement = Math.signum(one.proxy - other.proxy) * Math.signum(one.gold - other.gold);
                        concordant += count * (0.5 + 0.5 * agreement);
                        pairs += count;
                        distinct++;
                    }
                }
            }
        }
        return pairs == 0 ? MISSING : new Concordance(concordant / pairs, distinct);
    }
}
