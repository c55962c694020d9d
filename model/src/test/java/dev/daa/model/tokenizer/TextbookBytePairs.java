package dev.daa.model.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The loop of Sennrich et al., algorithm 1, on strings: find the pair of the lowest rank, join its leftmost
/// occurrence, start over.
final class TextbookBytePairs {
    private final Map<String, Integer> ranks = new HashMap<>();

    TextbookBytePairs(Path tokenizerFile) throws IOException {
        JsonNode merges = JsonMapper.builder()
                .build()
                .readTree(Files.readString(tokenizerFile))
                .path("model")
                .path("merges");
        for (int i = 0; i < merges.size(); i++) {
            ranks.put(merges.path(i).stringValue(), i);
        }
    }

    /// Tokens of an ASCII text without spaces.
    List<String> join(String text) {
        List<String> symbols =
                new ArrayList<>(text.chars().mapToObj(Character::toString).toList());
        while (true) {
            int best = -1;
            int bestRank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                int rank = ranks.getOrDefault(symbols.get(i) + " " + symbols.get(i + 1), Integer.MAX_VALUE);
                if (rank < bestRank) {
                    best = i;
                    bestRank = rank;
                }
            }
            if (best < 0) {
                return symbols;
            }
            symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
        }
    }
}
