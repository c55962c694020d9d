package dev.daa.train.objective;

import dev.daa.train.objective.ObjectiveParameter.Real;
import java.util.List;

/// Pairwise objectives without a reference; ℓ = log π(y) / |y|.
final class ReferenceFreeCatalogue {
    private static final LogRatio MEAN_LOG_PROB = new LogRatio(false, Average.MEAN);
    private static final LogRatio LOG_PROB = new LogRatio(false, Average.SUM);

    private ReferenceFreeCatalogue() {}

    static List<ObjectiveDescriptor> rows() {
        return List.of(
                new ObjectiveDescriptor(
                        "simpo",
                        List.of(),
                        "−log σ(β(ℓ_w − ℓ_l) − γ)",
                        "2405.14734",
                        SharedParameters.pairwise(beta(2), gamma()),
                        "length exploitation",
                        parameters -> SharedParameters.withLikelihood(
                                new MarginObjective(
                                        "simpo",
                                        new MarginLoss.TargetMargin(parameters.real("simpo_gamma")),
                                        parameters.real("beta"),
                                        MEAN_LOG_PROB,
                                        0),
                                parameters)),
                new ObjectiveDescriptor(
                        "alphapo",
                        List.of(),
                        "−log σ(β(r_w − r_l) − γ), r = (1 − e^(−αℓ))/α",
                        "2501.03884",
                        SharedParameters.pairwise(
                                beta(2), gamma(), Real.any("alpha", "α, shape of the reward; 0 is SimPO", 0.25)),
                        "likelihood displacement and over-optimisation",
                        parameters -> SharedParameters.withLikelihood(
                                new PairObjective(
                                        "alphapo",
                                        new PairwiseLoss.AlphaReward(
                                                parameters.real("beta"),
                                                parameters.real("simpo_gamma"),
                                                parameters.real("alpha")),
                                        MEAN_LOG_PROB),
                                parameters)),
                new ObjectiveDescriptor(
                        "cpo",
                        List.of(),
                        "−(1−ε) log σ(βx) − ε log σ(−βx) − η log π(y_w)/|y_w|, x = log π(y_w) − log π(y_l)",
                        "2401.08417 eq. 3",
                        SharedParameters.pairwise(
                                beta(0.1),
                                SharedParameters.labelSmoothing(0, false),
                                SharedParameters.likelihoodCoefficient(1),
                                SharedParameters.likelihoodAverage("mean", "sum")),
                        "",
                        parameters -> SharedParameters.withLikelihood(
                                new MarginObjective(
                                        "cpo",
                                        new MarginLoss.Smoothed(parameters.real("label_smoothing")),
                                        parameters.real("beta"),
                                        LOG_PROB,
                                        0),
                                parameters)),
                new ObjectiveDescriptor(
                        "orpo",
                        List.of(),
                        "−ℓ_w − λ log σ(log odds_w − log odds_l), odds = e^ℓ/(1 − e^ℓ), λ = beta",
                        "2403.07691 eq. 4, 7",
                        List.of(Real.positive("beta", "λ, weight of the odds ratio", 0.1)),
                        "",
                        parameters -> new PairObjective(
                                "orpo", new PairwiseLoss.OddsRatio(parameters.real("beta")), MEAN_LOG_PROB)),
                new ObjectiveDescriptor(
                        "slic_hf",
                        List.of(),
                        "max(0, δ − log π(y_w) + log π(y_l)) − η log π(y_w)",
                        "2305.10425",
                        SharedParameters.pairwise(
                                Real.positive("delta", "δ, margin in nats", 1),
                                SharedParameters.likelihoodCoefficient(0.1)),
                        "",
                        parameters -> SharedParameters.withLikelihood(
                                new MarginObjective(
                                        "slic_hf", new MarginLoss.Hinge(parameters.real("delta")), 1, LOG_PROB, 0),
                                parameters)));
    }

    /// No reference, so no constraint.
    private static ObjectiveParameter beta(double initial) {
        return Real.positive("beta", "β, factor of the difference", initial);
    }

    private static ObjectiveParameter gamma() {
        return Real.notNegative("simpo_gamma", "γ, target margin", 1);
    }
}
