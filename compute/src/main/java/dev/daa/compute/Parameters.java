package dev.daa.compute;

import java.util.Arrays;
import java.util.stream.IntStream;

/// The values of a [ParameterLayout] where the backend keeps them: the weights of a model, their gradients, or
/// a moment of the optimizer. Several programs may share one (training, generation and evaluation of the same
/// policy).
public interface Parameters {
    ParameterLayout layout();

    /// Copies the flat array of a layout that has one to `into`, which has [ParameterLayout#size] values.
    void read(float[] into);

    /// Replaces the flat array of a layout that has one by `from`, which has [ParameterLayout#size] values.
    void write(float[] from);

    /// Copy of one array of the layout.
    default float[] copy(int array) {
        float[] copy = new float[layout().size()];
        read(copy);
        return copy;
    }

    /// Copy of every array of the layout.
    default float[][] copy() {
        return IntStream.range(0, layout().sizes().size())
                .mapToObj(array -> copy(array))
                .toArray(float[][]::new);
    }

    /// Copy of the values of one parameter.
    default float[] copy(Parameter parameter) {
        float[] array = copy(parameter.array());
        return Arrays.copyOfRange(array, parameter.offset(), parameter.offset() + parameter.size());
    }

    /// Replaces the values of one parameter.
    ///
    /// @param from [Parameter#size] values
    default void write(Parameter parameter, float[] from) {
        float[][] arrays = copy();
        System.arraycopy(from, 0, arrays[parameter.array()], parameter.offset(), parameter.size());
        write(arrays);
    }

    /// Takes a share of other parameters of the same layout: `θ ← a·θ′ + (1 − a)·θ`.
    ///
    /// @param share a
    default void mix(Parameters other, double share) {
        float[][] own = copy();
        float[][] others = other.copy();
        for (int array = 0; array < own.length; array++) {
            for (int i = 0; i < own[array].length; i++) {
                own[array][i] = (float) (share * others[array][i] + (1 - share) * own[array][i]);
            }
        }
        write(own);
    }

    /// Replaces every array of the layout.
    ///
    /// @throws InputException where there are several and the backend knows one only
    default void write(float[][] arrays) {
        layout().requireFilledBy(arrays);
        if (layout().size() > 0) {
            write(arrays[0]);
        }
    }
}
