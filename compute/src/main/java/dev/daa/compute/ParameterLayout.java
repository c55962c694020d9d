package dev.daa.compute;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Where each parameter of one model lies in one flat buffer. Weights, gradients and optimizer moments of a
/// model share its layout, so that an optimizer step is one pass over contiguous memory.
public final class ParameterLayout {
    private final String name;
    private final List<Parameter> parameters = new ArrayList<>();
    private int size;

    /// @param name tells apart the models of one graph: `policy`, `reference`
    public ParameterLayout(String name) {
        this.name = name;
    }

    /// Appends a matrix.
    public Parameter add(String parameterName, int rows, int columns) {
        if (parameters.stream().anyMatch(parameter -> parameter.name().equals(parameterName))) {
            throw new IllegalArgumentException("parameter " + parameterName + " is already in layout " + name);
        }
        if (rows < 1 || columns < 1 || (long) size + (long) rows * columns > Integer.MAX_VALUE - 16) {
            throw new IllegalArgumentException("parameter " + parameterName + " [" + rows + ", " + columns
                    + "] does not fit: a layout holds at most 2^31 - 17 values, " + size + " are taken");
        }
        Parameter parameter = new Parameter(name, parameterName, rows, columns, size);
        parameters.add(parameter);
        size += parameter.size();
        return parameter;
    }

    /// Appends a vector.
    public Parameter add(String parameterName, int columns) {
        return add(parameterName, 1, columns);
    }

    public String name() {
        return name;
    }

    /// All parameters in the order of their offsets.
    public List<Parameter> parameters() {
        return Collections.unmodifiableList(parameters);
    }

    /// The parameter of that name.
    public Parameter parameter(String parameterName) {
        return parameters.stream()
                .filter(parameter -> parameter.name().equals(parameterName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no parameter " + parameterName + " in layout " + name
                        + "; it has "
                        + parameters.stream().map(Parameter::name).toList()));
    }

    /// Values in the flat buffer.
    public int size() {
        return size;
    }
}
