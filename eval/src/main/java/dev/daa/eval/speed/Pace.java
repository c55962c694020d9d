package dev.daa.eval.speed;

import dev.daa.compute.InputException;

/// How long a workload runs: steps that the compiler needs, then steps that count.
///
/// @param warmUpSeconds least time before the steps that count
/// @param warmUpSteps least steps before them
/// @param seconds least time of the steps that count
/// @param steps least number of the steps that count
/// @param counting runs once, before the first of them
public record Pace(double warmUpSeconds, int warmUpSteps, double seconds, int steps, Runnable counting) {
    public Pace {
        if (!(warmUpSeconds >= 0) || warmUpSteps < 1 || !(seconds >= 0) || steps < 1) {
            throw new IllegalArgumentException("a pace needs at least one step to warm up and one that counts, found "
                    + warmUpSteps + " in " + warmUpSeconds + " s and " + steps + " in " + seconds + " s");
        }
    }

    public Pace(double warmUpSeconds, int warmUpSteps, double seconds, int steps) {
        this(warmUpSeconds, warmUpSteps, seconds, steps, () -> {});
    }

    /// So many seconds to warm up, and so many that count; 2 and 5 steps at least.
    public static Pace of(double seconds) {
        if (!(seconds > 0) || seconds > 600) {
            throw new InputException("seconds is " + seconds + ", expected more than 0 and at most 600");
        }
        return new Pace(seconds, 2, seconds, 5);
    }

    /// The same, and tells when the steps begin that count.
    public Pace telling(Runnable whenCounting) {
        return new Pace(warmUpSeconds, warmUpSteps, seconds, steps, whenCounting);
    }
}
