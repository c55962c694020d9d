package dev.daa.eval.study.config;

import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.Regime;

/// What a run of the grid does to the SFT policy, whatever the model, the data and the seed.
///
/// @param objective what points and figures call it
/// @param beta β, or the KL coefficient; NaN where it has none
/// @param optimised name of the reward model that it optimises; empty for none
/// @param regime where it stands between offline and online
public record Treatment(Method method, String objective, double beta, String optimised, Regime regime) {
    /// Direct alignment with an objective.
    public static Treatment direct(StudyConfig.ObjectiveGrid grid, double beta) {
        return new Treatment(Method.DIRECT, grid.shown(), beta, "", Regime.offline(false));
    }

    /// Reinforcement on a reward model, which the rounds train again.
    public static Treatment reinforced(
            String objective, double klCoefficient, String proxy, Reinforcement.Rounds rounds) {
        return new Treatment(Method.REINFORCEMENT, objective, klCoefficient, proxy, rounds.regime());
    }

    /// Alignment on the policy's own samples.
    ///
    /// @param proxy the reward model that labels where the oracle does not
    public static Treatment online(String objective, double beta, OnlineGrids.Grid grid, String proxy) {
        String optimised = switch (grid.labels()) {
            case ORACLE -> "";
            case PROXY -> proxy;
        };
        return new Treatment(Method.ONLINE, objective, beta, optimised, grid.regime());
    }

    /// Best of n by a reward model.
    public static Treatment bestOfN(String objective, String proxy) {
        return new Treatment(Method.BEST_OF_N, objective, Double.NaN, proxy, Regime.offline(false));
    }

    /// What points say of a run with it.
    ///
    /// @param run name of its folder
    /// @param parameters number of weights of the model of that size
    public Point.Cell on(String run, String size, long parameters, long seed) {
        return new Point.Cell(run, method, objective, beta, size, parameters, seed, optimised, regime);
    }
}
