package dev.daa.tornado.lowering;

import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.tornado.kernel.AddLinearKernel;
import dev.daa.tornado.kernel.Tables;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Turns linear maps into launches: products for whole layers, kernels of their own for the adapters added to them.
final class LinearLowering {
    private final Buffers buffers;
    private final Capacity capacity;
    private final IntArray ints;
    private final KernelContext context;

    LinearLowering(Buffers buffers, Capacity capacity) {
        this.buffers = buffers;
        this.capacity = capacity;
        ints = buffers.tables().ints;
        context = buffers.context();
    }

    List<Launch> linear(Op.Linear op) {
        int in = op.in().width();
        FloatArray out = buffers.of(op.out());
        Product product = new Product("linear", ints, buffers.of(op.in()), buffers.value(op.weight()), out)
                .rows(op.in().rows(capacity), Tables.count(op.in().extent()))
                .columns(op.out().width())
                .depth(in)
                .a(in, 1)
                .b(1, in);
        if (op.bias() != null) {
            product.bias(buffers.value(op.bias()));
        }
        if (op.residual() != null) {
            product.residual(buffers.of(op.residual()));
        }
        return product.launches(buffers);
    }

    List<Launch> linearBackward(Op.LinearBackward op) {
        List<Launch> launches = new ArrayList<>();
        int in = op.in().width();
        int out = op.dOut().width();
        int count = Tables.count(op.in().extent());
        int rows = op.in().rows(capacity);
        if (buffers.trains(op.weight())) {
            launches.addAll(new Product(
                            "linearWeight",
                            ints,
                            buffers.of(op.dOut()),
                            buffers.of(op.in()),
                            buffers.gradient(op.weight()))
                    .rows(out)
                    .columns(in)
                    .depth(rows, count)
                    .a(1, out)
                    .b(in, 1)
                    .accumulate(true)
                    .launches(buffers));
        }
        Product input = new Product(
                        "linearInput", ints, buffers.of(op.dOut()), buffers.value(op.weight()), buffers.of(op.dIn()))
                .rows(rows, count)
                .columns(in)
                .depth(out)
                .a(out, 1)
                .b(in, 1)
                .accumulate(op.accumulate());
        launches.addAll((buffers.trains(op.weight()) ? input.sameA() : input).launches(buffers));
        if (op.bias() != null && buffers.trains(op.bias())) {
            launches.addAll(
                    ColumnSums.of(buffers, ints, buffers.of(op.dOut()), buffers.gradient(op.bias()), count, out, out));
        }
        return launches;
    }

    Launch addLinear(Op.AddLinear op) {
        return Launch.of(
                "addLinear",
                Grid.lanes((long) op.in().rows(capacity) * op.weight().rows()),
                AddLinearKernel::forward,
                context,
                ints,
                buffers.of(op.in()),
                buffers.value(op.weight()),
                buffers.of(op.out()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.weight().rows(),
                op.first(),
                op.out().width(),
                op.scale());
    }

    List<Launch> addLinearBackward(Op.AddLinearBackward op) {
        List<Launch> launches = new ArrayList<>();
        if (buffers.trains(op.weight())) {
            int size = op.weight().size();
            FloatArray parts = buffers.columnParts(size, 0);
            launches.add(Launch.of(
                    "addLinearParts",
                    ColumnSums.lanes(size),
                    AddLinearKernel::parameterParts,
                    context,
                    ints,
                    buffers.of(op.dOut()),
                    buffers.of(op.in()),
                    parts,
                    Tables.count(op.in().extent()),
                    op.in().width(),
                    op.weight().rows(),
                    op.first(),
                    op.dOut().width(),
                    op.scale()));
            launches.add(ColumnSums.totals(buffers, parts, buffers.gradient(op.weight()), size));
        }
        launches.add(Launch.of(
                "addLinearInput",
                Grid.lanes((long) op.dIn().rows(capacity) * op.dIn().width()),
                AddLinearKernel::backward,
                context,
                ints,
                buffers.of(op.dOut()),
                buffers.value(op.weight()),
                buffers.of(op.dIn()),
                Tables.count(op.in().extent()),
                op.in().width(),
                op.weight().rows(),
                op.first(),
                op.dOut().width(),
                op.scale()));
        return launches;
    }
}
