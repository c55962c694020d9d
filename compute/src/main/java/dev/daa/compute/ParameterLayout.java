package dev.daa.compute;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// Where each parameter of one model lies: in one flat array, or, where that would be longer than a Java array can be,
/// in several, none of which cuts a parameter. Weights, gradients and optimizer moments of a model share its layout, so
/// that an optimizer step is one pass over contiguous memory for each array.
public final class ParameterLayout {
    /// Longest Java array that every JVM allocates.
    public static final int LONGEST_ARRAY = Integer.MAX_VALUE - 16;

    private final String name;
    private final int longestArray;
    private final List<Parameter> parameters = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();

    /// @param name tells apart the models of one graph: `policy`, `reference`
    public ParameterLayout(String name) {
        this(name, LONGEST_ARRAY);
    }

    /// @param longestArray most values of an array
    public ParameterLayout(String name, int longestArray) {
        this.name = name;
        this.longestArray = longestArray;
    }

    /// Appends a matrix.
    public Parameter add(String parameterName, int rows, int columns) {
        if (parameters.stream().anyMatch(parameter -> parameter.name().equals(parameterName))) {
            throw new IllegalArgumentException("parameter " + parameterName + " is already in layout " + name);
        }
        if (rows < 1 || columns < 1 || (long) rows * columns > longestArray) {
            throw new IllegalArgumentException("parameter " + parameterName + " [" + rows + ", " + columns
                    + "] does not fit: an array holds at most " + longestArray + " values");
        }
        if (sizes.isEmpty() || (long) sizes.getLast() + rows * columns > longestArray) {
            sizes.add(0);
        }
        int array = sizes.size() - 1;
        Parameter parameter = new Parameter(name, parameterName, rows, columns, array, sizes.get(array));
        parameters.add(parameter);
        sizes.set(array, parameter.offset() + parameter.size());
        return parameter;
    }

    /// Appends a vector.
    public Parameter add(String parameterName, int columns) {
        return add(parameterName, 1, columns);
    }

    public String name() {
        return name;
    }

    /// All parameters, array after array in the order of their offsets.
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

    /// Values of each array.
    public List<Integer> sizes() {
        return Collections.unmodifiableList(sizes);
    }

    /// Values of all arrays together.
    public long count() {
        return sizes.stream().mapToLong(Integer::longValue).sum();
    }

    /// Values of the flat array.
    ///
    /// @throws InputException where there are several
    public int size() {
        if (sizes.size() > 1) {
            throw InputException.of(
                    "the parameters of " + name,
                    count() + " values in " + sizes.size() + " arrays",
                    "at most " + longestArray + " in one, which averages of weights need",
                    "take a smaller model");
        }
        return sizes.isEmpty() ? 0 : sizes.getFirst();
    }

    /// Most values of an array.
    public int longestArray() {
        return longestArray;
    }

    /// Arrays of zeros.
    public float[][] zeros() {
        return sizes.stream().map(float[]::new).toArray(float[][]::new);
    }

    /// Refuses values that do not fill the arrays.
    public void requireFilledBy(float[][] arrays) {
        List<Integer> found = Arrays.stream(arrays).map(array -> array.length).toList();
        if (!found.equals(sizes)) {
            throw new IllegalArgumentException(
                    "arrays of " + found + " values, expected " + sizes + " of layout " + name);
        }
    }
}
