package dev.daa.train.data;

import dev.daa.train.run.Seeds;
import java.util.random.RandomGenerator;

/// The order in which a data set is seen: a fresh permutation in each epoch, a function of the run's seed and
/// the epoch, so that a resumed run continues at a position without replaying anything.
public final class EpochOrder {
    private final int size;
    private final Seeds seeds;
    private final int[] permutation;
    private long epoch = -1;

    /// @param size rows of the data set
    public EpochOrder(int size, Seeds seeds) {
        if (size < 1) {
            throw new IllegalArgumentException("a data set to train on needs at least 1 row, found " + size);
        }
        this.size = size;
        this.seeds = seeds;
        permutation = new int[size];
    }

    /// Row of the data set at `position`, counted over all epochs from 0.
    public int at(long position) {
        long wanted = position / size;
        if (wanted != epoch) {
            shuffle(wanted);
        }
        return permutation[(int) (position % size)];
    }

    private void shuffle(long wanted) {
        RandomGenerator random = seeds.stream("data order", wanted);
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            permutation[i] = permutation[j];
            permutation[j] = i;
        }
        epoch = wanted;
    }
}
