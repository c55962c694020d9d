package dev.daa.tornado.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.lowering.Grid;
import dev.daa.tornado.lowering.Launch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

final class ChunkTest {
    private final List<Launch> launches = new ArrayList<>();

    private void add(String kernel, int scalar) {
        FloatArray array = Memory.floats(3);
        launches.add(new Launch(kernel, Grid.lanes(3), List.of(array, scalar), (graph, task) -> {}));
    }

    private void layer(int scalar) {
        for (String kernel : List.of("norm", "product", "attention", "norm", "product")) {
            add(kernel, scalar);
        }
    }

    @Test
    void layersBecomeChunksOfOneKey() {
        add("embedding", 1);
        layer(7);
        layer(7);
        layer(7);
        add("norm", 7);
        List<Chunk> chunks = Chunk.split(launches);
        assertThat(chunks.stream().map(chunk -> chunk.launches().size())).containsExactly(1, 5, 5, 5, 1);
        assertThat(chunks.stream().map(Chunk::key).distinct()).hasSize(3);
        assertThat(chunks.stream().flatMap(chunk -> chunk.launches().stream())).containsExactlyElementsOf(launches);
    }

    @Test
    void anotherScalarIsAnotherKey() {
        layer(7);
        layer(8);
        assertThat(Chunk.split(launches)).hasSize(1);
    }

    @Test
    void whatDoesNotRepeatIsSplitByLength() {
        for (int i = 0; i < 100; i++) {
            add("kernel", i);
        }
        assertThat(Chunk.split(launches).stream().map(chunk -> chunk.launches().size()))
                .containsExactly(48, 48, 4);
    }
}
