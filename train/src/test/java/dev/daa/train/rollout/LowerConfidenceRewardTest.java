package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.Parameter;
import dev.daa.model.score.FeatureScorer;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.PreferencePair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LowerConfidenceRewardTest {
    private static final int WIDTH = 12;
    private static final List<PreferencePair> COMPARISONS = List.of(
            new PreferencePair(new int[] {1}, new int[] {2, 3, 0}, new int[] {4, 0}),
            new PreferencePair(new int[] {5, 6}, new int[] {7, 0}, new int[] {8, 8, 2, 0}),
            new PreferencePair(new int[] {1}, new int[] {3}, new int[] {6, 5, 4, 3, 0}));
    private static final List<Sequence> RESPONSES = List.of(
            new Sequence(new int[] {1}, new int[] {2, 3, 0}),
            new Sequence(new int[] {1}, new int[] {8, 7, 6, 5}),
            new Sequence(new int[] {5, 6, 7}, new int[] {0}));

    private static Model model(Backend backend) {
        return Model.initialize(
                backend,
                new TransformerParameters(TransformerConfig.gpt2(9, WIDTH, 2, 3, 16), Head.SCALAR, "reward"),
                new SplittableRandom(4));
    }

    /// The score is the head's weight times the feature, so what is read is the feature of the last token.
    @Test
    void featuresAreWhatTheHeadReads() {
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = model(backend);
            Parameter head = model.parameters().headWeight();
            float[] weights = model.flatWeights();
            try (FeatureScorer features = new FeatureScorer(backend, model, 8, 11);
                    RewardScorer scorer = new RewardScorer(backend, model, 8, 11)) {
                float[] score = scorer.score(RESPONSES);
                float[][] feature = features.score(RESPONSES, () -> false);
                assertThat(features.width()).isEqualTo(WIDTH);
                for (int i = 0; i < score.length; i++) {
                    double product = 0;
                    for (int j = 0; j < WIDTH; j++) {
                        product += (double) weights[head.offset() + j] * feature[i][j];
                    }
                    assertThat(product).isCloseTo(score[i], within(1e-5));
                }
            }
        }
    }

    /// Against the definition: Σ formed term by term, the linear system solved by elimination.
    @Test
    void theBoundIsThatOfADenseSolve() {
        double ridge = 0.7;
        double factor = 0.3;
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = model(backend);
            List<float[]> chosen = new ArrayList<>();
            List<float[]> rejected = new ArrayList<>();
            float[][] feature;
            try (FeatureScorer features = new FeatureScorer(backend, model, 8, 64)) {
                for (PreferencePair pair : COMPARISONS) {
                    chosen.add(features.score(List.of(pair.chosenSequence()), () -> false)[0]);
                    rejected.add(features.score(List.of(pair.rejectedSequence()), () -> false)[0]);
                }
                feature = features.score(RESPONSES, () -> false);
            }
            double[][] sigma = new double[WIDTH][WIDTH];
            double[] mean = new double[WIDTH];
            for (int i = 0; i < WIDTH; i++) {
                sigma[i][i] += ridge;
                for (int k = 0; k < chosen.size(); k++) {
                    mean[i] += (chosen.get(k)[i] + rejected.get(k)[i]) / (2.0 * chosen.size());
                    for (int j = 0; j < WIDTH; j++) {
                        sigma[i][j] += (chosen.get(k)[i] - rejected.get(k)[i])
                                * (double) (chosen.get(k)[j] - rejected.get(k)[j]);
                    }
                }
            }
            FeatureConfidence confidence =
                    LowerConfidenceReward.confidence(backend, model, 8, COMPARISONS, ridge, () -> false);
            try (ResponseReward plain = new RewardModel(backend, model, 8, 0.2);
                    ResponseReward bound = new LowerConfidenceReward(
                            backend, new RewardModel(backend, model, 8, 0.2), model, 8, confidence, factor)) {
                double[] score = plain.score(RESPONSES, () -> false);
                double[] lower = bound.score(RESPONSES, () -> false);
                for (int i = 0; i < score.length; i++) {
                    double[] away = new double[WIDTH];
                    for (int j = 0; j < WIDTH; j++) {
                        away[j] = feature[i][j] - mean[j];
                    }
                    double[] solved = solve(sigma, away);
                    double squares = 0;
                    for (int j = 0; j < WIDTH; j++) {
                        squares += away[j] * solved[j];
                    }
                    double expected = score[i] - factor * Math.sqrt(WIDTH) * Math.sqrt(squares);
                    assertThat(lower[i]).isCloseTo(expected, within(1e-5 * (1 + Math.abs(expected))));
                    assertThat(score[i] - lower[i]).isGreaterThan(0.1);
                }
            }
        }
    }

    /// Two features, one comparison (1, 0) against (−1, 0), λ 1: Σ = diag(5, 1), μ = 0. Along what it varied 2
    /// counts 2/√5, across it 2.
    @Test
    void whatNoComparisonVariedIsFar() {
        FeatureConfidence.Collected collected = new FeatureConfidence.Collected(2, 1);
        collected.add(new float[] {1, 0}, new float[] {-1, 0});
        FeatureConfidence confidence = collected.confidence();
        assertThat(confidence.distance(new float[] {2, 0})).isCloseTo(2 / Math.sqrt(5), within(1e-12));
        assertThat(confidence.distance(new float[] {0, 2})).isCloseTo(2, within(1e-12));
        assertThat(confidence.distance(new float[] {0, 0})).isZero();
    }

    @Test
    void aBoundNeedsItsComparisons() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LowerConfidence(1, null, 1))
                .withMessage("lower_confidence.factor is 1.0 and lower_confidence.comparisons is null, expected both or"
                        + " neither");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new LowerConfidence(0, Path.of("pairs.jsonl"), 1));
        assertThatExceptionOfType(InputException.class).isThrownBy(() -> new LowerConfidence(0, null, 0));
    }

    /// Gauss–Jordan elimination with pivoting.
    private static double[] solve(double[][] matrix, double[] right) {
        int n = right.length;
        double[][] rows = new double[n][n + 1];
        for (int i = 0; i < n; i++) {
            System.arraycopy(matrix[i], 0, rows[i], 0, n);
            rows[i][n] = right[i];
        }
        for (int column = 0; column < n; column++) {
            int pivot = column;
            for (int i = column; i < n; i++) {
                pivot = Math.abs(rows[i][column]) > Math.abs(rows[pivot][column]) ? i : pivot;
            }
            double[] swapped = rows[column];
            rows[column] = rows[pivot];
            rows[pivot] = swapped;
            for (int i = 0; i < n; i++) {
                double share = i == column ? 0 : rows[i][column] / rows[column][column];
                for (int j = column; j <= n; j++) {
                    rows[i][j] -= share * rows[column][j];
                }
            }
        }
        double[] solution = new double[n];
        for (int i = 0; i < n; i++) {
            solution[i] = rows[i][n] / rows[i][i];
        }
        return solution;
    }
}
