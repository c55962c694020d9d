package dev.daa.eval.text;

import dev.daa.train.data.PreferencePair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Training and held-out pairs, each in the order of the data.
record PairSplit(List<PreferencePair> pairs, List<PreferencePair> heldOut) {

    /// Holds out from the end: the prompts of the last pairs, each with all of its pairs wherever they stand, until
    /// there are at least `count`. No prompt is on both sides. Pairs without a prompt stand for themselves.
    static PairSplit fromTheEnd(List<PreferencePair> all, int count) {
        Map<String, List<Integer>> byPrompt = new HashMap<>();
        for (int i = 0; i < all.size(); i++) {
            byPrompt.computeIfAbsent(key(all, i), _ -> new ArrayList<>()).add(i);
        }
        boolean[] held = new boolean[all.size()];
        int heldOut = 0;
        for (int i = all.size() - 1; i >= 0 && heldOut < count; i--) {
            if (!held[i]) {
                List<Integer> same = byPrompt.getOrDefault(key(all, i), List.of());
                same.forEach(k -> held[k] = true);
                heldOut += same.size();
            }
        }
        return new PairSplit(side(all, held, false), side(all, held, true));
    }

    private static String key(List<PreferencePair> all, int i) {
        int[] prompt = all.get(i).prompt();
        return prompt.length == 0 ? "pair " + i : Arrays.toString(prompt);
    }

    private static List<PreferencePair> side(List<PreferencePair> all, boolean[] held, boolean wanted) {
        List<PreferencePair> side = new ArrayList<>();
        for (int i = 0; i < held.length; i++) {
            if (held[i] == wanted) {
                side.add(all.get(i));
            }
        }
        return side;
    }
}
