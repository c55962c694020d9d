package dev.daa.train.ppo;

/// The value network's loss: the mean over tokens of `½·max((V − R)², (clip(V, V_old ± c) − R)²)` (2403.17031, detail
/// 20).
///
/// @param clip c; 0 for no clipping
record ValueLoss(double clip) {
    /// Loss of one token.
    double value(double value, double old, double target) {
        return 0.5 * Math.max(square(value - target), square(clipped(value, old) - target));
    }

    /// Its derivative with respect to the value.
    double derivative(double value, double old, double target) {
        return square(value - target) >= square(clipped(value, old) - target) ? value - target : 0;
    }

    private double clipped(double value, double old) {
        return clip == 0 ? value : Math.clamp(value, old - clip, old + clip);
    }

    private static double square(double x) {
        return x * x;
    }
}
