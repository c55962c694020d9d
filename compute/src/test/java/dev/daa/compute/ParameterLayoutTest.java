package dev.daa.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;

class ParameterLayoutTest {
    @Test
    void noArrayCutsAParameter() {
        ParameterLayout layout = new ParameterLayout("policy", 20);
        Parameter first = layout.add("first", 3, 4);
        Parameter second = layout.add("second", 8);
        Parameter third = layout.add("third", 1);
        Parameter fourth = layout.add("fourth", 4, 5);
        assertThat(layout.sizes()).containsExactly(20, 1, 20);
        assertThat(layout.count()).isEqualTo(41);
        assertThat(layout.parameters()).extracting(Parameter::array).containsExactly(0, 0, 1, 2);
        assertThat(layout.parameters()).extracting(Parameter::offset).containsExactly(0, 12, 0, 0);
        assertThat(layout.parameters()).containsExactly(first, second, third, fourth);
        assertThat(layout.zeros()).isDeepEqualTo(new float[][] {new float[20], new float[1], new float[20]});
    }

    @Test
    void whatFitsLiesInOneArray() {
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("matrix", 1 << 15, 1 << 15);
        layout.add("another", 1 << 14, 1 << 15);
        assertThat(layout.size()).isEqualTo(3 << 29);
        assertThat(layout.sizes()).containsExactly(3 << 29);
        layout.add("third", 1 << 15, 1 << 15);
        assertThat(layout.count()).isEqualTo(5L << 29);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(layout::size)
                .withMessage(
                        "the parameters of policy: found 2684354560 values in 2 arrays, expected at most 2147483631"
                                + " in one, which averages of weights need; take a smaller model");
    }

    @Test
    void aParameterLongerThanAnArrayIsRefused() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ParameterLayout("policy", 20).add("matrix", 3, 7))
                .withMessage("parameter matrix [3, 7] does not fit: an array holds at most 20 values");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new ParameterLayout("policy").add("matrix", 1 << 16, 1 << 16));
    }

    /// A backend that knows one array only.
    private record OneArray(ParameterLayout layout, float[] values) implements Parameters {
        @Override
        public void read(float[] into) {
            System.arraycopy(values, 0, into, 0, values.length);
        }

        @Override
        public void write(float[] from) {
            System.arraycopy(from, 0, values, 0, values.length);
        }
    }

    @Test
    void aBackendThatKnowsOneArrayRefusesSeveral() {
        ParameterLayout layout = new ParameterLayout("policy", 3);
        layout.add("first", 3);
        Parameters one = new OneArray(layout, new float[3]);
        one.write(new float[][] {{1, 2, 3}});
        assertThat(one.copy()).isDeepEqualTo(new float[][] {{1, 2, 3}});
        Parameter first = layout.parameters().getFirst();
        one.write(first, new float[] {4, 5, 6});
        assertThat(one.copy(first)).containsExactly(4, 5, 6);
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> one.write(new float[][] {{1, 2}}))
                .withMessage("arrays of [2] values, expected [3] of layout policy");
        layout.add("second", 1);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> one.write(layout.zeros()))
                .withMessageContaining("4 values in 2 arrays");
        assertThatExceptionOfType(InputException.class).isThrownBy(one::copy);
    }
}
