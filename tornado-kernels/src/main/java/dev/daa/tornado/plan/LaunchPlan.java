package dev.daa.tornado.plan;

import java.lang.foreign.MemorySegment;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/// Where the launches of a program run, over arrays that stay there: [DevicePlan] is a device of TornadoVM's. In tests
/// kernels run on the host as well.
public interface LaunchPlan extends AutoCloseable {
    /// Adds launches that run together, before the plan is opened.
    ///
    /// @param sent arrays that are sent whenever they run, and that no others name
    /// @return their number, for [#run]
    int add(Chunk chunk, Object... sent);

    boolean isOpen();

    /// Makes ready what was added.
    void open();

    /// Runs the launches that were added under that number.
    void run(int number);

    /// Copies an array to the host, if it was ever sent.
    void toHost(Object array);

    /// Writes floats to an array's first places.
    void write(FloatArray array, MemorySegment from, int count);

    @Override
    void close();
}
