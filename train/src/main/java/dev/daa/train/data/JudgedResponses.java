package dev.daa.train.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Makes preferences of responses that were judged one by one (labels, ratings): within a prompt the best with the
/// worst, the second best with the second worst, as long as the ratings differ.
final class JudgedResponses {
    private record Row(DataLine line, RawRow.Judged judged) {}

    private final Map<String, List<Row>> byPrompt = new LinkedHashMap<>();

    void add(DataLine line, RawRow.Judged judged) {
        byPrompt.computeIfAbsent(key(judged.prompt()), _ -> new ArrayList<>()).add(new Row(line, judged));
    }

    private static String key(Passage prompt) {
        return switch (prompt) {
            case Passage.Text(var _, String text, var _) -> text;
            case Passage.Ids(var _, var ids) -> ids.toString();
        };
    }

    /// Hands out the pairs, each with the line of its better response, and the lines that are in none.
    void pairUp(BiConsumer<DataLine, RawRow.Pair> pairs, Consumer<DataLine> alone) {
        for (List<Row> rows : byPrompt.values()) {
            rows.sort(Comparator.comparingDouble((Row row) -> row.judged().rating())
                    .reversed());
            int better = 0;
            int worse = rows.size() - 1;
            while (better < worse
                    && rows.get(better).judged().rating()
                            > rows.get(worse).judged().rating()) {
                RawRow.Judged chosen = rows.get(better++).judged();
                RawRow.Judged rejected = rows.get(worse--).judged();
                pairs.accept(
                        rows.get(better - 1).line(),
                        new RawRow.Pair(chosen.prompt(), chosen.response(), rejected.response(), true));
            }
            for (int row = better; row <= worse; row++) {
                alone.accept(rows.get(row).line());
            }
        }
    }
}
