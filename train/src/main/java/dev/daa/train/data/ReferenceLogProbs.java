package dev.daa.train.data;

import dev.daa.model.score.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Per-token log-probabilities under the reference, in nats, by row of the data set; empty for a response that a row
/// does not have.
public record ReferenceLogProbs(float[][] chosen, float[][] rejected) {
    /// What `scorer` says of the responses of some rows.
    public static ReferenceLogProbs of(List<? extends Feedback> rows, Function<List<Sequence>, float[][]> scorer) {
        return new ReferenceLogProbs(scored(rows, scorer, Feedback::chosen), scored(rows, scorer, Feedback::rejected));
    }

    private static float[][] scored(
            List<? extends Feedback> rows,
            Function<List<Sequence>, float[][]> scorer,
            Function<Feedback, int @Nullable []> response) {
        List<Sequence> sequences = new ArrayList<>();
        for (Feedback row : rows) {
            int[] tokens = response.apply(row);
            if (tokens != null) {
                sequences.add(new Sequence(row.prompt(), tokens));
            }
        }
        float[][] scores = scorer.apply(sequences);
        float[][] byRow = new float[rows.size()][];
        int next = 0;
        for (int i = 0; i < byRow.length; i++) {
            byRow[i] = response.apply(rows.get(i)) == null ? new float[0] : scores[next++];
        }
        return byRow;
    }
}
