package dev.daa.train.objective;

import dev.daa.train.objective.ObjectiveParameter.Choice;
import dev.daa.train.objective.ObjectiveParameter.Real;
import java.util.List;
import java.util.Locale;

/// Objectives that look beyond the sums of one pair: at single tokens, at the batch, at earlier batches; and unary
/// ones.
final class BatchCatalogue {
    private BatchCatalogue() {}

    static List<ObjectiveDescriptor> rows() {
        return List.of(
                new ObjectiveDescriptor(
                        "bco_pair",
                        List.of(),
                        "−log σ(βρ_w − δ) − log σ(−(βρ_l − δ)), δ = running mean of βρ",
                        "2404.04656",
                        SharedParameters.pairwise(SharedParameters.beta(0.01), rewardShift()),
                        "",
                        parameters -> SharedParameters.withLikelihood(
                                binaryClassifier("bco_pair", true, parameters), parameters)),
                new ObjectiveDescriptor(
                        "aot",
                        List.of("aot_paired"),
                        "−(1−ε) log σ(βx) − ε log σ(−βx), x = sorted log π(y_w)/π(y_l) − sorted log"
                                + " π_ref(y_w)/π_ref(y_l)",
                        "2406.05882",
                        SharedParameters.pairwise(
                                SharedParameters.beta(0.01), SharedParameters.labelSmoothing(0, false)),
                        "",
                        parameters -> optimalTransport("aot", true, parameters)),
                new ObjectiveDescriptor(
                        "aot_unpaired",
                        List.of("aot_pair"),
                        "−(1−ε) log σ(βx) − ε log σ(−βx), x = sorted ρ_w − sorted ρ_l",
                        "2406.05882",
                        SharedParameters.pairwise(
                                SharedParameters.beta(0.01), SharedParameters.labelSmoothing(0, false)),
                        "",
                        parameters -> optimalTransport("aot_unpaired", false, parameters)),
                new ObjectiveDescriptor(
                        "beta_dpo",
                        List.of(),
                        "−log σ(β′h), β′ = max(10⁻³, β(1 + a(mean h − M))), M moving average; furthest pairs dropped",
                        "2407.08639",
                        SharedParameters.pairwise(
                                SharedParameters.beta(0.1),
                                Real.notNegative("beta_slope", "a, per nat of margin", 0.6),
                                new Real("beta_momentum", "decay of M", 0.9, 0, false, 1, true),
                                new Real("beta_drop", "share of pairs dropped", 0.2, 0, false, 1, true)),
                        "noise",
                        parameters -> SharedParameters.withLikelihood(
                                new DynamicBetaObjective(
                                        parameters.real("beta"),
                                        parameters.real("beta_slope"),
                                        parameters.real("beta_momentum"),
                                        parameters.real("beta_drop")),
                                parameters)),
                new ObjectiveDescriptor(
                        "ld_dpo",
                        List.of(),
                        "−log σ(βh), tokens beyond the shorter response count α",
                        "2409.06411",
                        SharedParameters.pairwise(
                                SharedParameters.beta(0.1),
                                new Real("ld_alpha", "α, weight of excess tokens", 0.5, 0, false, 1, false)),
                        "length exploitation",
                        parameters -> SharedParameters.withLikelihood(
                                new LengthDesensitizedObjective(parameters.real("beta"), parameters.real("ld_alpha")),
                                parameters)),
                new ObjectiveDescriptor(
                        "tdpo1",
                        List.of(),
                        "−log σ(β(h − (D_l − D_w))), D = Σ_t KL(π_ref ‖ π)",
                        "2404.11999",
                        SharedParameters.pairwise(SharedParameters.beta(0.1)),
                        "KL balance",
                        parameters -> SharedParameters.withLikelihood(
                                new TokenKlObjective("tdpo1", parameters.real("beta"), 1, false), parameters)),
                new ObjectiveDescriptor(
                        "tdpo2",
                        List.of("tdpo"),
                        "−log σ(β(h − a(D_l − D_w))), D = Σ_t KL(π_ref ‖ π), no gradient through D_w",
                        "2404.11999",
                        SharedParameters.pairwise(SharedParameters.beta(0.1), Real.notNegative("tdpo_alpha", "a", 0.5)),
                        "KL balance",
                        parameters -> SharedParameters.withLikelihood(
                                new TokenKlObjective(
                                        "tdpo2", parameters.real("beta"), parameters.real("tdpo_alpha"), true),
                                parameters)),
                new ObjectiveDescriptor(
                        "mpo",
                        List.of(),
                        "w_d·DPO + w_b·BCO + w_s·SFT (per token)",
                        "2411.10442",
                        List.of(
                                SharedParameters.beta(0.1),
                                rewardShift(),
                                Real.notNegative("dpo_weight", "w_d", 0.8),
                                Real.notNegative("bco_weight", "w_b", 0.2),
                                Real.notNegative("sft_weight", "w_s", 1)),
                        "",
                        parameters -> new MixedObjective(
                                "mpo",
                                List.of(
                                        new MixedObjective.Part(
                                                parameters.real("dpo_weight"),
                                                MarginObjective.of(
                                                        "dpo", new MarginLoss.Logistic(), parameters.real("beta"))),
                                        new MixedObjective.Part(
                                                parameters.real("bco_weight"),
                                                binaryClassifier("bco_pair", true, parameters)),
                                        new MixedObjective.Part(
                                                parameters.real("sft_weight"),
                                                new LikelihoodObjective(Average.MEAN))))),
                new ObjectiveDescriptor(
                        "kto",
                        List.of(),
                        "λ_D(1 − σ(β(ρ − z₀))) desirable, λ_U(1 − σ(β(z₀ − ρ))) undesirable, z₀ = max(0, mean ρ)",
                        "2402.01306 eq. 7",
                        List.of(
                                SharedParameters.beta(0.1),
                                Real.notNegative("desirable_weight", "λ_D", 1),
                                Real.notNegative("undesirable_weight", "λ_U", 1),
                                new Choice(
                                        "reference_point",
                                        "whose ρ z₀ averages: other prompts', the batch's own, or z₀ = 0",
                                        List.of("mismatched", "matched", "zero"))),
                        "",
                        parameters -> new KahnemanTverskyObjective(
                                parameters.real("beta"),
                                parameters.real("desirable_weight"),
                                parameters.real("undesirable_weight"),
                                KahnemanTverskyObjective.ReferencePoint.valueOf(
                                        parameters.choice("reference_point").toUpperCase(Locale.ROOT)))),
                new ObjectiveDescriptor(
                        "bco",
                        List.of(),
                        "−log σ(βρ − δ) desirable, −log σ(−(βρ − δ)) undesirable, δ = running mean of βρ",
                        "2404.04656",
                        List.of(SharedParameters.beta(0.01), rewardShift()),
                        "",
                        parameters -> binaryClassifier("bco", false, parameters)),
                new ObjectiveDescriptor(
                        "sft",
                        List.of("rft"),
                        "−log π(y_w), summed or per token",
                        "2203.02155",
                        List.of(SharedParameters.likelihoodAverage("mean", "sum")),
                        "",
                        parameters ->
                                new LikelihoodObjective(SharedParameters.average(parameters.choice("nll_average")))));
    }

    private static ObjectiveParameter rewardShift() {
        return new Choice("reward_shift", "δ: running mean of the rewards, or 0", List.of("running", "none"));
    }

    private static Objective binaryClassifier(String name, boolean paired, ObjectiveParameters parameters) {
        boolean shift = parameters.choice("reward_shift").equals("running");
        return new BinaryClassifierObjective(name, parameters.real("beta"), paired, shift);
    }

    private static Objective optimalTransport(String name, boolean paired, ObjectiveParameters parameters) {
        return SharedParameters.withLikelihood(
                new OptimalTransportObjective(
                        name, parameters.real("beta"), parameters.real("label_smoothing"), paired),
                parameters);
    }
}
