package dev.daa.eval.toy;

import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.PairLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One prompt, three responses, and the preferences y1 ≻ y2 and y2 ≻ y1 (2406.02900, §4): every policy with equal
/// log-ratios of y1 and y2 minimises the loss, whatever it gives to y3, which no pair mentions. A softmax table is
/// trained by gradient descent from many starts under a uniform reference.
public final class ThreeResponses {
    private static final int[] LENGTHS = {1, 1};
    private static final int STEPS = 4000;
    private static final double RATE = 20;
    private static final double MOST = 4;

    private ThreeResponses() {}

    /// One descent.
    ///
    /// @param start probabilities of y1, y2, y3 before
    /// @param end and after
    /// @param loss mean loss of the two pairs after
    public record Descent(String objective, double beta, double[] start, double[] end, double loss) {}

    /// Descents of an objective from `starts` tables whose logits range over ±4, from all mass on y1 and y2 to all
    /// on y3.
    public static List<Descent> of(String objectiveName, double beta, int starts) {
        Objective objective = Objectives.create(objectiveName, Map.of("beta", beta));
        List<Descent> descents = new ArrayList<>();
        for (int k = 0; k < starts; k++) {
            double third = starts == 1 ? 0 : -MOST + 2 * MOST * k / (starts - 1);
            double[] logits = {0.5 * (k % 3 - 1), 0, third};
            double[] start = softmax(logits);
            PairLoss loss = new PairLoss();
            for (int step = 0; step < STEPS; step++) {
                double[] gradient = gradient(objective, logits, loss);
                // Flat losses need great steps, steep ones small ones at the end.
                double rate = RATE * Math.pow(10, -3.0 * step / STEPS);
                for (int y = 0; y < 3; y++) {
                    logits[y] -= rate * gradient[y];
                }
            }
            gradient(objective, logits, loss);
            descents.add(new Descent(objectiveName, beta, start, softmax(logits), loss.mean()));
        }
        return descents;
    }

    /// Derivative of the mean loss with respect to the logits, clipped to norm 1/[#RATE] so that steep losses do
    /// not jump. It is exactly 0 for y3: log π(y1) − log π(y2) does not contain its logit.
    static double[] gradient(Objective objective, double[] logits, PairLoss loss) {
        double[] p = softmax(logits);
        double reference = Math.log(1.0 / 3);
        double[] chosen = {Math.log(p[0]), Math.log(p[1])};
        double[] rejected = {Math.log(p[1]), Math.log(p[0])};
        double[] references = {reference, reference};
        objective.loss(
                PairBatch.of(chosen, rejected, references, references, LENGTHS, LENGTHS),
                objective.initialState(),
                loss);
        double[] byResponse = {
            (loss.dChosen()[0] + loss.dRejected()[1]) / 2, (loss.dChosen()[1] + loss.dRejected()[0]) / 2, 0
        };
        double sum = byResponse[0] + byResponse[1];
        double norm = Math.max(1, RATE * Math.hypot(byResponse[0], byResponse[1]));
        double[] gradient = new double[3];
        for (int y = 0; y < 3; y++) {
            gradient[y] = (byResponse[y] - p[y] * sum) / norm;
        }
        return gradient;
    }

    private static double[] softmax(double[] logits) {
        double greatest = Math.max(logits[0], Math.max(logits[1], logits[2]));
        double[] p = new double[3];
        double sum = 0;
        for (int y = 0; y < 3; y++) {
            p[y] = Math.exp(logits[y] - greatest);
            sum += p[y];
        }
        for (int y = 0; y < 3; y++) {
            p[y] /= sum;
        }
        return p;
    }
}
