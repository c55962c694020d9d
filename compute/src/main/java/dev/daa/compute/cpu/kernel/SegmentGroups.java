package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Batch;
import dev.daa.compute.Capacity;

/// The segments of a batch, grouped: a prefix comes first, followed by the segments that continue it; a segment without
/// either is a group of its own. Groups share nothing, so that they can be computed in parallel.
public final class SegmentGroups {
    private final int[] groupOf;
    private final int[] order;
    private final int[] groupStart;
    private int groups;

    SegmentGroups(Capacity capacity) {
        groupOf = new int[capacity.segments()];
        order = new int[capacity.segments()];
        groupStart = new int[capacity.segments() + 2];
    }

    /// Groups the segments of this batch, in the order of their first segments.
    public void assign(Batch batch) {
        groups = 0;
        for (int segment = 0; segment < batch.segments(); segment++) {
            int prefix = batch.segmentPrefix[segment];
            groupOf[segment] = prefix < 0 ? groups++ : groupOf[prefix];
        }
        // groupStart[g + 2] counts group g, then groupStart[g + 1] is the next free place of group g, at last its end.
        java.util.Arrays.fill(groupStart, 0, groups + 2, 0);
        for (int segment = 0; segment < batch.segments(); segment++) {
            groupStart[groupOf[segment] + 2]++;
        }
        for (int group = 2; group < groups + 2; group++) {
            groupStart[group] += groupStart[group - 1];
        }
        for (int segment = 0; segment < batch.segments(); segment++) {
            order[groupStart[groupOf[segment] + 1]++] = segment;
        }
    }

    int count() {
        return groups;
    }

    int first(int group) {
        return groupStart[group];
    }

    int end(int group) {
        return groupStart[group + 1];
    }

    /// The segment at a place from [#first] to [#end].
    int segment(int place) {
        return order[place];
    }
}
