package dev.daa.eval.record;

import org.jspecify.annotations.Nullable;

/// One evaluated checkpoint: a row of `points.csv`.
///
/// A study also has one point per size and seed for the policy that training starts from: objective [#SFT], no β, step
/// and fraction 0, KL 0.
///
/// @param cell which run of the grid
/// @param step optimiser updates done
/// @param fraction share of the run's training done, 0 to 1
/// @param evaluation what was measured there
public record Point(Cell cell, int step, double fraction, Evaluation evaluation) {
    /// The objective of the points that training starts from.
    public static final String SFT = "sft";

    /// A run of the grid.
    ///
    /// @param run name of the run's folder under `runs/`
    /// @param method how the policy came from the SFT policy
    /// @param objective `dpo`, `ipo`, …, `ppo`, `best-of-n`, or [#SFT]
    /// @param beta β of the objective, the KL coefficient of reinforcement; NaN where it has none
    /// @param size label of the model size
    /// @param parameters number of weights of that size; 0 where not recorded
    /// @param seed the run's seed
    /// @param proxy name of the reward model that it optimises; empty for none
    /// @param regime where it stands between offline and online; null where not recorded
    public record Cell(
            String run,
            Method method,
            String objective,
            double beta,
            String size,
            long parameters,
            long seed,
            String proxy,
            @Nullable Regime regime) {
        /// A run of direct alignment, or the start.
        public Cell(String run, String objective, double beta, String size, long parameters, long seed) {
            this(
                    run,
                    objective.equals(Point.SFT) ? Method.SFT : Method.DIRECT,
                    objective,
                    beta,
                    size,
                    parameters,
                    seed,
                    "",
                    null);
        }
    }

    /// The same without what a reward model says.
    public Point withoutProxy() {
        return new Point(cell, step, fraction, evaluation.withoutProxy());
    }

    public boolean isStart() {
        return cell.objective.equals(SFT);
    }

    /// d = √KL in nats^½, the scaling laws' axis; an estimate below 0 counts as 0.
    public double distance() {
        return Math.sqrt(Math.max(0, evaluation.kl().exact().mean()));
    }

    public Estimate kl() {
        return evaluation.kl().exact();
    }

    public Estimate gold() {
        return evaluation.rewards().gold();
    }

    public Estimate winRate() {
        return evaluation.rewards().winRate();
    }

    public Estimate implicitReward() {
        return evaluation.rewards().implicit();
    }
}
