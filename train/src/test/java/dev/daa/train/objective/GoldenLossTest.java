package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Agreement with the reference implementation of the DPO paper in value and derivative.
class GoldenLossTest {
    private static final double TOLERANCE = 1e-9;

    @TestFactory
    Stream<DynamicTest> valuesAndDerivatives() {
        Path file = Golden.file();
        Assumptions.assumeTrue(file != null, "shared/golden/preference_losses.json is not beside the project");
        if (file == null) {
            return Stream.empty();
        }
        return Golden.cases(file).stream().map(row -> DynamicTest.dynamicTest(row.label(), () -> compare(row)));
    }

    private static void compare(Golden.Case row) {
        Objective objective = Objectives.create(row.objective(), row.parameters());
        PairLoss out = new PairLoss();
        objective.loss(row.batch(), objective.initialState(), out);
        int pairs = row.loss().length;
        assertThat(out.count()).isEqualTo(pairs);
        for (int pair = 0; pair < pairs; pair++) {
            close(out.loss()[pair], row.loss()[pair]);
            close(out.dChosen()[pair] / pairs, row.dChosen()[pair]);
            close(out.dRejected()[pair] / pairs, row.dRejected()[pair]);
        }
    }

    private static void close(double found, double expected) {
        assertThat(found).isCloseTo(expected, within(TOLERANCE * Math.max(1, Math.abs(expected))));
    }
}
