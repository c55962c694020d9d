package dev.daa.eval.speed;

/// What a workload reached.
///
/// @param workload what ran
/// @param tokens of a step: packed rows in training, new tokens in generation
/// @param operations floating-point operations of a step as [dev.daa.compute.Flops] counts them; NaN where they are not
/// counted
/// @param timing of the steps
public record Speed(Workload workload, double tokens, double operations, Timing timing) {
    public double tokensPerSecond() {
        return tokens / timing.median();
    }

    /// 10⁹ floating-point operations a second.
    public double gigaflops() {
        return operations / timing.median() * 1e-9;
    }
}
