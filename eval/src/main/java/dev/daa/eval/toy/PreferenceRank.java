package dev.daa.eval.toy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Rank of the preference matrix Q ∈ {−1, 0, 1}^{|D| × |X × Y|} of 2406.02900, proposition 1: a row per pair, +1 at its
/// chosen and −1 at its rejected response. Q is the incidence matrix of the graph whose nodes are responses and whose
/// edges are pairs, so its rank is nodes − connected components; a pair of equal responses is a row of zeros.
///
/// @param pairs rows |D|
/// @param responses different responses that occur: columns that are not 0
/// @param rank of Q; the loss is flat along `responses − rank` directions, and along every response that never occurs
public record PreferenceRank(int pairs, int responses, int rank) {

    /// Of pairs given as responses by key; a response to another prompt is another key.
    public static PreferenceRank of(List<String> chosen, List<String> rejected) {
        Map<String, Integer> nodes = new HashMap<>();
        int[] parent = new int[2 * chosen.size()];
        Arrays.setAll(parent, k -> k);
        int rank = 0;
        for (int i = 0; i < chosen.size(); i++) {
            int one = root(parent, nodes.computeIfAbsent(chosen.get(i), _ -> nodes.size()));
            int other = root(parent, nodes.computeIfAbsent(rejected.get(i), _ -> nodes.size()));
            if (one != other) {
                parent[one] = other;
                rank++;
            }
        }
        return new PreferenceRank(chosen.size(), nodes.size(), rank);
    }

    private static int root(int[] parent, int node) {
        int at = node;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }
}
