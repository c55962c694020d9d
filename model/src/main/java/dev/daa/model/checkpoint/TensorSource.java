package dev.daa.model.checkpoint;

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

    /// A whole tensor as fp32, row-major.
    default float[] read(String name) {
        float[] values = new float[Math.toIntExact(info(name).elements())];
        read(name, values, 0);
        return values;
    }

    @Override
    void close();
}
