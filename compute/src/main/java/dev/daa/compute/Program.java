package dev.daa.compute;

import java.util.Map;
import java.util.Optional;

/// A compiled [Graph]. One step is: fill the batch, [#forward], [#read] the outputs, turn them into a loss and
/// its derivatives on the host, [#write] those to the gradients of the outputs, [#backward]; after one or more
/// of these, [#update]. Tensors are allocated when it is compiled, not in a step. A program is used by one thread.
public interface Program extends AutoCloseable {
    /// Runs the forward ops on this batch.
    void forward(Batch batch);

    /// Runs the backward ops on the batch of the last [#forward]; gradients of parameters accumulate until
    /// [#update].
    void backward(Batch batch);

    /// Clips, updates the trained parameters and leaves the gradients 0. Where their norm is not finite,
    /// parameters, optimizer state and gradients stay as they are, so that [#firstNonFinite] finds where it began.
    ///
    /// @param learningRate of this step
    /// @param step number of this update, from 1 (bias correction)
    /// @return Euclidean norm of the gradients before clipping
    float update(float learningRate, int step);

    /// Copies the rows that `batch` fills of an output or gradient tensor to the start of `into`.
    void read(Tensor tensor, Batch batch, float[] into);

    /// Copies the start of `from` to the rows that `batch` fills of `tensor`.
    void write(Tensor tensor, Batch batch, float[] from);

    /// Gradients of the trained parameters, as accumulated so far.
    Parameters gradients();

    /// State of the optimizer by the moment's name (`m`, `v`), for checkpoints.
    Map<String, Parameters> optimizerState();

    /// Runs the step on this batch once more, op by op, and names the first parameter, tensor or gradient of a
    /// parameter with a value that is not a number or not finite; empty when all are finite. For a loss that is not
    /// finite: slow, and it adds to the gradients once more.
    Optional<String> firstNonFinite(Batch batch);

    @Override
    void close();
}
