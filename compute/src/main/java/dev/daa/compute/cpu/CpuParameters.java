package dev.daa.compute.cpu;

import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;

/// Parameters in one Java array. Copies of them in another layout (packed for decoding) are valid as long as [#version]
/// stays the same.
final class CpuParameters implements Parameters {
    private final ParameterLayout layout;
    private final float[] values;
    private int version;

    CpuParameters(ParameterLayout layout) {
        this.layout = layout;
        this.values = new float[layout.size()];
    }

    @Override
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public void read(float[] into) {
        System.arraycopy(values, 0, into, 0, values.length);
    }

    @Override
    public void write(float[] from) {
        System.arraycopy(from, 0, values, 0, values.length);
        changed();
    }

    float[] values() {
        return values;
    }

    /// Grows whenever the values change.
    int version() {
        return version;
    }

    void changed() {
        version++;
    }
}
