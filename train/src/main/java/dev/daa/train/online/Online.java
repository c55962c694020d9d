package dev.daa.train.online;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.daa.compute.InputException;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.train.config.Setting;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.ObjectiveChoice;
import dev.daa.train.objective.ObjectiveClass;
import dev.daa.train.rollout.RolloutSampler;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How pairs are made while a policy learns from them. Two samples of the current policy, labelled at once, are online
/// DPO, IPO, SLiC, … (OAIF, 2402.04792); the best against the worst of n explores further; the objective `sft` with
/// best-worst is RAFT (2304.06767), fine-tuning on the best of n; α·log π of the first policy's response on top of the
/// loss is XPO (2405.21046). Two temperatures or an older checkpoint beside the
/// policy are what Claude's and LLaMA-2's rounds explored with (Guo & Xiong 2024).
public record Online(
        @Setting(
                value = "name from `daa objectives`, a mixture, or in `daa online` a class of yours",
                byDefault = "dpo")
        String objective,

        @Setting(value = "β of the objective; its own default when absent", byDefault = "null") @Nullable
        Double beta,

        @Setting(value = "further parameters of the objective", byDefault = "{}")
        Map<String, Object> parameters,

        @Setting(value = "responses per prompt that a pair is made of", byDefault = "2")
        int samples,

        @Setting(value = "which two of them: first-two, or best-worst by the reward", byDefault = "first-two")
        Pairing pairing,

        @Setting(
                value = "labels of the first two are drawn with probability σ(Δreward/this); 0 prefers the greater"
                        + " reward",
                byDefault = "0")
        double labelTemperature,

        @Setting(value = "share of pairs whose label is then turned over", byDefault = "0")
        double labelFlip,

        @Setting(
                value = "steps for which the policy that samples stays as it is: 1 is online, more is iterative, 0"
                        + " keeps the first one, which is offline with fresh prompts",
                byDefault = "1")
        int refreshEvery,

        @Setting(
                value = "each round starts from the first policy again, with a fresh optimizer, and learns from what"
                        + " the last round's policy samples; needs refresh_every above 1",
                byDefault = "false")
        boolean restart,

        @Setting(
                value = "who samples the second half of a prompt's responses: same as the first half, previous (the"
                        + " policy that sampled in the round before) or first (the one that training starts from)",
                byDefault = "same")
        Second second,

        @Setting(value = "divides the logits where the second half is sampled; 0 takes temperature", byDefault = "0")
        double secondTemperature,

        @Setting(
                value = "α of XPO: the loss adds this times log π of the response that the first policy sampled, so"
                        + " that what it would say becomes less likely, such as 1e-5; needs second: first and two"
                        + " samples; none when absent",
                byDefault = "null")
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable
        Double exploration,

        @Setting(
                value = "divides the logits of policy and reference, in sampling and in every log-probability",
                byDefault = "1")
        double temperature) {

    /// Who samples the second half of a prompt's responses.
    public enum Second {
        /// Whoever samples the first half.
        SAME,
        /// The policy that sampled in the round before: an older checkpoint.
        PREVIOUS,
        /// The policy that training starts from.
        FIRST
    }

    /// How two of the samples become chosen and rejected.
    public enum Pairing {
        /// The first two, the label deciding which is which.
        FIRST_TWO,
        /// The greatest reward against the least.
        BEST_WORST
    }

    /// Where a run stands between learning from others and learning from itself.
    public enum Regime {
        OFFLINE,
        ITERATIVE,
        ONLINE
    }

    public Online {
        if (samples < 2 || (samples > 2 && pairing == Pairing.FIRST_TWO)) {
            throw new InputException("samples is " + samples + ", expected 2"
                    + (pairing == Pairing.BEST_WORST ? " or more" : ", or best-worst to choose among more"));
        }
        if (!(labelTemperature >= 0) || Double.isInfinite(labelTemperature)) {
            throw new InputException("label_temperature is " + labelTemperature + ", expected 0 or a number above");
        }
        if (labelTemperature > 0 && pairing == Pairing.BEST_WORST) {
            throw new InputException("label_temperature is " + labelTemperature
                    + ", expected 0 with best-worst, whose order the reward decides");
        }
        if (!(labelFlip >= 0 && labelFlip <= 1)) {
            throw new InputException("label_flip is " + labelFlip + ", expected a share from 0 to 1");
        }
        if (refreshEvery < 0) {
            throw new InputException("refresh_every is " + refreshEvery + ", expected at least 0 steps");
        }
        Sampling.requireDivisor("temperature", temperature);
        if (secondTemperature != 0) {
            Sampling.requireDivisor("second_temperature", secondTemperature);
        }
        if (restart && refreshEvery < 2) {
            throw new InputException("restart is true with refresh_every " + refreshEvery
                    + ", expected rounds of at least 2 steps to restart after");
        }
        if (second == Second.PREVIOUS && refreshEvery == 0) {
            throw new InputException("second is previous with refresh_every 0, expected rounds, refresh_every of at"
                    + " least 1; without them the sampling policy has no older checkpoint");
        }
        if (hasSecondSampler(second, secondTemperature) && samples % 2 != 0) {
            throw new InputException(
                    "samples is " + samples + ", expected an even number: half of them are the second sampler's");
        }
        if (exploration != null) {
            requireExploration(exploration, second, samples);
        }
        // A class is found by whoever has a classpath.
        if (!ObjectiveClass.isClassName(objective)) {
            ObjectiveChoice choice = new ObjectiveChoice(objective, beta, parameters, null);
            requireFit(choice.create(), exploration);
            beta = choice.beta();
            parameters = choice.parameters();
        }
    }

    private static void requireExploration(double factor, Second second, int samples) {
        if (!(factor > 0) || Double.isInfinite(factor)) {
            throw new InputException(
                    "exploration is " + factor + ", expected a finite number above 0, or null for none");
        }
        if (second != Second.FIRST || samples != 2) {
            throw new InputException("exploration is " + factor + " with second "
                    + second.name().toLowerCase(Locale.ROOT) + " and samples " + samples
                    + ", expected first and 2: a pair has one response of the policy and one of the first policy");
        }
    }

    /// Refuses an objective that moves its reference, since samples are scored under the first one as they come,
    /// and one without pairs where they have a term of their own.
    private static void requireFit(Objective objective, @Nullable Double exploration) {
        if (exploration != null && objective.unary()) {
            throw new InputException("exploration is " + exploration + " with objective " + objective.name()
                    + ", expected one of pairs; it takes responses one by one");
        }
        if (objective.referenceUpdate().isPresent()) {
            throw new InputException("objective " + objective.name()
                    + " moves its reference, expected one that keeps it, as online alignment does; use `daa align` for"
                    + " it");
        }
    }

    /// The objective with its parameters; a class of the user's is refused.
    public ObjectiveChoice choice() {
        return new ObjectiveChoice(objective, beta, parameters, null);
    }

    /// The same with β and parameters of a class of the user's resolved, too.
    ///
    /// @param classpath where it is found
    Online resolved(List<Path> classpath) {
        ObjectiveChoice choice = choice(classpath);
        requireFit(choice.create(), exploration);
        return with(choice.beta(), choice.parameters(), labelTemperature, labelFlip);
    }

    ObjectiveChoice choice(List<Path> classpath) {
        return new ObjectiveChoice(objective, beta, parameters, classpath);
    }

    /// The same at another β.
    public Online withBeta(double other) {
        return with(other, parameters, labelTemperature, labelFlip);
    }

    /// The same with other noise in the labels.
    public Online withLabelNoise(double otherTemperature, double otherFlip) {
        return with(beta, parameters, otherTemperature, otherFlip);
    }

    private Online with(
            @Nullable Double otherBeta,
            Map<String, Object> otherParameters,
            double otherLabelTemperature,
            double otherLabelFlip) {
        return new Online(
                objective,
                otherBeta,
                otherParameters,
                samples,
                pairing,
                otherLabelTemperature,
                otherLabelFlip,
                refreshEvery,
                restart,
                second,
                secondTemperature,
                exploration,
                temperature);
    }

    /// Whether half of the responses are sampled in another way.
    boolean hasSecondSampler() {
        return hasSecondSampler(second, secondTemperature);
    }

    private static boolean hasSecondSampler(Second second, double secondTemperature) {
        return second != Second.SAME || secondTemperature > 0;
    }

    /// Responses of each sampler to a prompt.
    int samplesOfEach() {
        return hasSecondSampler() ? samples / 2 : samples;
    }

    /// Whether both responses of a pair are samples of the policy as it is when it learns from them.
    public boolean onPolicy() {
        return refreshEvery == 1 && !hasSecondSampler();
    }

    /// Shape of the first sampler's rollouts.
    ///
    /// @param longestPrompt tokens
    /// @param maxTokens of a response
    /// @param stop tokens that end a response
    public RolloutSampler.Shape shape(int longestPrompt, int maxTokens, StopTokens stop) {
        return new RolloutSampler.Shape(longestPrompt, Sampling.full(temperature, maxTokens, stop), samplesOfEach());
    }

    /// Shape of the second sampler's rollouts.
    RolloutSampler.Shape shapeOfSecond(RolloutSampler.Shape first) {
        Sampling sampling = first.sampling();
        double divisor = secondTemperature == 0 ? temperature : secondTemperature;
        return new RolloutSampler.Shape(
                first.longestPrompt(),
                Sampling.full(divisor, sampling.maximumTokens(), sampling.stop()),
                first.samples());
    }

    /// Offline, iterative or online.
    public Regime regime() {
        return switch (refreshEvery) {
            case 0 -> Regime.OFFLINE;
            case 1 -> Regime.ONLINE;
            default -> Regime.ITERATIVE;
        };
    }
}
