package dev.daa.eval.toy;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/// The tree of 2406.02900, §4: three actions at every state, depth three, so 27 trajectories, and one preference
/// between two of them that share their first action. The SFT data are half uniform and half the two trajectories.
public final class Tree {
    static final int ACTIONS = 3;
    static final int DEPTH = 3;
    static final int TRAJECTORIES = 27;
    static final int CHOSEN = index(0, 0, 0);
    static final int REJECTED = index(0, 1, 0);

    private Tree() {}

    /// Where the mass is.
    ///
    /// @param step optimizer steps done
    /// @param chosen probability of the chosen trajectory
    /// @param rejected of the rejected one
    /// @param unseen of everything else
    /// @param topUnseen share of `unseen` on its likeliest trajectory
    public record Mass(int step, double chosen, double rejected, double unseen, double topUnseen) {

        /// @param probabilities [27]; what they lack to 1 lies outside the tree and is unseen too
        static Mass of(int step, double[] probabilities) {
            double unseen = 1 - probabilities[CHOSEN] - probabilities[REJECTED];
            double top = 0;
            for (int k = 0; k < TRAJECTORIES; k++) {
                if (k != CHOSEN && k != REJECTED) {
                    top = Math.max(top, probabilities[k]);
                }
            }
            return new Mass(step, probabilities[CHOSEN], probabilities[REJECTED], unseen, top / unseen);
        }
    }

    static int index(int first, int second, int third) {
        return (first * ACTIONS + second) * ACTIONS + third;
    }

    /// Actions of a trajectory.
    static int[] actions(int trajectory) {
        return new int[] {trajectory / 9, trajectory / 3 % 3, trajectory % 3};
    }

    /// Probability of each trajectory in the SFT data.
    static double[] data() {
        double[] probabilities = new double[TRAJECTORIES];
        Arrays.fill(probabilities, 0.5 / TRAJECTORIES);
        probabilities[CHOSEN] += 0.25;
        probabilities[REJECTED] += 0.25;
        return probabilities;
    }

    /// A trajectory of the SFT data.
    static int sample(RandomGenerator random) {
        double at = random.nextDouble();
        return at < 0.25 ? CHOSEN : at < 0.5 ? REJECTED : random.nextInt(TRAJECTORIES);
    }
}
