package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Tensor;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What a batch indexes is held against what it indexes, before a kernel reads there.
final class BatchCheckTest {
    private static final Capacity CAPACITY = Capacity.training(4, 1, 2, 2);
    private static final int ROTATIONS = 6;

    private final ParameterLayout layout = new ParameterLayout("policy");
    private final Parameter tokens = layout.add("tokens", 5, 8);
    private final Parameter positions = layout.add("positions", 4, 8);
    private final Parameter head = layout.add("head", 7, 8);
    private final Graph graph = new Graph().with(layout);

    private void refused(Consumer<Batch> spoilt, String message) {
        BatchCheck check = new BatchCheck(graph, CAPACITY, ROTATIONS);
        Batch batch = new Batch(CAPACITY);
        batch.addSegment(new int[] {4, 0, 3}, 0, 3, -1);
        batch.addTarget(2, 4);
        batch.addScore(2);
        assertThatCode(() -> check.check(batch)).doesNotThrowAnyException();
        spoilt.accept(batch);
        assertThatThrownBy(() -> check.check(batch)).hasMessage(message);
    }

    @Test
    void tokensOfAnEmbedding() {
        graph.embedding("in", tokens, null);
        refused(batch -> batch.token[1] = 5, "token 5 of row 1 is outside tokens, which has 5 rows");
        refused(batch -> batch.token[2] = -1, "token -1 of row 2 is outside tokens, which has 5 rows");
    }

    @Test
    void positionsOfAnEmbedding() {
        graph.embedding("in", tokens, positions);
        refused(batch -> batch.position[0] = 4, "position 4 of row 0 is outside positions, which has 4 rows");
    }

    @Test
    void positionsOfARotation() {
        graph.rotary(graph.embedding("qkv", layout.add("wide", 5, 24), null), new AttentionShape(1, 1, 8), 8, 10_000);
        refused(
                batch -> batch.position[2] = ROTATIONS,
                "position 6 of row 2 is outside the rotation's table, which has 6 rows");
    }

    @Test
    void targetsOfAHead() {
        graph.tokenLogProb("log-prob", graph.embedding("in", tokens, null), head);
        refused(batch -> batch.targetToken[0] = 7, "token 7 of target 0 is outside the vocabulary, which has 7 rows");
        refused(batch -> batch.targetRow[0] = 3, "row 3 of target 0 is outside the batch, which has 3 rows");
    }

    @Test
    void targetsThatAreGathered() {
        graph.gather("gathered", graph.embedding("in", tokens, null));
        refused(batch -> batch.targetRow[0] = -2, "row -2 of target 0 is outside the batch, which has 3 rows");
    }

    @Test
    void targetsOfTwoHeads() {
        Tensor hidden = graph.embedding("in", tokens, null);
        graph.tokenKl("kl", hidden, head, hidden, head);
        refused(batch -> batch.targetRow[0] = 9, "row 9 of target 0 is outside the batch, which has 3 rows");
    }

    @Test
    void scoresOfAScalarHead() {
        graph.scalarHead("score", graph.embedding("in", tokens, null), layout.add("value", 1, 8));
        refused(batch -> batch.scoreRow[0] = 3, "row 3 of score 0 is outside the batch, which has 3 rows");
    }
}
