package dev.daa.compute;

/// The values of a [ParameterLayout] where the backend keeps them: the weights of a model, their gradients, or
/// a moment of the optimizer. Several programs may share one (training, generation and evaluation of the same
/// policy).
public interface Parameters {
    ParameterLayout layout();

    /// Copies the whole flat buffer to `into`, which has [ParameterLayout#size] values.
    void read(float[] into);

    /// Replaces the whole flat buffer by `from`, which has [ParameterLayout#size] values.
    void write(float[] from);
}
