package dev.daa.eval.toy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/// A proxy that correlates with the true reward among the reference's responses, and what policies gain that are
/// optimised on it (Laidlaw et al. 2403.03185). With both rewards at mean 0 and standard deviation 1 there and
/// correlation r, `E_π[true] ≥ (E_π[proxy] − √((1 − r²)·χ²))/r`: the proxy is r·true + √(1 − r²)·error, and the mean of
/// an error of unit variance is √χ² at most.
///
/// Responses are a grid of normal scores for quality and error, and a rare one that is bad and that the proxy takes for
/// the best. Everything is computed by enumeration.
///
/// @param correlation r
/// @param best of the policies of highest proxy at their χ² the one whose bound is highest
/// @param nearest of those of highest proxy at their KL the one whose KL is nearest to that
/// @param highest of these the one with the highest true reward
/// @param policies how many there are
/// @param below how many of them have a true reward below the bound
public record CorrelatedProxy(
        double correlation, Policy best, Policy nearest, Policy highest, int policies, int below) {
    private static final double[] ERRORS = {0.3, 0.75, 1.5};
    private static final int GRID = 21;
    private static final double RANGE = 3;
    private static final double RARE = 1e-3;
    private static final double RARE_PROXY = 6;
    private static final double RARE_REWARD = -5;
    private static final int STRENGTHS = 300;
    private static final double ROUNDING = 1e-12;

    /// A policy.
    ///
    /// @param kl to the reference, nats
    /// @param chiSquare to the reference
    /// @param proxy its mean proxy, in standard deviations under the reference
    /// @param reward its mean true reward, likewise
    /// @param bound what that is at least
    public record Policy(double kl, double chiSquare, double proxy, double reward, double bound) {}

    /// Under three sizes of the error.
    public static List<CorrelatedProxy> all() {
        return Arrays.stream(ERRORS).mapToObj(CorrelatedProxy::of).toList();
    }

    /// Policies under either penalty at many strengths of it: π_0·e^{s·proxy}/Z under KL, π_0·(proxy − t)₊/Z under
    /// χ².
    ///
    /// @param error its weight in the proxy, that of the quality being 1
    static CorrelatedProxy of(double error) {
        World world = World.of(error);
        double most = Arrays.stream(world.proxy).max().orElseThrow();
        List<Policy> underKl = new ArrayList<>();
        List<Policy> underChiSquare = new ArrayList<>();
        for (int k = 1; k < STRENGTHS; k++) {
            double odds = k / (double) (STRENGTHS - k);
            underKl.add(world.policy(score -> Math.exp(3 * odds * (score - most))));
            underChiSquare.add(world.policy(score -> Math.max(0, score - most + 3 / odds)));
        }
        Policy best = underChiSquare.stream()
                .max(Comparator.comparingDouble(Policy::bound))
                .orElseThrow();
        List<Policy> all = new ArrayList<>(underKl);
        all.addAll(underChiSquare);
        return new CorrelatedProxy(
                world.correlation(),
                best,
                underKl.stream()
                        .min(Comparator.comparingDouble(policy -> Math.abs(policy.kl() - best.kl())))
                        .orElseThrow(),
                underKl.stream().max(Comparator.comparingDouble(Policy::reward)).orElseThrow(),
                all.size(),
                (int) all.stream()
                        .filter(policy -> policy.reward() < policy.bound() - ROUNDING)
                        .count());
    }

    /// @param reference `[responses]` probabilities
    /// @param reward `[responses]` true reward
    /// @param proxy `[responses]`
    private record World(double[] reference, double[] reward, double[] proxy) {
        static World of(double error) {
            int rare = GRID * GRID;
            double[] reference = new double[rare + 1];
            double[] reward = new double[rare + 1];
            double[] proxy = new double[rare + 1];
            for (int i = 0; i < rare; i++) {
                double quality = normalScore(i / GRID);
                double mistake = normalScore(i % GRID);
                reference[i] = Math.exp(-(quality * quality + mistake * mistake) / 2);
                reward[i] = quality;
                proxy[i] = quality + error * mistake;
            }
            double sum = Arrays.stream(reference).sum();
            Arrays.setAll(reference, i -> i == rare ? RARE : reference[i] * (1 - RARE) / sum);
            reward[rare] = RARE_REWARD;
            proxy[rare] = RARE_PROXY * Math.hypot(1, error);
            return new World(reference, standardized(reference, reward), standardized(reference, proxy));
        }

        private static double normalScore(int place) {
            return RANGE * (2.0 * place / (GRID - 1) - 1);
        }

        private static double[] standardized(double[] reference, double[] values) {
            double mean = mean(reference, i -> values[i]);
            double deviation = Math.sqrt(mean(reference, i -> (values[i] - mean) * (values[i] - mean)));
            return Arrays.stream(values)
                    .map(value -> (value - mean) / deviation)
                    .toArray();
        }

        private static double mean(double[] policy, IntToDoubleFunction value) {
            return IntStream.range(0, policy.length)
                    .filter(i -> policy[i] > 0)
                    .mapToDouble(i -> policy[i] * value.applyAsDouble(i))
                    .sum();
        }

        double correlation() {
            return mean(reference, i -> reward[i] * proxy[i]);
        }

        /// The reference times a function of the proxy.
        Policy policy(DoubleUnaryOperator factor) {
            double[] policy = new double[reference.length];
            Arrays.setAll(policy, i -> reference[i] * factor.applyAsDouble(proxy[i]));
            double sum = Arrays.stream(policy).sum();
            Arrays.setAll(policy, i -> policy[i] / sum);
            double r = correlation();
            double chiSquare = mean(policy, i -> policy[i] / reference[i]) - 1;
            double ofProxy = mean(policy, i -> proxy[i]);
            return new Policy(
                    mean(policy, i -> Math.log(policy[i] / reference[i])),
                    chiSquare,
                    ofProxy,
                    mean(policy, i -> reward[i]),
                    (ofProxy - Math.sqrt((1 - r * r) * chiSquare)) / r);
        }
    }
}
