package dev.daa.eval.analysis;

/// How far a reward model can be trusted (Guo & Xiong 2024): the greatest KL from the SFT policy at which it still
/// orders enough pairs of the policy's own samples as the gold reward does.
///
/// @param kl nats; 0 where it is accurate nowhere
/// @param beyond whether the farthest policy is ordered accurately too, so that `kl` is a lower bound
public record FurthestAccurateKl(double kl, boolean beyond) {
    /// The accuracy that counts; people agree with each other about as often.
    public static final double ACCURATE = 0.75;

    /// @param kl [n] of each policy that was measured, nats
    /// @param accuracy [n] share of pairs of its samples that the reward model orders as gold; NaN where unknown
    public static FurthestAccurateKl of(double[] kl, double[] accuracy) {
        double furthest = 0;
        double farthestMeasured = 0;
        boolean beyond = false;
        for (int i = 0; i < kl.length; i++) {
            if (Double.isNaN(accuracy[i])) {
                continue;
            }
            boolean accurate = accuracy[i] >= ACCURATE;
            if (accurate) {
                furthest = Math.max(furthest, kl[i]);
            }
            if (kl[i] >= farthestMeasured) {
                farthestMeasured = kl[i];
                beyond = accurate;
            }
        }
        return new FurthestAccurateKl(furthest, beyond);
    }
}
