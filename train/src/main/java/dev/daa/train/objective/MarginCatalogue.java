package dev.daa.train.objective;

import dev.daa.train.objective.ObjectiveParameter.Choice;
import dev.daa.train.objective.ObjectiveParameter.Real;
import java.util.List;
import java.util.function.Function;

/// Objectives with a reference that are a function g of the margin h = ρ_w − ρ_l.
final class MarginCatalogue {
    private MarginCatalogue() {}

    static List<ObjectiveDescriptor> rows() {
        return List.of(
                row(
                        "dpo",
                        List.of("sigmoid"),
                        "−(1−ε) log σ(βh) − ε log σ(−βh)",
                        "2305.18290 eq. 7",
                        "",
                        SharedParameters.margin(SharedParameters.beta(0.1), SharedParameters.labelSmoothing(0, false)),
                        MarginCatalogue::smoothed),
                row(
                        "cdpo",
                        List.of(),
                        "−(1−ε) log σ(βh) − ε log σ(−βh)",
                        "Mitchell 2023",
                        "label noise",
                        SharedParameters.margin(
                                SharedParameters.beta(0.1), SharedParameters.labelSmoothing(0.1, false)),
                        MarginCatalogue::smoothed),
                row(
                        "robust",
                        List.of("robust_dpo"),
                        "[−(1−ε) log σ(βh) + ε log σ(−βh)] / (1−2ε)",
                        "2403.00409",
                        "label noise",
                        SharedParameters.margin(SharedParameters.beta(0.1), SharedParameters.labelSmoothing(0.1, true)),
                        parameters -> new MarginLoss.Robust(parameters.real("label_smoothing"))),
                new ObjectiveDescriptor(
                        "ipo",
                        List.of(),
                        "tau: (h − 1/(2β))²; unified: (βh − 1)²; h of summed or per-token log-ratios",
                        "2310.12036 eq. 17; 2406.02900",
                        SharedParameters.margin(
                                SharedParameters.beta(0.1),
                                new Choice("ipo_form", "which square", List.of("tau", "unified")),
                                new Choice("ipo_average", "log-ratios summed or per token", List.of("sum", "mean"))),
                        "partly: least over-optimisation in 2406.02900",
                        MarginCatalogue::ipo),
                row(
                        "hinge",
                        List.of("slic"),
                        "max(0, δ − βh)",
                        "2406.02900; 2309.06657",
                        "",
                        SharedParameters.margin(SharedParameters.beta(0.1), Real.positive("delta", "δ, margin", 1)),
                        parameters -> new MarginLoss.Hinge(parameters.real("delta"))),
                row(
                        "r_dpo",
                        List.of("rdpo", "length_dpo"),
                        "−log σ(βh + a|y_w| − a|y_l|)",
                        "2403.19159",
                        "length exploitation",
                        SharedParameters.margin(SharedParameters.beta(0.1), SharedParameters.lengthPenalty(0.01)),
                        _ -> new MarginLoss.Logistic()),
                new ObjectiveDescriptor(
                        "sigmoid_norm",
                        List.of("ln_dpo"),
                        "−log σ(β(ρ_w/|y_w| − ρ_l/|y_l|))",
                        "2411.15124 (Tülu 3)",
                        SharedParameters.margin(SharedParameters.beta(5)),
                        "length exploitation",
                        parameters -> SharedParameters.build(
                                "sigmoid_norm", new MarginLoss.Logistic(), parameters, Average.MEAN)),
                row(
                        "gpo_exponential",
                        List.of("exponential"),
                        "exp(−βh)",
                        "2402.05749",
                        "",
                        SharedParameters.margin(SharedParameters.beta(0.1)),
                        _ -> new MarginLoss.Exponential()),
                row(
                        "gpo_truncated_quadratic",
                        List.of("truncated_quadratic"),
                        "max(0, 1 − βh)²",
                        "2402.05749",
                        "",
                        SharedParameters.margin(SharedParameters.beta(0.1)),
                        _ -> new MarginLoss.TruncatedQuadratic()),
                row(
                        "gpo_savage",
                        List.of("savage"),
                        "1 / (1 + exp(βh))²",
                        "2402.05749",
                        "",
                        SharedParameters.margin(SharedParameters.beta(0.1)),
                        _ -> new MarginLoss.Savage()),
                row(
                        "exo_pair",
                        List.of("exo"),
                        "KL(q ‖ p), q = (σ(βh), σ(−βh)), p = (1−ε, ε)",
                        "2402.00856 eq. 16",
                        "",
                        SharedParameters.margin(
                                SharedParameters.beta(0.1),
                                new Real(
                                        "label_smoothing",
                                        "ε, probability of a flipped label",
                                        1e-3,
                                        0,
                                        true,
                                        0.5,
                                        false)),
                        parameters -> new MarginLoss.ExactReverseKl(parameters.real("label_smoothing"))),
                row(
                        "discopop",
                        List.of(),
                        "(1−m)(−log σ(βh)) + m exp(−βh), m = σ(βh/τ)",
                        "2406.08414 eq. 5",
                        "",
                        SharedParameters.margin(
                                SharedParameters.beta(0.1),
                                Real.positive("discopop_tau", "τ, temperature of the mixture", 0.05)),
                        parameters -> new MarginLoss.LogRatioModulated(parameters.real("discopop_tau"))));
    }

    private static ObjectiveDescriptor row(
            String name,
            List<String> aliases,
            String formula,
            String paper,
            String mitigates,
            List<ObjectiveParameter> parameters,
            Function<ObjectiveParameters, MarginFunction> function) {
        return new ObjectiveDescriptor(
                name,
                aliases,
                formula,
                paper,
                parameters,
                mitigates,
                given -> SharedParameters.build(name, function.apply(given), given, Average.SUM));
    }

    private static MarginFunction smoothed(ObjectiveParameters parameters) {
        double labelSmoothing = parameters.real("label_smoothing");
        return labelSmoothing == 0 ? new MarginLoss.Logistic() : new MarginLoss.Smoothed(labelSmoothing);
    }

    private static Objective ipo(ObjectiveParameters parameters) {
        MarginFunction square = parameters.choice("ipo_form").equals("tau")
                ? MarginLoss.Squared.tauForm(parameters.real("beta"))
                : MarginLoss.Squared.unifiedForm();
        return SharedParameters.build(
                "ipo", square, parameters, SharedParameters.average(parameters.choice("ipo_average")));
    }
}
