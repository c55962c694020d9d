package dev.daa.train.data;

import dev.daa.train.run.Seeds;
import java.util.List;

/// Training examples by position: a finite data set, shuffled anew each epoch, or an endless source whose
/// example at a position is a function of the position.
@FunctionalInterface
public interface Examples<T> {
    /// The example at `position`, counted from 0 over the whole run.
    T at(long position);

    /// A finite data set in shuffled epochs.
    static <T> Examples<T> shuffled(List<T> rows, Seeds seeds) {
        EpochOrder order = new EpochOrder(rows.size(), seeds);
        return position -> rows.get(order.at(position));
    }

    /// A finite data set in its own order, again and again.
    static <T> Examples<T> inOrder(List<T> rows) {
        return position -> rows.get((int) (position % rows.size()));
    }
}
