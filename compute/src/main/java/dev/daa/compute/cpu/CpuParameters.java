package dev.daa.compute.cpu;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;

/// Parameters in Java arrays. Copies of them in another layout (packed for decoding) are valid as long as [#version]
/// stays the same.
final class CpuParameters implements Parameters {
    private final ParameterLayout layout;
    private final float[][] arrays;
    private int version;

    /// Values that are 0.
    CpuParameters(ParameterLayout layout) {
        this(layout, layout.zeros());
    }

    /// @param arrays of the layout, kept
    CpuParameters(ParameterLayout layout, float[][] arrays) {
        layout.requireFilledBy(arrays);
        this.layout = layout;
        this.arrays = arrays;
    }

    @Override
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public void read(float[] into) {
        System.arraycopy(arrays[0], 0, into, 0, layout.size());
    }

    @Override
    public void write(float[] from) {
        System.arraycopy(from, 0, arrays[0], 0, layout.size());
        changed();
    }

    @Override
    public float[] copy(int array) {
        return arrays[array].clone();
    }

    @Override
    public void write(float[][] from) {
        layout.requireFilledBy(from);
        for (int i = 0; i < arrays.length; i++) {
            System.arraycopy(from[i], 0, arrays[i], 0, arrays[i].length);
        }
        changed();
    }

    /// The array itself that the parameter lies in.
    float[] values(Parameter parameter) {
        return arrays[parameter.array()];
    }

    /// The arrays themselves.
    float[][] values() {
        return arrays;
    }

    /// Grows whenever the values change.
    int version() {
        return version;
    }

    void changed() {
        version++;
    }
}
