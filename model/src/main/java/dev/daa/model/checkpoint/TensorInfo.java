package dev.daa.model.checkpoint;

import java.util.List;

/// One tensor of a safetensors file, as its header describes it.
///
/// @param name Hugging Face's name
/// @param type of the elements on disk
/// @param shape row-major; empty for a single number
/// @param begin first byte, counted from the end of the header
/// @param end byte after the last
public record TensorInfo(String name, ElementType type, List<Integer> shape, long begin, long end) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /// Elements of the tensor.
    public long elements() {
        return elements(shape);
    }

    static long elements(List<Integer> shape) {
        long product = 1;
        for (int extent : shape) {
            product = Math.multiplyExact(product, (long) extent);
        }
        return product;
    }
}
