package dev.daa.train.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.train.loop.WeightMerge.Rule;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightMergeTest {
    private static final float ROOT_HALF = (float) Math.sqrt(0.5);
    private static final float[] START = {0.25f, -1.5f, 0.75f, 2, -0.125f};
    private static final List<float[]> MODELS = List.of(
            new float[] {0.5f, -1.25f, 0.7f, 2.5f, -0.5f},
            new float[] {0.1f, -1.75f, 1.5f, 1.9f, 0.375f},
            new float[] {0.3f, -2, 0.6f, 2.2f, -0.25f});

    /// Of task vectors.
    private static float[] merged(float[]... vectors) {
        return WeightMerge.ofEqual(Rule.SPHERICAL, vectors.length, 1)
                .of(new float[vectors[0].length], List.of(vectors));
    }

    private static void assertMerge(Rule rule, List<Double> weights, double share, float... expected) {
        assertThat(new WeightMerge(rule, weights, share).of(START, MODELS))
                .usingComparatorWithPrecision(1e-7f)
                .containsExactly(expected);
    }

    /// Expected values by PyTorch in float64: sums of a stack of tensors and `torch.lerp`, and for the sphere
    /// WARP's formula with `torch.acos` on the fp32 differences, one tensor after the other.
    @Test
    void mergesAreThoseOfPyTorch() {
        List<Double> weights = List.of(0.2, 0.3, 0.5);
        assertMerge(Rule.LINEAR, weights, 1, 0.280000006f, -1.775f, 0.89000001f, 2.17000002f, -0.1125f);
        assertMerge(Rule.LINEAR, weights, 0.3, 0.259000002f, -1.5825f, 0.792000003f, 2.05100001f, -0.12125f);
        assertMerge(
                Rule.LINEAR,
                List.of(1.5, -0.25, -0.25),
                1,
                0.649999997f,
                -0.9375f,
                0.524999976f,
                2.72499999f,
                -0.78125f);
        assertMerge(
                Rule.SPHERICAL,
                Collections.nCopies(3, 1 / 3.0),
                1,
                0.369919877f,
                -1.7615538f,
                1.32788528f,
                2.47967948f,
                -0.0731828404f);
        assertMerge(Rule.SPHERICAL, weights, 0.3, 0.273241501f, -1.6251399f, 0.89852743f, 2.12003352f, -0.100582586f);
    }

    /// One model at weight 1, and any number of copies of it, are the model: bit by bit, whatever the start.
    @Test
    void copiesOfOneModelAreThatModel() {
        float[] model = MODELS.get(1);
        for (int count = 1; count <= 7; count++) {
            List<float[]> copies = Collections.nCopies(count, model);
            assertThat(WeightMerge.ofEqual(Rule.LINEAR, count, 1).of(null, copies))
                    .containsExactly(model);
            assertThat(WeightMerge.ofEqual(Rule.SPHERICAL, count, 1).of(START, copies))
                    .containsExactly(model);
            assertThat(WeightMerge.ofEqual(Rule.SPHERICAL, count, 0.25).of(model, copies))
                    .containsExactly(model);
        }
    }

    /// Thirds written with six decimals sum to 1 as far as can be asked for; nothing shrinks by what they lack.
    @Test
    void weightsSumToOne() {
        assertThat(new WeightMerge(Rule.LINEAR, List.of(0.3333333, 0.3333333, 0.3333333), 1)
                        .of(null, Collections.nCopies(3, START)))
                .containsExactly(START);
        assertThatThrownBy(() -> new WeightMerge(Rule.LINEAR, List.of(0.33, 0.33, 0.33), 1))
                .isInstanceOf(InputException.class)
                .hasMessage("weights is [0.33, 0.33, 0.33], which sum to 0.99, expected numbers that sum to 1; without"
                        + " weights all models count alike");
        assertThatThrownBy(() -> new WeightMerge(Rule.LINEAR, List.of(Double.NaN, 1.0), 1))
                .hasMessageContaining("which sum to NaN");
        assertThatThrownBy(() -> new WeightMerge(Rule.SPHERICAL, List.of(1.5, -0.5), 1))
                .hasMessage("weights is [1.5, -0.5], expected numbers above 0 for a spherical interpolation");
        assertThatThrownBy(() -> WeightMerge.ofEqual(Rule.LINEAR, 2, 0))
                .hasMessage("share is 0.0, expected a number above 0 and at most 1");
    }

    /// Half-way between two directions at right angles lies the unit vector between them, where the mean would have
    /// length 1/√2.
    @Test
    void theLengthIsKeptAtRightAngles() {
        assertThat(merged(new float[] {1, 0}, new float[] {0, 1}))
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(ROOT_HALF, ROOT_HALF);
    }

    /// At 60° half-way is (δ + δ′)/(2 cos 30°).
    @Test
    void halfWayIsTheScaledMean() {
        float[] merged = merged(new float[] {2, 0}, new float[] {1, (float) Math.sqrt(3)});
        double scale = 1 / (2 * Math.cos(Math.PI / 6));
        assertThat(merged).usingComparatorWithPrecision(1e-6f).containsExactly((float) (3 * scale), (float)
                (Math.sqrt(3) * scale));
    }

    /// Parallel, opposite and empty vectors have no plane to turn in: the mean.
    @Test
    void withoutAPlaneItIsLinear() {
        assertThat(merged(new float[] {1}, new float[] {3})).containsExactly(2);
        assertThat(merged(new float[] {2}, new float[] {-2})).containsExactly(0);
        assertThat(merged(new float[] {0, 0}, new float[] {4, 2})).containsExactly(2, 1);
    }

    /// Three unit vectors at right angles: the third is taken in with λ = ⅓, so the result keeps length 1 and has
    /// sin 30° of it.
    @Test
    void furtherVectorsAreTakenInWithTheirShare() {
        float[] merged = merged(new float[] {1, 0, 0}, new float[] {0, 1, 0}, new float[] {0, 0, 1});
        float rest = (float) (Math.cos(Math.PI / 6) * Math.sqrt(0.5));
        assertThat(merged).usingComparatorWithPrecision(1e-6f).containsExactly(rest, rest, 0.5f);
    }

    @Test
    void aSingleVectorIsItself() {
        assertThat(merged(new float[] {1, -2, 0})).containsExactly(1, -2, 0);
    }
}
