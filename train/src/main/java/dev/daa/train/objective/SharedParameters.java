package dev.daa.train.objective;

import dev.daa.train.objective.ObjectiveParameter.Choice;
import dev.daa.train.objective.ObjectiveParameter.Flag;
import dev.daa.train.objective.ObjectiveParameter.Real;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Parameters that many objectives take, and what they build.
final class SharedParameters {
    private static final Choice LOSS_TYPE = new Choice("loss_type", "loss", List.of("dpo", "ipo", "hinge"));

    private SharedParameters() {}

    static Real beta(double initial) {
        return Real.positive("beta", "β, strength of the KL constraint per nat", initial);
    }

    /// ε in [0, ½], or [0, ½) where the loss divides by 1 − 2ε.
    static Real labelSmoothing(double initial, boolean openAbove) {
        return new Real("label_smoothing", "ε, probability of a flipped label", initial, 0, false, 0.5, openAbove);
    }

    static Real likelihoodCoefficient(double initial) {
        return Real.notNegative("nll_coefficient", "η, weight of −log π(y_w)", initial);
    }

    /// How that term is averaged; the first word is the default.
    static Choice likelihoodAverage(String first, String second) {
        return new Choice("nll_average", "−log π(y_w) summed or per token", List.of(first, second));
    }

    static Real lengthPenalty(double initial) {
        return Real.any("length_penalty", "a, margin per token of length difference", initial);
    }

    static Choice lossType() {
        return LOSS_TYPE;
    }

    /// What every function of the margin takes beside its own.
    static List<ObjectiveParameter> marginOptions() {
        return List.of(
                new Flag("reference_free", "log π in place of ρ", false),
                lengthPenalty(0),
                likelihoodCoefficient(0),
                likelihoodAverage("sum", "mean"));
    }

    /// What every pairwise objective takes beside its own.
    static List<ObjectiveParameter> likelihoodOptions() {
        return List.of(likelihoodCoefficient(0), likelihoodAverage("sum", "mean"));
    }

    /// The families of options by the name that tables give them, the larger first.
    static List<Map.Entry<String, List<ObjectiveParameter>>> families() {
        return List.of(
                Map.entry("margin options", marginOptions()), Map.entry("likelihood options", likelihoodOptions()));
    }

    /// Own parameters, then the margin options.
    static List<ObjectiveParameter> margin(ObjectiveParameter... own) {
        return withDefaults(own, marginOptions());
    }

    /// Own parameters, then the likelihood options.
    static List<ObjectiveParameter> pairwise(ObjectiveParameter... own) {
        return withDefaults(own, likelihoodOptions());
    }

    /// A function of the margin as the parameters of [#margin] say.
    static Objective build(String name, MarginFunction function, ObjectiveParameters parameters, Average average) {
        Objective base = new MarginObjective(
                name,
                function,
                parameters.real("beta"),
                new LogRatio(!parameters.flag("reference_free"), average),
                parameters.real("length_penalty"));
        return withLikelihood(base, parameters);
    }

    /// DPO, IPO (τ form, summed) or hinge, as `loss_type` says.
    static MarginObjective ofLossType(ObjectiveParameters parameters) {
        double beta = parameters.real("beta");
        MarginFunction function = switch (parameters.choice("loss_type")) {
            case "dpo" -> new MarginLoss.Logistic();
            case "ipo" -> MarginLoss.Squared.tauForm(beta);
            case "hinge" -> new MarginLoss.Hinge(1);
            case String other -> throw new IllegalStateException("loss_type " + other);
        };
        return MarginObjective.of(parameters.choice("loss_type"), function, beta);
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

    private static List<ObjectiveParameter> withDefaults(ObjectiveParameter[] own, List<ObjectiveParameter> defaults) {
        List<ObjectiveParameter> parameters = new ArrayList<>(List.of(own));
        for (ObjectiveParameter shared : defaults) {
            if (parameters.stream().noneMatch(parameter -> parameter.key().equals(shared.key()))) {
                parameters.add(shared);
            }
        }
        return List.copyOf(parameters);
    }
}
