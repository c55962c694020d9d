package dev.daa.train.objective;

import dev.daa.train.objective.ObjectiveParameter.Choice;
import dev.daa.train.objective.ObjectiveParameter.Real;
import java.util.List;
import java.util.function.Function;

/// Objectives with a reference that need both log-ratios ρ_w, ρ_l, or a weight or a likelihood beside the margin.
final class PairCatalogue {
    private static final String LIKELIHOOD = "falling likelihood of the chosen";

    private PairCatalogue() {}

    static List<ObjectiveDescriptor> rows() {
        return List.of(
                row(
                        "nca_pair",
                        List.of("nca"),
                        "−log σ(βρ_w) − ½ log σ(−βρ_w) − ½ log σ(−βρ_l)",
                        "2402.05369",
                        LIKELIHOOD,
                        SharedParameters.pairwise(SharedParameters.beta(0.01)),
                        parameters -> new PairwiseLoss.NoiseContrastive(parameters.real("beta"))),
                row(
                        "sppo_hard",
                        List.of("sppo"),
                        "(ρ_w − 1/(2β))² + (ρ_l + 1/(2β))²",
                        "2405.00675 eq. 4.7",
                        "",
                        SharedParameters.pairwise(SharedParameters.beta(0.001)),
                        parameters -> new PairwiseLoss.SelfPlay(parameters.real("beta"))),
                row(
                        "apo_zero",
                        List.of(),
                        "1 − σ(βρ_w) + σ(βρ_l)",
                        "2408.06266 eq. 7",
                        LIKELIHOOD,
                        SharedParameters.pairwise(SharedParameters.beta(0.1)),
                        parameters -> new PairwiseLoss.AnchoredZero(parameters.real("beta"))),
                row(
                        "apo_down",
                        List.of(),
                        "σ(βρ_w) + 1 − σ(βh)",
                        "2408.06266 eq. 8",
                        LIKELIHOOD,
                        SharedParameters.pairwise(SharedParameters.beta(0.1)),
                        parameters -> new PairwiseLoss.AnchoredDown(parameters.real("beta"))),
                row(
                        "dpop",
                        List.of("smaug"),
                        "−log σ(β(h − λ max(0, −ρ_w)))",
                        "2402.13228",
                        LIKELIHOOD,
                        SharedParameters.pairwise(
                                SharedParameters.beta(0.3),
                                Real.notNegative("dpop_lambda", "λ, penalty on a falling chosen log-ratio", 50)),
                        parameters ->
                                new PairwiseLoss.Positive(parameters.real("beta"), parameters.real("dpop_lambda"))),
                row(
                        "chi_po",
                        List.of("chipo"),
                        "−log σ(clip(β[φ(e^ρ_w) − φ(e^ρ_l)], ±2R)), φ(z) = z + log z",
                        "2407.13399 alg. 1",
                        "yes, provably",
                        SharedParameters.pairwise(
                                SharedParameters.beta(0.05),
                                Real.positive("maximum_reward", "R, half the clip of the margin", 1)),
                        parameters -> new PairwiseLoss.ChiSquared(
                                parameters.real("beta"), parameters.real("maximum_reward"))),
                row(
                        "f_dpo",
                        List.of(),
                        "−log σ(β(s(ρ_w) − s(ρ_l))), s(ρ) = f′(e^ρ): forward_kl −e^(−ρ), js_divergence log σ(ρ), "
                                + "alpha_divergence e^((α−1)ρ)/(α−1), reverse_kl ρ",
                        "2309.16240",
                        "",
                        SharedParameters.pairwise(
                                SharedParameters.beta(0.1),
                                new Choice(
                                        "f_divergence_type",
                                        "the divergence",
                                        List.of("forward_kl", "js_divergence", "alpha_divergence", "reverse_kl")),
                                Real.any(
                                        "f_alpha_divergence_coef",
                                        "α of the α-divergence (1: reverse KL, 0: forward KL; 1 minus the paper's)",
                                        0.5)),
                        parameters -> new PairwiseLoss.Divergent(parameters.real("beta"), divergence(parameters))),
                new ObjectiveDescriptor(
                        "rpo",
                        List.of("dpo_nll"),
                        "−log σ(βh) − η log π(y_w)",
                        "2405.16436",
                        SharedParameters.margin(
                                SharedParameters.beta(0.01), SharedParameters.likelihoodCoefficient(0.005)),
                        "yes, provably",
                        parameters ->
                                SharedParameters.build("rpo", new MarginLoss.Logistic(), parameters, Average.SUM)),
                new ObjectiveDescriptor(
                        "iterative_rpo",
                        List.of("irpo"),
                        "−log σ(βh) − η log π(y_w) / |y_w|",
                        "2404.19733",
                        SharedParameters.margin(
                                SharedParameters.beta(0.1),
                                SharedParameters.likelihoodCoefficient(1),
                                SharedParameters.likelihoodAverage("mean", "sum")),
                        "",
                        parameters -> SharedParameters.build(
                                "iterative_rpo", new MarginLoss.Logistic(), parameters, Average.SUM)),
                new ObjectiveDescriptor(
                        "is_daa",
                        List.of("is_dpo"),
                        "w·g(βh), w = exp(min(ρ_w + ρ_l, 2ε)) without gradient",
                        "2506.08681",
                        List.of(
                                SharedParameters.beta(0.1),
                                SharedParameters.lossType(),
                                Real.notNegative("importance_epsilon", "ε, clip of the log importance ratio", 1)),
                        "yes",
                        parameters -> new WeightedObjective(
                                "is_daa",
                                SharedParameters.ofLossType(parameters),
                                new PairWeight.ImportanceRatio(parameters.real("importance_epsilon")))),
                new ObjectiveDescriptor(
                        "wpo",
                        List.of(),
                        "w_w·w_l·g(βh), w = exp(mean_t [log π(y_t) − a_t]) without gradient, a_t = log Σ_v π(v)² or 0",
                        "2406.11827 eq. 2",
                        List.of(
                                SharedParameters.beta(0.1),
                                SharedParameters.lossType(),
                                new Choice(
                                        "wpo_alignment",
                                        "a_t: 0, or the authors' log Σ_v π(v)²",
                                        List.of("none", "sampled"))),
                        "off-policy gap",
                        parameters -> new WeightedObjective(
                                "wpo",
                                SharedParameters.ofLossType(parameters),
                                new PairWeight.PolicyProbability(
                                        parameters.choice("wpo_alignment").equals("sampled")))),
                new ObjectiveDescriptor(
                        "tr_dpo",
                        List.of("trdpo"),
                        "g(βh); every τ steps π_ref ← a·π + (1−a)·π_ref",
                        "2404.09656",
                        List.of(
                                SharedParameters.beta(0.1),
                                SharedParameters.lossType(),
                                new Real("ref_model_mixup_alpha", "a, 1 for a hard copy", 0.6, 0, true, 1, false),
                                new Real(
                                        "ref_model_sync_steps",
                                        "τ, optimiser steps",
                                        512,
                                        1,
                                        false,
                                        Integer.MAX_VALUE,
                                        false)),
                        "yes",
                        parameters -> new MovingReferenceObjective(
                                "tr_dpo",
                                SharedParameters.ofLossType(parameters),
                                new ReferenceUpdate(parameters.real("ref_model_mixup_alpha"), (int)
                                        parameters.real("ref_model_sync_steps")))));
    }

    private static ObjectiveDescriptor row(
            String name,
            List<String> aliases,
            String formula,
            String paper,
            String mitigates,
            List<ObjectiveParameter> parameters,
            Function<ObjectiveParameters, PairFunction> function) {
        return new ObjectiveDescriptor(
                name,
                aliases,
                formula,
                paper,
                parameters,
                mitigates,
                given -> SharedParameters.withLikelihood(
                        new PairObjective(name, function.apply(given), LogRatio.SUMMED), given));
    }

    private static Divergence divergence(ObjectiveParameters parameters) {
        return switch (parameters.choice("f_divergence_type")) {
            case "forward_kl" -> new Divergence.ForwardKl();
            case "js_divergence" -> new Divergence.JensenShannon();
            case "alpha_divergence" -> new Divergence.Alpha(parameters.real("f_alpha_divergence_coef"));
            case "reverse_kl" -> new Divergence.ReverseKl();
            case String other -> throw new IllegalStateException("f_divergence_type " + other);
        };
    }
}
