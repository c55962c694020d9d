package dev.daa.tornado.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class DivisionTest {
    private static final int LAYERS = 24;
    private static final int ARRAYS_OF_A_LAYER = 40;

    private static List<Object> arrays(String name, int count) {
        List<Object> arrays = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            arrays.add(name + i);
        }
        return arrays;
    }

    /// Forward, backward and update of each layer, which all read the tables.
    private static List<List<Object>> model() {
        List<Object> tables = arrays("table", 5);
        List<List<Object>> layers = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            layers.add(arrays("layer" + layer + ".", ARRAYS_OF_A_LAYER));
        }
        List<List<Object>> graphs = new ArrayList<>();
        for (int pass = 0; pass < 3; pass++) {
            for (List<Object> layer : layers) {
                List<Object> named = new ArrayList<>(layer);
                named.addAll(tables);
                graphs.add(named);
            }
        }
        return graphs;
    }

    @Test
    void fewArraysAreShared() {
        List<List<Object>> graphs = List.of(arrays("a", 3), arrays("b", 100));
        Division division = Division.of(graphs);
        assertThat(division.shared()).hasSize(103);
        assertThat(division.own()).allMatch(List::isEmpty);
    }

    @Test
    void everyGraphFindsItsArraysInItsSetOrAmongTheShared() {
        List<List<Object>> graphs = model();
        Division division = Division.of(graphs);
        for (int graph = 0; graph < graphs.size(); graph++) {
            Set<Object> found = new HashSet<>(division.shared());
            found.addAll(division.own().get(division.setOf().get(graph)));
            assertThat(found).containsAll(graphs.get(graph));
        }
    }

    @Test
    void noSetHasMoreThanATaskGraphCanTake() {
        Division division = Division.of(model());
        assertThat(division.own()).allMatch(own -> own.size() <= Division.MOST);
        assertThat(division.shared()).hasSizeLessThanOrEqualTo(5);
        int placed = division.shared().size()
                + division.own().stream().mapToInt(List::size).sum();
        assertThat(placed).isEqualTo(5 + LAYERS * ARRAYS_OF_A_LAYER);
    }
}
