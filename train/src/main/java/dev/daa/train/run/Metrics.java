package dev.daa.train.run;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ObjDoubleConsumer;

/// What one step measured: numbers under the field's names (`loss`, `grad_norm`, `rewards/margins`, `kl/k1`, …), in the
/// order in which they were given.
public final class Metrics {
    private final long step;
    private final Map<String, Double> values = new LinkedHashMap<>();

    private Metrics(long step) {
        this.step = step;
    }

    /// Metrics after `step` updates.
    public static Metrics at(long step) {
        return new Metrics(step);
    }

    /// What a learner reports of a step that it gave up because a loss or a gradient is not finite.
    ///
    /// @param loss finite where it was the gradient
    public static Metrics notFinite(long step, double loss) {
        return at(step).with("loss", loss).with("grad_norm", Double.NaN);
    }

    /// Adds one number.
    ///
    /// @throws IllegalArgumentException when the key was given before
    public Metrics with(String key, double value) {
        if (key.equals("step") || values.putIfAbsent(key, value) != null) {
            throw new IllegalArgumentException("metric " + key + " is given twice at step " + step);
        }
        return this;
    }

    public long step() {
        return step;
    }

    /// The number under `key`, or nothing.
    public OptionalDouble value(String key) {
        Double value = values.get(key);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /// Hands out every key with its number, in order.
    public void forEach(ObjDoubleConsumer<String> consumer) {
        values.forEach(consumer::accept);
    }

    @Override
    public String toString() {
        return "step " + step + " " + values;
    }
}
