package dev.daa.train.objective;

import dev.daa.train.objective.ObjectiveParameter.Choice;
import dev.daa.train.objective.ObjectiveParameter.Flag;
import dev.daa.train.objective.ObjectiveParameter.Real;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/// Objectives with a reference that are a function of the margin h = ρ_w − ρ_l.
final class MarginCatalogue {
    private MarginCatalogue() {}

    static List<ObjectiveDescriptor> rows() {
        return List.of(
                new ObjectiveDescriptor(
                        "dpo",
                        List.of("sigmoid"),
                        "-(1-eps) log s(beta h) - eps log s(-beta h), h = rho_w - rho_l",
                        "2305.18290 eq. 7",
                        with(beta(0.1), labelSmoothing(0, false)),
                        "",
                        margin("dpo", parameters -> smoothed(parameters.real("label_smoothing")))),
                new ObjectiveDescriptor(
                        "cdpo",
                        List.of(),
                        "-(1-eps) log s(beta h) - eps log s(-beta h)",
                        "Mitchell 2023, conservative DPO",
                        with(beta(0.1), labelSmoothing(0.1, false)),
                        "label noise",
                        margin("cdpo", parameters -> smoothed(parameters.real("label_smoothing")))),
                new ObjectiveDescriptor(
                        "robust",
                        List.of("rdpo_noise"),
                        "[-(1-eps) log s(beta h) + eps log s(-beta h)] / (1-2 eps)",
                        "2403.00409 eq. 12",
                        with(beta(0.1), labelSmoothing(0.1, true)),
                        "label noise",
                        margin("robust", parameters -> new Margin.Robust(parameters.real("label_smoothing")))),
                new ObjectiveDescriptor(
                        "ipo",
                        List.of(),
                        "tau: (h - 1/(2 beta))^2; unified: (beta h - 1)^2; h summed or per token",
                        "2310.12036 eq. 17; 2406.02900",
                        with(
                                beta(0.1),
                                new Choice("ipo_form", "which square", List.of("tau", "unified")),
                                new Choice("ipo_average", "log-ratios summed or per token", List.of("sum", "mean"))),
                        "partly: least over-optimisation in 2406.02900",
                        MarginCatalogue::ipo),
                new ObjectiveDescriptor(
                        "hinge",
                        List.of("slic"),
                        "max(0, delta - beta h)",
                        "2406.02900; 2309.06657",
                        with(beta(0.1), Real.positive("delta", "margin", 1)),
                        "",
                        margin("hinge", parameters -> new Margin.Hinge(parameters.real("delta")))),
                new ObjectiveDescriptor(
                        "r_dpo",
                        List.of("rdpo"),
                        "-log s(beta h + a |y_w| - a |y_l|)",
                        "2403.19159 eq. 9",
                        Stream.concat(
                                        with(beta(0.1)).stream()
                                                .filter(parameter ->
                                                        !parameter.key().equals("length_penalty")),
                                        Stream.of(Real.any("length_penalty", "a, per token", 0.01)))
                                .toList(),
                        "length exploitation",
                        margin("r_dpo", parameters -> new Margin.Logistic())));
    }

    /// The parameters of an objective, then those that every function of the margin takes.
    static List<ObjectiveParameter> with(ObjectiveParameter... own) {
        return Stream.concat(
                        Stream.of(own),
                        Stream.of(
                                new Flag("reference_free", "take log pi for rho", false),
                                Real.any("length_penalty", "a of R-DPO, per token", 0),
                                Real.notNegative("nll_coefficient", "weight of -log pi(y_w)", 0),
                                new Choice("nll_average", "that term summed or per token", List.of("sum", "mean"))))
                .toList();
    }

    static Real beta(double initial) {
        return Real.positive("beta", "strength of the KL constraint, per nat", initial);
    }

    private static Real labelSmoothing(double initial, boolean openAbove) {
        return new Real("label_smoothing", "eps, probability of a flipped label", initial, 0, false, 0.5, openAbove);
    }

    private static MarginFunction smoothed(double labelSmoothing) {
        return labelSmoothing == 0 ? new Margin.Logistic() : new Margin.Smoothed(labelSmoothing);
    }

    private static Function<ObjectiveParameters, Objective> margin(
            String name, Function<ObjectiveParameters, MarginFunction> function) {
        return parameters -> build(name, function.apply(parameters), parameters, Average.SUM);
    }

    private static Objective ipo(ObjectiveParameters parameters) {
        double beta = parameters.real("beta");
        MarginFunction square = parameters.choice("ipo_form").equals("tau")
                ? new Margin.Squared(0.5, 1 / (beta * beta))
                : new Margin.Squared(1, 1);
        return build("ipo", square, parameters, average(parameters.choice("ipo_average")));
    }

    static Objective build(String name, MarginFunction function, ObjectiveParameters parameters, Average average) {
        Objective base = new MarginObjective(
                name,
                function,
                parameters.real("beta"),
                new LogRatio(!parameters.flag("reference_free"), average),
                parameters.real("length_penalty"));
        return withLikelihood(base, parameters);
    }

    static Objective withLikelihood(Objective base, ObjectiveParameters parameters) {
        double coefficient = parameters.real("nll_coefficient");
        return coefficient == 0
                ? base
                : new LikelihoodTerm(base, coefficient, average(parameters.choice("nll_average")));
    }

    static Average average(String word) {
        return Average.valueOf(word.toUpperCase(Locale.ROOT));
    }
}
