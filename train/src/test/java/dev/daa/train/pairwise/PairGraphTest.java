package dev.daa.train.pairwise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.Op;
import dev.daa.train.TinyModels;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objectives;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PairGraphTest {
    /// The likeliest tokens of each target are evaluation's: no objective reads them.
    @ParameterizedTest
    @CsvSource({"sampled,1", "none,0"})
    void ofTheConcentrationOnlyTheCollisionProbabilityIsComputed(String alignment, int recorded) {
        try (Backend backend = Backend.open("cpu", 1)) {
            PairGraph graph = PairGraph.of(
                    TinyModels.language(backend, 7).parameters(),
                    null,
                    Objectives.create("wpo", Map.of("beta", 0.1, "wpo_alignment", alignment)),
                    Optimizer.adamW(0, 0));
            List<Op.TokenConcentration> concentrations = graph.graph().forward().stream()
                    .filter(Op.TokenConcentration.class::isInstance)
                    .map(Op.TokenConcentration.class::cast)
                    .toList();
            assertThat(concentrations).hasSize(recorded).allSatisfy(concentration -> {
                assertThat(concentration.logCollision()).isSameAs(graph.collision());
                assertThat(concentration.topEntropy()).isNull();
                assertThat(concentration.topMass()).isNull();
            });
        }
    }
}
