package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import java.util.Set;

/// Named tensors that can be read one at a time: one safetensors file, or several shards together.
public interface TensorSource extends AutoCloseable {
    /// What messages call it: the file's or folder's path.
    String place();

    Set<String> names();

    /// The tensor of that name.
    TensorInfo info(String name);

    /// Reads a whole tensor as fp32 to `into[offset…]`, row-major.
    void read(String name, float[] into, int offset);

    /// Reads a tensor of weights, which are refused where one is not finite: a model of such weights answers NaN to
    /// everything.
    default void readWeights(String name, float[] into, int offset) {
        read(name, into, offset);
        int count = Math.toIntExact(info(name).elements());
        for (int i = offset; i < offset + count; i++) {
            if (!Float.isFinite(into[i])) {
                throw InputException.of(
                        place() + ": tensor " + name,
                        into[i] + " as value " + (i - offset),
                        "finite weights",
                        "use another model or an earlier checkpoint");
            }
        }
    }

    /// A whole tensor as fp32, row-major.
    default float[] read(String name) {
        float[] values = new float[Math.toIntExact(info(name).elements())];
        read(name, values, 0);
        return values;
    }

    @Override
    void close();
}
