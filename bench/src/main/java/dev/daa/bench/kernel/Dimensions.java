package dev.daa.bench.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;
import dev.daa.eval.speed.BenchmarkModel;
import java.util.SplittableRandom;

/// Sizes and inputs that the kernels get in a training step of S or M.
final class Dimensions {
    private Dimensions() {}

    /// Packed rows of a step.
    static int rows(BenchmarkModel model) {
        return model.sequences() * model.length();
    }

    /// The batch of a step: every sequence a segment, every row a target, token ids below `vocabulary`.
    static Batch batch(BenchmarkModel model, int vocabulary) {
        int rows = rows(model);
        Batch batch = new Batch(Capacity.training(rows, model.sequences(), rows, 0));
        SplittableRandom random = new SplittableRandom(1);
        int[] tokens = random.ints(rows, 0, vocabulary).toArray();
        for (int sequence = 0; sequence < model.sequences(); sequence++) {
            batch.addSegment(tokens, sequence * model.length(), (sequence + 1) * model.length(), -1);
        }
        for (int row = 0; row < rows; row++) {
            batch.addTarget(row, tokens[row]);
        }
        return batch;
    }

    /// Values uniform in [−1, 1).
    static float[] random(int length) {
        SplittableRandom random = new SplittableRandom(length);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }
}
