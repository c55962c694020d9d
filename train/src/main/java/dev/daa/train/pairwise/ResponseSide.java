package dev.daa.train.pairwise;

import dev.daa.train.objective.Need;
import dev.daa.train.objective.Responses;
import dev.daa.train.objective.Tokens;
import java.util.Arrays;
import java.util.Set;

/// The chosen or the rejected responses of one micro-batch: where their targets lie in the batch, and what
/// policy and reference say of them. The arrays are filled again for every micro-batch.
final class ResponseSide {
    private static final double[] UNKNOWN = {};

    private final int[] firstTarget;
    private final int[] length;
    private final double[] policy;
    private final double[] reference;
    private final double[] factor;
    private final int[] start;
    private final double[] policyToken;
    private final double[] referenceToken;
    private final double[] collisionToken;
    private final double[] forwardKl;
    private double[] mismatched = UNKNOWN;
    private int count;
    private int tokens;

    ResponseSide(int responses, int capacityTokens, Set<Need> needs) {
        firstTarget = new int[responses];
        length = new int[responses];
        policy = new double[responses];
        reference = new double[responses];
        factor = new double[responses];
        start = new int[responses + 1];
        policyToken = new double[capacityTokens];
        referenceToken = new double[capacityTokens];
        collisionToken = needs.contains(Need.TOKEN_COLLISION) ? new double[capacityTokens] : UNKNOWN;
        forwardKl = needs.contains(Need.FORWARD_KL) ? new double[responses] : UNKNOWN;
    }

    void clear() {
        count = 0;
        tokens = 0;
    }

    /// Responses of the micro-batch.
    int count() {
        return count;
    }

    /// Appends a response whose targets begin at `target` and whose tokens have these reference log-probabilities.
    ///
    /// @param ofLogProb what the loss adds of its log π, beside the objective
    void add(int target, float[] referenceLogProbs, double ofLogProb) {
        int i = count++;
        firstTarget[i] = target;
        factor[i] = ofLogProb;
        length[i] = referenceLogProbs.length;
        start[i] = tokens;
        double sum = 0;
        for (float logProb : referenceLogProbs) {
            referenceToken[tokens++] = logProb;
            sum += logProb;
        }
        reference[i] = sum;
        start[i + 1] = tokens;
    }

    /// Takes the policy's log-probabilities of all targets.
    void readPolicy(float[] logProbs) {
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int t = 0; t < length[i]; t++) {
                double logProb = logProbs[firstTarget[i] + t];
                policyToken[start[i] + t] = logProb;
                sum += logProb;
            }
            policy[i] = sum;
        }
    }

    /// Takes KL(π_ref ‖ π) at all targets.
    void readForwardKl(float[] divergences) {
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int t = 0; t < length[i]; t++) {
                sum += divergences[firstTarget[i] + t];
            }
            forwardKl[i] = sum;
        }
    }

    /// Takes log Σ_v π(v)² at all targets.
    void readCollision(float[] collisions) {
        for (int i = 0; i < count; i++) {
            for (int t = 0; t < length[i]; t++) {
                collisionToken[start[i] + t] = collisions[firstTarget[i] + t];
            }
        }
    }

    /// Takes the log-ratio of a response to another prompt for each response.
    void mismatched(double[] logRatios) {
        mismatched = logRatios;
    }

    /// The responses as an objective reads them.
    Responses responses() {
        int[] starts = count + 1 == start.length ? start : Arrays.copyOf(start, count + 1);
        return Responses.of(count, policy, reference, length)
                .withTokens(new Tokens(starts, policyToken, referenceToken, collisionToken))
                .withForwardKl(forwardKl)
                .withMismatchedLogRatio(mismatched);
    }

    /// Adds its share of log π to the loss of every pair that has some, and to the derivative with respect to it.
    ///
    /// @param loss `[count]`
    /// @param derivative `[count]`
    void addLogProbs(double[] loss, double[] derivative) {
        for (int i = 0; i < count; i++) {
            if (factor[i] != 0) {
                loss[i] += factor[i] * policy[i];
                derivative[i] += factor[i];
            }
        }
    }

    /// Writes the derivative of the batch's mean loss for every target.
    ///
    /// @param derivative of the summed loss with respect to each response's log-probability
    /// @param tokenDerivative what single tokens get on top
    /// @param terms losses that the mean is over
    void writeDerivatives(float[] into, double[] derivative, double[] tokenDerivative, boolean perToken, int terms) {
        for (int i = 0; i < count; i++) {
            for (int t = 0; t < length[i]; t++) {
                double ofToken = perToken ? tokenDerivative[start[i] + t] : 0;
                into[firstTarget[i] + t] = (float) ((derivative[i] + ofToken) / terms);
            }
        }
    }

    /// Writes the derivative of the batch's mean loss with respect to the divergence at every target.
    ///
    /// @param derivative of the summed loss with respect to each response's divergence
    /// @param terms losses that the mean is over
    void writeForwardKlDerivatives(float[] into, double[] derivative, int terms) {
        for (int i = 0; i < count; i++) {
            Arrays.fill(into, firstTarget[i], firstTarget[i] + length[i], (float) (derivative[i] / terms));
        }
    }

    double policy(int i) {
        return policy[i];
    }

    /// `log π − log π_ref` of response i in nats.
    double refLogRatio(int i) {
        return policy[i] - reference[i];
    }

    int length(int i) {
        return length[i];
    }
}
