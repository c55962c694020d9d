package dev.daa.eval.judge;

import dev.daa.compute.InputException;
import dev.daa.train.data.ResponseRow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A policy's responses beside an opponent's to the same prompts, the first to a prompt with the first, and so on.
///
/// @param pairs one for each response of the policy
/// @param surplus responses of the opponent that are in no pair, by prompt
public record ResponsePairs(List<Pair> pairs, List<ResponseRow> surplus) {

    /// A response and the opponent's to the same prompt.
    ///
    /// @param group number of the prompt
    record Pair(int group, ResponseRow policy, ResponseRow opponent) {
        Judge.Question question() {
            return new Judge.Question(policy.prompt(), policy.response(), opponent.response());
        }
    }

    /// @param opponent responses to the same prompts, at least as many to each prompt
    public static ResponsePairs of(List<ResponseRow> policy, List<ResponseRow> opponent) {
        Map<String, Deque<ResponseRow>> byPrompt = new LinkedHashMap<>();
        opponent.forEach(row ->
                byPrompt.computeIfAbsent(row.prompt(), _ -> new ArrayDeque<>()).add(row));
        Map<String, Integer> groups = new LinkedHashMap<>();
        List<Pair> pairs = new ArrayList<>();
        for (ResponseRow row : policy) {
            Deque<ResponseRow> others = byPrompt.getOrDefault(row.prompt(), new ArrayDeque<>());
            if (others.isEmpty()) {
                throw InputException.of(
                        row.place(), "a response", "one of the opponent to the same prompt", "none is left");
            }
            int group = groups.computeIfAbsent(row.prompt(), _ -> groups.size());
            pairs.add(new Pair(group, row, others.removeFirst()));
        }
        return new ResponsePairs(
                pairs, byPrompt.values().stream().flatMap(Collection::stream).toList());
    }
}
