package dev.daa.eval.toy;

import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.objective.PairBatch;
import dev.daa.train.objective.PairLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A policy on the [Tree] with a softmax of its own at each of the 13 states, from the exact conditionals of the SFT
/// data, trained on the one preference by gradient descent with Adam's update.
final class TreeTable {
    private static final int STATES = 13;
    private static final double RATE = 0.02;
    private static final int[] LENGTH = {Tree.DEPTH};

    private final double[][] logits = new double[STATES][Tree.ACTIONS];

    TreeTable() {
        double[] data = Tree.data();
        for (int k = 0; k < Tree.TRAJECTORIES; k++) {
            int[] states = states(k);
            int[] actions = Tree.actions(k);
            for (int t = 0; t < Tree.DEPTH; t++) {
                logits[states[t]][actions[t]] += data[k];
            }
        }
        for (double[] state : logits) {
            for (int action = 0; action < Tree.ACTIONS; action++) {
                state[action] = Math.log(state[action]);
            }
        }
    }

    /// The states that a trajectory passes: the root, one of three, one of nine.
    private static int[] states(int trajectory) {
        int[] actions = Tree.actions(trajectory);
        return new int[] {0, 1 + actions[0], 4 + 3 * actions[0] + actions[1]};
    }

    double[] probabilities() {
        double[] probabilities = new double[Tree.TRAJECTORIES];
        for (int k = 0; k < Tree.TRAJECTORIES; k++) {
            probabilities[k] = Math.exp(logProb(k));
        }
        return probabilities;
    }

    private double logProb(int trajectory) {
        int[] states = states(trajectory);
        int[] actions = Tree.actions(trajectory);
        double sum = 0;
        for (int t = 0; t < Tree.DEPTH; t++) {
            sum += logits[states[t]][actions[t]] - Math.log(normaliser(states[t]));
        }
        return sum;
    }

    private double normaliser(int state) {
        double sum = 0;
        for (double logit : logits[state]) {
            sum += Math.exp(logit);
        }
        return sum;
    }

    /// Adds `scale` times the derivative of log π(trajectory).
    private void addDerivative(double[][] gradient, int trajectory, double scale) {
        int[] states = states(trajectory);
        int[] actions = Tree.actions(trajectory);
        for (int t = 0; t < Tree.DEPTH; t++) {
            for (int action = 0; action < Tree.ACTIONS; action++) {
                double probability = Math.exp(logits[states[t]][action]) / normaliser(states[t]);
                gradient[states[t]][action] += scale * ((action == actions[t] ? 1 : 0) - probability);
            }
        }
    }

    /// Trains and tells where the mass is, every `every` steps from 0.
    static List<Tree.Mass> train(String objectiveName, double beta, int steps, int every) {
        Objective objective = Objectives.create(objectiveName, Map.of("beta", beta));
        TreeTable policy = new TreeTable();
        double[] reference = {policy.logProb(Tree.CHOSEN), policy.logProb(Tree.REJECTED)};
        double[][] first = new double[STATES][Tree.ACTIONS];
        double[][] second = new double[STATES][Tree.ACTIONS];
        PairLoss loss = new PairLoss();
        List<Tree.Mass> course = new ArrayList<>();
        course.add(Tree.Mass.of(0, policy.probabilities()));
        for (int step = 1; step <= steps; step++) {
            objective.loss(
                    PairBatch.of(
                            new double[] {policy.logProb(Tree.CHOSEN)},
                            new double[] {policy.logProb(Tree.REJECTED)},
                            new double[] {reference[0]},
                            new double[] {reference[1]},
                            LENGTH,
                            LENGTH),
                    objective.initialState(),
                    loss);
            double[][] gradient = new double[STATES][Tree.ACTIONS];
            policy.addDerivative(gradient, Tree.CHOSEN, loss.dChosen()[0]);
            policy.addDerivative(gradient, Tree.REJECTED, loss.dRejected()[0]);
            policy.update(gradient, first, second, step);
            if (step % every == 0) {
                course.add(Tree.Mass.of(step, policy.probabilities()));
            }
        }
        return course;
    }

    private void update(double[][] gradient, double[][] first, double[][] second, int step) {
        for (int state = 0; state < STATES; state++) {
            for (int action = 0; action < Tree.ACTIONS; action++) {
                double g = gradient[state][action];
                first[state][action] = 0.9 * first[state][action] + 0.1 * g;
                second[state][action] = 0.999 * second[state][action] + 0.001 * g * g;
                double mean = first[state][action] / (1 - Math.pow(0.9, step));
                double square = second[state][action] / (1 - Math.pow(0.999, step));
                logits[state][action] -= RATE * mean / (Math.sqrt(square) + 1e-8);
            }
        }
    }
}
