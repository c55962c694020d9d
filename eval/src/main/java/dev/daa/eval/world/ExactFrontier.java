package dev.daa.eval.world;

import java.util.Arrays;

/// The best expected gold reward that any policy can reach at a given KL(π‖p) to the reference distribution p, exactly.
///
/// `max E_π[g] − β·KL(π‖p)` is attained by the tilt π(y) ∝ p(y)·e^{g(y)/β}; along β the pairs (KL, `E[g]`) are the
/// frontier, and no policy lies above it. Only the distribution of g under p matters, a finite list of levels and their
/// masses. All KL in nats, gold in units of the gold reward, β in gold per nat.
///
/// The frontier is relative to the reference *distribution*. An SFT model only approximates that, so a policy's KL to
/// the SFT model is not quite its KL to p, and the SFT model's mean gold is not quite [#referenceGold].
public final class ExactFrontier {
    /// Rounding of a KL that sums 10⁵ levels, in nats.
    private static final double TOLERANCE = 1e-13;

    private static final int MAXIMUM_ITERATIONS = 200;

    private final double[] gold;
    private final double[] mass;
    private final double referenceGold;
    private final double referenceVariance;

    /// A point of the frontier.
    ///
    /// @param beta the KL coefficient whose optimum this is: ∞ at the reference itself, 0 at the greatest gold
    /// @param kl KL(π‖p) in nats
    /// @param gold `E_π[g]`
    public record Point(double beta, double kl, double gold) {
        /// d = √KL, the scaling laws' axis.
        public double distance() {
            return Math.sqrt(kl);
        }
    }

    /// Best-of-n under the gold reward itself.
    ///
    /// @param kl exact KL(π‖p) in nats, with ties; ln n − (n − 1)/n is an upper bound, reached without ties
    /// @param gold `E_π[g]`
    public record BestOfN(int n, double kl, double gold) {}

    private record Tilt(double kl, double gold, double variance) {}

    private ExactFrontier(double[] gold, double[] mass) {
        this.gold = gold;
        this.mass = mass;
        Tilt untilted = tilt(0);
        this.referenceGold = untilted.gold();
        this.referenceVariance = untilted.variance();
    }

    /// The frontier of the reviews world: 107,000 points of (S, L), some tenths of a second; compute it once and
    /// keep it.
    public static ExactFrontier ofReviews() {
        SentimentLengthMeasure reviews = SentimentLengthMeasure.ofReferenceReview();
        return of(
                reviews.values((sentiment, length, _) -> ReviewGold.wellFormedReward(sentiment, length)),
                reviews.values((_, _, mass) -> mass));
    }

    /// The frontier of any finite distribution of gold rewards under a reference distribution.
    ///
    /// @param gold the reward of each outcome, in any order, repeated values allowed
    /// @param mass positive probability of each outcome; the sum must be 1 to 1e-9 and is then normalised
    public static ExactFrontier of(double[] gold, double[] mass) {
        if (gold.length != mass.length || gold.length == 0) {
            throw new IllegalArgumentException(gold.length + " gold rewards, but " + mass.length + " masses");
        }
        double[] levels = distinctAscending(gold);
        double[] levelMass = new double[levels.length];
        double total = 0;
        for (int k = 0; k < gold.length; k++) {
            if (!Double.isFinite(gold[k]) || !(mass[k] > 0)) {
                throw new IllegalArgumentException("outcome " + k + " has gold reward " + gold[k] + " and mass "
                        + mass[k] + ": need finite and positive");
            }
            levelMass[Arrays.binarySearch(levels, gold[k])] += mass[k];
            total += mass[k];
        }
        if (Math.abs(total - 1) > 1e-9) {
            throw new IllegalArgumentException("masses sum to " + total + ", expected 1");
        }
        for (int k = 0; k < levelMass.length; k++) {
            levelMass[k] /= total;
        }
        return new ExactFrontier(levels, levelMass);
    }

    private static double[] distinctAscending(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int distinct = 1;
        for (int k = 1; k < sorted.length; k++) {
            if (sorted[k] != sorted[k - 1]) {
                sorted[distinct++] = sorted[k];
            }
        }
        return Arrays.copyOf(sorted, distinct);
    }

    /// `E[g]` under the reference distribution, the frontier's value at KL 0: −0.193 in the reviews world.
    public double referenceGold() {
        return referenceGold;
    }

    /// Standard deviation of g under the reference distribution.
    public double referenceGoldDeviation() {
        return Math.sqrt(referenceVariance);
    }

    /// The greatest gold reward of any reference response.
    public double maximumGold() {
        return gold[gold.length - 1];
    }

    /// KL at which the frontier reaches [#maximumGold] and ends: −log p(g = max).
    public double maximumKl() {
        return -Math.log(mass[mass.length - 1]);
    }

    /// The optimum of `E[g] − β·KL`: π ∝ p·e^{g/β}, with `KL = E[g]/β − log Z`.
    public Point atBeta(double beta) {
        if (!(beta > 0)) {
            throw new IllegalArgumentException("beta is " + beta + ", it must be positive");
        }
        Tilt tilt = tilt(1 / beta);
        return new Point(beta, tilt.kl(), tilt.gold());
    }

    /// The frontier at a given KL; from [#maximumKl] on, its last point.
    ///
    /// Solves KL(λ) = kl for λ = 1/β by Newton steps, dKL/dλ = λ·Var(g), kept inside a bracket.
    ///
    /// @param kl in nats, not negative
    public Point atKl(double kl) {
        if (!(kl >= 0)) {
            throw new IllegalArgumentException("KL is " + kl + " nats, it must not be negative");
        }
        if (kl == 0 || referenceVariance == 0) {
            return new Point(Double.POSITIVE_INFINITY, 0, referenceGold);
        }
        if (kl >= maximumKl()) {
            return new Point(0, maximumKl(), maximumGold());
        }
        double low = 0;
        double high = Double.POSITIVE_INFINITY;
        double lambda = Math.sqrt(2 * kl / referenceVariance);
        Tilt tilt = tilt(lambda);
        for (int k = 0; k < MAXIMUM_ITERATIONS && Math.abs(tilt.kl() - kl) > TOLERANCE * (1 + 10 * kl); k++) {
            if (tilt.kl() < kl) {
                low = lambda;
            } else {
                high = lambda;
            }
            double newton = lambda + (kl - tilt.kl()) / (lambda * tilt.variance());
            double limit = Double.isInfinite(high) ? 2 * low : high;
            lambda = newton > low && newton < limit ? newton : Double.isInfinite(high) ? limit : 0.5 * (low + high);
            tilt = tilt(lambda);
        }
        return new Point(1 / lambda, tilt.kl(), tilt.gold());
    }

    /// `E*[g]` at a given KL.
    public double bestGold(double kl) {
        return atKl(kl).gold();
    }

    /// Share of the attainable gain that a policy realised: `(E[g] − g₀) / (E*[g at its KL] − g₀)`.
    ///
    /// 1 is the frontier, 0 no better than the start, negative worse. NaN where nothing is attainable, that is
    /// where the frontier at this KL is not above g₀ (near KL 0, if the SFT policy's own mean exceeds the reference
    /// distribution's).
    ///
    /// @param meanGold `E[g]` of the policy
    /// @param kl its KL to the reference in nats; an estimate below 0 is noise about 0 and is taken as 0
    /// @param initialGold g₀, the SFT policy's mean gold reward
    public double frontierShare(double meanGold, double kl, double initialGold) {
        double attainable = bestGold(Math.max(0, kl)) - initialGold;
        return attainable > 0 ? (meanGold - initialGold) / attainable : Double.NaN;
    }

    /// Draw n reference responses, keep one with the greatest gold reward; ties are broken without regard to the
    /// response.
    ///
    /// With F the distribution function of g, the level g has mass q = F(g)ⁿ − F(g−)ⁿ instead of p = F(g) − F(g−),
    /// shared out within the level as before; so KL = Σ q·log(q/p) over the levels.
    public BestOfN bestOf(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("best of " + n + " responses, need at least 1");
        }
        double[] atOrBelow = mass.clone();
        for (int k = 1; k < mass.length; k++) {
            atOrBelow[k] += atOrBelow[k - 1];
        }
        double kl = 0;
        double mean = 0;
        double above = 0;
        double logUpper = 0;
        for (int k = mass.length - 1; k >= 0; k--) {
            above += mass[k];
            double logLower = logDistribution(k == 0 ? 0 : atOrBelow[k - 1], above);
            double q = Math.max(0, -Math.expm1(n * (logLower - logUpper))) * Math.exp(n * logUpper);
            mean += q * gold[k];
            kl += q > 0 ? q * Math.log(q / mass[k]) : 0;
            logUpper = logLower;
        }
        return new BestOfN(n, Math.max(0, kl), mean);
    }

    /// log F from the smaller of the masses on its two sides, which is the one with small rounding error.
    private static double logDistribution(double atOrBelow, double above) {
        return above < 0.5 ? Math.log1p(-above) : Math.log(atOrBelow);
    }

    /// p·e^{λg}/Z, with every exponent relative to the greatest level's.
    private Tilt tilt(double lambda) {
        double top = maximumGold();
        double z = 0;
        double first = 0;
        double second = 0;
        for (int k = 0; k < gold.length; k++) {
            double below = gold[k] - top;
            double weight = mass[k] * Math.exp(lambda * below);
            z += weight;
            first += weight * below;
            second += weight * below * below;
        }
        double mean = first / z;
        double variance = Math.max(0, second / z - mean * mean);
        return new Tilt(Math.max(0, lambda * mean - Math.log(z)), top + mean, variance);
    }
}
