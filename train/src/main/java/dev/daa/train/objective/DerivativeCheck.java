package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Compares an objective's derivatives with finite differences of its loss: the guard in front of objectives that users
/// bring.
public final class DerivativeCheck {
    /// Step of the five-point stencil, nats; its error is of the order of step⁴ · the fifth derivative.
    private static final double STEP = 1e-3;

    private static final double TOLERANCE = 1e-5;
    private static final int PAIRS = 7;

    private DerivativeCheck() {}

    /// Refuses an objective whose derivatives disagree with its loss on a fixed batch of seven pairs; names the
    /// first disagreement.
    public static void require(Objective objective) {
        List<String> failures = failures(objective, typicalBatch());
        if (!failures.isEmpty()) {
            throw new InputException("objective " + objective.name() + ": " + failures.getFirst()
                    + "; its derivative is not that of its loss");
        }
    }

    /// Every derivative that differs from the finite difference by more than 10⁻⁵, relative to the larger of 1 and
    /// its size; empty when all agree. The state starts fresh and the constants of the batch stay constant.
    public static List<String> failures(Objective objective, PairBatch batch) {
        batch.requireNeedsOf(objective);
        double[] constants = objective.constants(batch, objective.initialState());
        PairLoss analytic = new PairLoss();
        objective.evaluate(batch, constants, analytic);
        Probe probe = new Probe(objective, batch, constants, new PairLoss(), new ArrayList<>());
        probe.side("chosen", batch.chosen(), analytic.dChosen(), analytic.dChosenToken(), analytic.dChosenForwardKl());
        probe.side(
                "rejected",
                batch.rejected(),
                analytic.dRejected(),
                analytic.dRejectedToken(),
                analytic.dRejectedForwardKl());
        return probe.failures();
    }

    /// Seven pairs with everything an objective can ask for: log-ratios from −9 to 9 nats, lengths from 1 to 33.
    public static PairBatch typicalBatch() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(2406L);
        return new PairBatch(typicalSide(random), typicalSide(random));
    }

    private static Responses typicalSide(RandomGenerator random) {
        int[] length = {1, 7, 13, 33, 5, 21, 2};
        int[] start = new int[PAIRS + 1];
        for (int i = PAIRS - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int swapped = length[i];
            length[i] = length[other];
            length[other] = swapped;
        }
        for (int i = 0; i < PAIRS; i++) {
            start[i + 1] = start[i] + length[i];
        }
        int positions = start[PAIRS];
        double[] policyToken = new double[positions];
        double[] referenceToken = new double[positions];
        double[] collision = new double[positions];
        double[] policy = new double[PAIRS];
        double[] reference = new double[PAIRS];
        double[] forwardKl = new double[PAIRS];
        double[] mismatched = new double[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            double logRatio = random.nextDouble(-9, 9);
            for (int token = start[i]; token < start[i + 1]; token++) {
                referenceToken[token] = -9.5 - random.nextDouble();
                policyToken[token] = referenceToken[token] + logRatio / length[i];
                collision[token] = -random.nextDouble();
                reference[i] += referenceToken[token];
                policy[i] += policyToken[token];
            }
            forwardKl[i] = random.nextDouble(4);
            mismatched[i] = random.nextDouble(-2, 3);
        }
        return Responses.of(policy, reference, length)
                .withTokens(new Tokens(start, policyToken, referenceToken, collision))
                .withForwardKl(forwardKl)
                .withMismatchedLogRatio(mismatched);
    }

    private record Probe(
            Objective objective, PairBatch batch, double[] constants, PairLoss scratch, List<String> failures) {

        private void side(String name, Responses responses, double[] dSequence, double[] dToken, double[] dForwardKl) {
            for (int i = 0; i < responses.count(); i++) {
                String place = "log π of " + name + " response " + i;
                compare(place, dSequence[i], difference(new double[][] {responses.policy()}, i, i));
            }
            if (objective.perToken()) {
                tokens(name, responses, dSequence, dToken);
            }
            if (objective.needs().contains(Need.FORWARD_KL)) {
                for (int i = 0; i < responses.count(); i++) {
                    String place = "forward KL of " + name + " response " + i;
                    compare(place, dForwardKl[i], difference(new double[][] {responses.forwardKl()}, i, i));
                }
            }
        }

        /// A token's log-prob moves its sequence's with it.
        private void tokens(String name, Responses responses, double[] dSequence, double[] dToken) {
            Tokens tokens = responses.tokens();
            for (int i = 0; i < responses.count(); i++) {
                for (int token = tokens.start()[i]; token < tokens.start()[i + 1]; token++) {
                    String place = "token " + (token - tokens.start()[i]) + " of " + name + " response " + i;
                    double[][] moved = {responses.policy(), tokens.policy()};
                    compare(place, dSequence[i] + dToken[token], difference(moved, i, token));
                }
            }
        }

        /// Five-point difference of Σ loss when `moved[k]` moves at its index.
        private double difference(double[][] moved, int first, int second) {
            double one = sumAt(moved, first, second, STEP) - sumAt(moved, first, second, -STEP);
            double two = sumAt(moved, first, second, 2 * STEP) - sumAt(moved, first, second, -2 * STEP);
            return (8 * one - two) / (12 * STEP);
        }

        private double sumAt(double[][] moved, int first, int second, double step) {
            double before = moved[0][first];
            moved[0][first] = before + step;
            double beforeSecond = moved.length > 1 ? moved[1][second] : 0;
            if (moved.length > 1) {
                moved[1][second] = beforeSecond + step;
            }
            objective.evaluate(batch, constants, scratch);
            moved[0][first] = before;
            if (moved.length > 1) {
                moved[1][second] = beforeSecond;
            }
            return scratch.mean() * scratch.count();
        }

        private void compare(String place, double analytic, double numeric) {
            double scale = Math.max(1, Math.max(Math.abs(analytic), Math.abs(numeric)));
            if (!(Math.abs(analytic - numeric) <= TOLERANCE * scale)) {
                failures.add("derivative with respect to " + place + " is " + analytic + ", by finite differences "
                        + numeric);
            }
        }
    }
}
