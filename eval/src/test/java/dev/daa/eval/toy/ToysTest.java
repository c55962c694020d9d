package dev.daa.eval.toy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.train.objective.Objectives;
import dev.daa.train.objective.PairLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ToysTest {
    /// At equal log-ratios the losses are known: ln 2, (0 − 1/2β)² = 25, the hinge's 1. y1 and y2 end equal; y3
    /// keeps the ratio to √(y1·y2) that it had, since only the difference of the first two logits moves.
    @ParameterizedTest
    @CsvSource({"dpo, 0.6931471805599453", "ipo, 25", "slic, 1"})
    void theThirdResponseKeepsWhatItHad(String objective, double loss) {
        List<ThreeResponses.Descent> descents = ThreeResponses.of(objective, 0.1, 9);
        for (ThreeResponses.Descent descent : descents) {
            double[] end = descent.end();
            double[] start = descent.start();
            assertThat(descent.loss()).isCloseTo(loss, within(1e-6));
            if (!objective.equals("slic")) {
                assertThat(end[0]).isCloseTo(end[1], within(1e-4));
                assertThat(end[2] / Math.sqrt(end[0] * end[1]))
                        .isCloseTo(start[2] / Math.sqrt(start[0] * start[1]), within(1e-6 * end[2] / end[0]));
            }
        }
        assertThat(descents.getFirst().end()[2]).isLessThan(0.05);
        assertThat(descents.getLast().end()[2]).isGreaterThan(0.9);
    }

    @Test
    void theLossHasNoDerivativeForTheThirdResponse() {
        Random random = new Random(4);
        for (int trial = 0; trial < 20; trial++) {
            double[] logits = random.doubles(3, -3, 3).toArray();
            double[] gradient =
                    ThreeResponses.gradient(Objectives.create("dpo", Map.of("beta", 0.5)), logits, new PairLoss());
            assertThat(gradient[2]).isCloseTo(0, within(1e-15));
            assertThat(gradient[0]).isCloseTo(-gradient[1], within(1e-15));
        }
    }

    @Test
    void theTablesStartIsTheData() {
        double[] probabilities = new TreeTable().probabilities();
        double[] data = Tree.data();
        for (int k = 0; k < Tree.TRAJECTORIES; k++) {
            assertThat(probabilities[k]).isCloseTo(data[k], within(1e-12));
        }
        assertThat(Arrays.stream(data).sum()).isCloseTo(1, within(1e-12));
        Tree.Mass mass = Tree.Mass.of(0, data);
        assertThat(mass.unseen()).isCloseTo(0.5 * 25 / 27, within(1e-12));
        assertThat(mass.topUnseen()).isCloseTo(1.0 / 25, within(1e-12));
    }

    /// In a table the first action, which both trajectories share, gets no derivative: what the loss does, it does
    /// below it, and trajectories that begin otherwise keep their mass.
    @Test
    void aTableMovesOnlyTheStatesOfThePair() {
        for (String objective : List.of("dpo", "ipo", "slic")) {
            List<Tree.Mass> course = TreeTable.train(objective, 0.1, 200, 100);
            assertThat(course).extracting(Tree.Mass::step).containsExactly(0, 100, 200);
            assertThat(course.getLast().chosen())
                    .isGreaterThan(course.getFirst().chosen());
            assertThat(course.getLast().rejected()).isLessThan(course.getFirst().rejected());
            assertThat(course.getLast().unseen())
                    .as("the 18 trajectories that begin otherwise have 1/54 each")
                    .isGreaterThanOrEqualTo(18.0 / 54);
        }
    }

    @Test
    void theNetworkLearnsItsDataAndThePreference() {
        try (Backend backend = Backend.open("cpu", 1)) {
            TreeNetwork network = new TreeNetwork(backend, 1);
            List<Tree.Mass> course = network.train("dpo", 0.1, 100, 50);
            assertThat(course.getFirst().chosen()).isCloseTo(0.25 + 0.5 / 27, within(0.06));
            assertThat(course.getFirst().unseen()).isCloseTo(0.5 * 25 / 27, within(0.1));
            Tree.Mass end = course.getLast();
            assertThat(end.chosen() / end.rejected()).isGreaterThan(20);
            assertThat(network.train("dpo", 0.1, 100, 50)).isEqualTo(course);
        }
    }

    /// Against the singular values of the matrix itself.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theRankIsThatOfTheMatrix(long seed) {
        Random random = new Random(seed);
        int responses = 12;
        int pairs = 3 + random.nextInt(14);
        List<String> chosen = new ArrayList<>();
        List<String> rejected = new ArrayList<>();
        double[][] matrix = new double[pairs][responses];
        for (int i = 0; i < pairs; i++) {
            int one = random.nextInt(responses);
            int other = random.nextInt(responses);
            chosen.add("y" + one);
            rejected.add("y" + other);
            matrix[i][one] += 1;
            matrix[i][other] -= 1;
        }
        PreferenceRank rank = PreferenceRank.of(chosen, rejected);
        assertThat(rank.rank()).isEqualTo(new SingularValueDecomposition(new Array2DRowRealMatrix(matrix)).getRank());
        List<String> all = new ArrayList<>(chosen);
        all.addAll(rejected);
        assertThat(rank.responses()).isEqualTo((int) all.stream().distinct().count());
    }
}
