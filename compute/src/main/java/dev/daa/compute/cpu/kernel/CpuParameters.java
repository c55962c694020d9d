package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;

/// Parameters in Java arrays. Copies of them in another layout (packed for decoding) are valid as long as [#version]
/// stays the same.
public final class CpuParameters implements Parameters {
    private final ParameterLayout layout;
    private final float[][] arrays;
    private int version;

    /// Values that are 0.
    public CpuParameters(ParameterLayout layout) {
        this(layout, layout.zeros());
    }

    /// @param arrays of the layout, kept
    public CpuParameters(ParameterLayout layout, float[][] arrays) {
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

    @Override
    public float[] copy(Parameter parameter) {
        float[] values = new float[parameter.size()];
        System.arraycopy(values(parameter), parameter.offset(), values, 0, values.length);
        return values;
    }

    @Override
    public void write(Parameter parameter, float[] from) {
        System.arraycopy(from, 0, values(parameter), parameter.offset(), parameter.size());
        changed();
    }

    /// The array itself that the parameter lies in.
    public float[] values(Parameter parameter) {
        return arrays[parameter.array()];
    }

    /// The arrays themselves.
    public float[][] values() {
        return arrays;
    }

    /// Grows whenever the values change.
    int version() {
        return version;
    }

    public void changed() {
        version++;
    }
}
