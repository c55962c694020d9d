package dev.daa.train.loop;

/// The learning rate as a function of the step, with linear warm-up.
///
/// With `s` the number of updates already made, `W` warm-up steps, `T` steps in all and `p = (s − W)/(T − W)`:
/// - warm-up (`s < W`): `peak·(s + 1)/W`, so that the first update is not lost to a rate of 0;
/// - constant: `peak`;
/// - linear: `floor + (peak − floor)·(1 − p)`;
/// - cosine: `floor + (peak − floor)·½(1 + cos πp)` (Loshchilov & Hutter 1608.03983, one period).
///
/// @param shape what follows the warm-up
/// @param peak highest learning rate
/// @param warmup warm-up steps `W`, 0 for none
/// @param steps steps in all `T`
/// @param floor learning rate that the decay ends at
public record Schedule(Shape shape, double peak, long warmup, long steps, double floor) {
    /// What follows the warm-up.
    public enum Shape {
        CONSTANT,
        LINEAR,
        COSINE
    }

    public Schedule {
        if (!(peak > 0) || Double.isInfinite(peak)) {
            throw new IllegalArgumentException("the peak learning rate is " + peak + ", expected a number above 0");
        }
        if (!(floor >= 0) || floor > peak) {
            throw new IllegalArgumentException(
                    "the final learning rate is " + floor + ", expected one from 0 to the peak " + peak);
        }
        if (steps < 1) {
            throw new IllegalArgumentException("the schedule has " + steps + " steps, expected at least 1");
        }
        if (warmup < 0 || warmup > steps) {
            throw new IllegalArgumentException(
                    "the warm-up has " + warmup + " steps, expected from 0 to the " + steps + " steps of the run");
        }
    }

    /// The rate of the update that follows `step` updates.
    public double learningRate(long step) {
        if (step < warmup) {
            return peak * (step + 1) / warmup;
        }
        double progress = steps == warmup ? 1 : Math.min(1, (double) (step - warmup) / (steps - warmup));
        return switch (shape) {
            case CONSTANT -> peak;
            case LINEAR -> floor + (peak - floor) * (1 - progress);
            case COSINE -> floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
        };
    }
}
