package dev.daa.tornado.lowering;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import dev.daa.compute.Parameters;
import dev.daa.tornado.kernel.Memory;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// Parameters with an array of their own for each, so that layers of the same shape run the same compiled code. Every
/// program that uses them has a copy on its device memory; the newest values are in the host's arrays unless `holder`
/// has newer ones.
public final class TornadoParameters implements Parameters {
    /// What can bring values from the device to the host's arrays, and the other way round.
    public interface Holder {
        /// Copies the device's values to the host's arrays.
        void download(TornadoParameters parameters);
    }

    private final ParameterLayout layout;
    private final Map<Parameter, FloatArray> arrays = new LinkedHashMap<>();
    private @Nullable Holder holder;
    private int version;

    public TornadoParameters(ParameterLayout layout) {
        this.layout = layout;
        layout.parameters().forEach(parameter -> arrays.put(parameter, Memory.floats(places(parameter))));
    }

    /// Rows of 0 follow a matrix, so that products over its rows can take whole lines.
    private static long places(Parameter parameter) {
        int rows = parameter.rows() == 1 ? 1 : Memory.wholeLines(parameter.rows());
        return (long) rows * parameter.columns();
    }

    @Override
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public void read(float[] into) {
        if (layout.size() > 0) {
            read(0, into);
        }
    }

    @Override
    public float[] copy(int array) {
        float[] copy = new float[layout.sizes().get(array)];
        read(array, copy);
        return copy;
    }

    private void read(int number, float[] into) {
        toHost();
        arrays.forEach((parameter, array) -> {
            if (parameter.array() == number) {
                Memory.copy(array, 0, into, parameter.offset(), parameter.size());
            }
        });
    }

    @Override
    public void write(float[] from) {
        if (layout.size() > 0) {
            write(new float[][] {from});
        }
    }

    @Override
    public void write(float[][] from) {
        layout.requireFilledBy(from);
        arrays.forEach((parameter, array) -> Memory.copy(
                MemorySegment.ofArray(from[parameter.array()]), parameter.offset(), array, 0, parameter.size()));
        holder = null;
        version++;
    }

    @Override
    public float[] copy(Parameter parameter) {
        toHost();
        float[] values = new float[parameter.size()];
        Memory.copy(array(parameter), 0, values, 0, values.length);
        return values;
    }

    @Override
    public void write(Parameter parameter, float[] from) {
        toHost();
        Memory.copy(MemorySegment.ofArray(from), 0, array(parameter), 0, parameter.size());
        version++;
    }

    FloatArray array(Parameter parameter) {
        return Objects.requireNonNull(arrays.get(parameter), () -> parameter + " is not in layout " + layout.name());
    }

    public Map<Parameter, FloatArray> arrays() {
        return arrays;
    }

    /// Grows whenever the values change; a copy is up to date while it stays the same.
    public int version() {
        return version;
    }

    /// Brings the newest values to the host's arrays.
    public void toHost() {
        if (holder != null) {
            holder.download(this);
            holder = null;
        }
    }

    /// Says that the newest values are on the device of `newest`.
    ///
    /// @return the new version
    public int changedOn(Holder newest) {
        holder = newest;
        return ++version;
    }

    public boolean isHeldBy(Holder candidate) {
        return holder == candidate;
    }
}
