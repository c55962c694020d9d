package dev.daa.train.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.ParameterLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class SphericalInterpolationTest {
    private static final float ROOT_HALF = (float) Math.sqrt(0.5);

    private static float[] merged(int[] sizes, float[]... vectors) {
        ParameterLayout layout = new ParameterLayout("policy");
        for (int i = 0; i < sizes.length; i++) {
            layout.add("tensor " + i, sizes[i]);
        }
        return SphericalInterpolation.of(layout, List.of(vectors));
    }

    /// Half-way between two directions at right angles lies the unit vector between them, where the mean would have
    /// length 1/√2.
    @Test
    void theLengthIsKeptAtRightAngles() {
        assertThat(merged(new int[] {2}, new float[] {1, 0}, new float[] {0, 1}))
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(ROOT_HALF, ROOT_HALF);
    }

    /// At 60° half-way is (δ + δ′)/(2 cos 30°).
    @Test
    void halfWayIsTheScaledMean() {
        float[] merged = merged(new int[] {2}, new float[] {2, 0}, new float[] {1, (float) Math.sqrt(3)});
        double scale = 1 / (2 * Math.cos(Math.PI / 6));
        assertThat(merged).usingComparatorWithPrecision(1e-6f).containsExactly((float) (3 * scale), (float)
                (Math.sqrt(3) * scale));
    }

    /// Each tensor has an angle of its own.
    @Test
    void tensorsAreMergedOneByOne() {
        assertThat(merged(new int[] {2, 2}, new float[] {1, 0, 3, 4}, new float[] {0, 1, 3, 4}))
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(ROOT_HALF, ROOT_HALF, 3, 4);
    }

    /// Parallel, opposite and empty vectors have no plane to turn in: the mean.
    @Test
    void withoutAPlaneItIsLinear() {
        assertThat(merged(new int[] {1, 1, 2}, new float[] {1, 2, 0, 0}, new float[] {3, -2, 4, 2}))
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(2, 0, 2, 1);
    }

    /// Three unit vectors at right angles: the third is taken in with λ = ⅓, so the result keeps length 1 and has
    /// sin 30° of it.
    @Test
    void furtherVectorsAreTakenInWithTheirShare() {
        float[] merged = merged(new int[] {3}, new float[] {1, 0, 0}, new float[] {0, 1, 0}, new float[] {0, 0, 1});
        float rest = (float) (Math.cos(Math.PI / 6) * Math.sqrt(0.5));
        assertThat(merged).usingComparatorWithPrecision(1e-6f).containsExactly(rest, rest, 0.5f);
    }

    @Test
    void aSingleVectorIsItself() {
        assertThat(merged(new int[] {3}, new float[] {1, -2, 0})).containsExactly(1, -2, 0);
    }
}
