package dev.daa.train.rollout;

import dev.daa.compute.InputException;
import dev.daa.model.score.Sequence;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/// Several rewards as one (most as Coste et al. 2310.02743 have it): what its members disagree on is trusted less.
///
/// @param members at least one, centred on the same policy
/// @param rule how their scores become one
/// @param penalty λ of [Rule#UNCERTAINTY] and [Rule#KL_DRO]
public record RewardEnsemble(List<ResponseReward> members, Rule rule, double penalty) implements ResponseReward {
    /// How the members' scores r_1 … r_M of a response become one.
    public enum Rule {
        /// Their mean.
        MEAN,
        /// The least of them, WCO.
        WORST_CASE,
        /// Mean minus λ times the variance over members (divided by M), UWO; λ is ½ for best-of-n and 0.1 for
        /// PPO in the paper.
        UNCERTAINTY,
        /// `−log(1/M·Σ_m e^{−2λ·r_m})/(2λ)`, distributionally robust: the least of `Σ_m w_m·r_m +
        /// KL(w‖uniform)/(2λ)` over weights w of the members. UWO to first order in λ, the mean for λ = 0 and
        /// the least for λ → ∞.
        KL_DRO;

        /// Whether the members' origins decide: a constant added to one member moves more than the origin of
        /// what they become.
        boolean needsCentring(int members) {
            return members > 1 && this != MEAN;
        }

        /// Refuses fewer than 0 samples, and none for members whose origins decide.
        ///
        /// @param samples of the reference to centre scores on, as the key `centring_prompts` has it
        public void requireCentring(int members, int samples) {
            if (samples < 0) {
                throw new InputException("centring_prompts is " + samples + ", expected 0 (none) or more");
            }
            if (needsCentring(members) && samples == 0) {
                throw new InputException("centring_prompts is 0 with combine "
                        + name().toLowerCase(Locale.ROOT).replace('_', '-') + " of " + members
                        + " reward models, expected at least 1: no score has a zero of its own, and the lowest would"
                        + " decide");
            }
        }
    }

    public RewardEnsemble {
        members = List.copyOf(members);
        if (members.isEmpty()) {
            throw new InputException("a reward ensemble needs at least one member");
        }
        if (!(penalty >= 0) || Double.isInfinite(penalty)) {
            throw new InputException(
                    "the ensemble's penalty is " + penalty + ", expected a finite number of at least 0");
        }
    }

    @Override
    public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
        double[][] scores = scoreEach(responses, cancelled);
        double[] combined = new double[responses.size()];
        double[] ofResponse = new double[scores.length];
        for (int i = 0; i < combined.length; i++) {
            for (int m = 0; m < scores.length; m++) {
                ofResponse[m] = scores[m][i];
            }
            combined[i] = combine(rule, penalty, ofResponse);
        }
        return combined;
    }

    @Override
    public double[][] scoreEach(List<Sequence> responses, BooleanSupplier cancelled) {
        double[][] scores = new double[members.size()][];
        for (int m = 0; m < scores.length; m++) {
            scores[m] = members.get(m).score(responses, cancelled);
        }
        return scores;
    }

    /// One score from the members' scores of one response.
    static double combine(Rule rule, double penalty, double[] scores) {
        double sum = 0;
        double least = Double.POSITIVE_INFINITY;
        for (double score : scores) {
            sum += score;
            least = Math.min(least, score);
        }
        double mean = sum / scores.length;
        return switch (rule) {
            case MEAN -> mean;
            case WORST_CASE -> least;
            case UNCERTAINTY -> {
                double squares = 0;
                for (double score : scores) {
                    squares += (score - mean) * (score - mean);
                }
                yield mean - penalty * squares / scores.length;
            }
            case KL_DRO -> penalty == 0 ? mean : softLeast(scores, least, 2 * penalty);
        };
    }

    /// `−log(1/M·Σ_m e^{−c·r_m})/c`, from the least, so that no exponential overflows, and by what it is away from
    /// 1, so that a small c leaves the mean.
    private static double softLeast(double[] scores, double least, double sharpness) {
        double sum = 0;
        for (double score : scores) {
            sum += Math.expm1(-sharpness * (score - least));
        }
        return least - Math.log1p(sum / scores.length) / sharpness;
    }

    @Override
    public void close() {
        members.forEach(ResponseReward::close);
    }
}
