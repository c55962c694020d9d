package dev.daa.tornado.lowering;

import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.tornado.kernel.Group;
import dev.daa.tornado.kernel.LayerNormKernel;
import dev.daa.tornado.kernel.RmsNormKernel;
import dev.daa.tornado.kernel.Tables;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Turns layer norms and RMS norms into launches: a [Group] for each row, and sums in parts for the gradients.
final class NormLowering {
    private final Buffers buffers;
    private final Capacity capacity;
    private final IntArray ints;
    private final KernelContext context;

    NormLowering(Buffers buffers, Capacity capacity) {
        this.buffers = buffers;
        this.capacity = capacity;
        ints = buffers.tables().ints;
        context = buffers.context();
    }

    Launch layerNorm(Op.LayerNorm op) {
        return Launch.of(
                "layerNorm",
                Grid.groups(op.in().rows(capacity), Group.SIZE),
                LayerNormKernel::forward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.value(op.bias()),
                buffers.of(op.out()),
                buffers.of(op.statistics()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.epsilon());
    }

    List<Launch> layerNormBackward(Op.LayerNormBackward op) {
        List<Launch> launches = new ArrayList<>();
        int count = Tables.count(op.in().extent());
        int width = op.in().width();
        if (buffers.trains(op.weight())) {
            launches.add(Launch.of(
                    "layerNormParts",
                    ColumnSums.lanes(width),
                    LayerNormKernel::parameterParts,
                    context,
                    ints,
                    buffers.of(op.in()),
                    buffers.of(op.statistics()),
                    buffers.of(op.dOut()),
                    buffers.columnParts(width, 0),
                    buffers.columnParts(width, 1),
                    count,
                    width));
            launches.add(
                    ColumnSums.totals(buffers, buffers.columnParts(width, 0), buffers.gradient(op.weight()), width));
            launches.add(ColumnSums.totals(buffers, buffers.columnParts(width, 1), buffers.gradient(op.bias()), width));
        }
        launches.add(Launch.of(
                "layerNormBackward",
                Grid.groups(op.in().rows(capacity), Group.SIZE),
                LayerNormKernel::backward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.statistics()),
                buffers.of(op.dOut()),
                buffers.of(op.dIn()),
                count,
                width,
                op.accumulate() ? 1 : 0));
        return launches;
    }

    Launch rmsNorm(Op.RmsNorm op) {
        return Launch.of(
                "rmsNorm",
                Grid.groups(op.in().rows(capacity), Group.SIZE),
                RmsNormKernel::forward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.out()),
                buffers.of(op.statistics()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.epsilon());
    }

    List<Launch> rmsNormBackward(Op.RmsNormBackward op) {
        List<Launch> launches = new ArrayList<>();
        int count = Tables.count(op.in().extent());
        int width = op.in().width();
        if (buffers.trains(op.weight())) {
            launches.add(Launch.of(
                    "rmsNormParts",
                    ColumnSums.lanes(width),
                    RmsNormKernel::parameterParts,
                    context,
                    ints,
                    buffers.of(op.in()),
                    buffers.of(op.statistics()),
                    buffers.of(op.dOut()),
                    buffers.columnParts(width, 0),
                    count,
                    width));
            launches.add(
                    ColumnSums.totals(buffers, buffers.columnParts(width, 0), buffers.gradient(op.weight()), width));
        }
        launches.add(Launch.of(
                "rmsNormBackward",
                Grid.groups(op.in().rows(capacity), Group.SIZE),
                RmsNormKernel::backward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.statistics()),
                buffers.of(op.dOut()),
                buffers.of(op.dIn()),
                count,
                width,
                op.accumulate() ? 1 : 0));
        return launches;
    }
}
