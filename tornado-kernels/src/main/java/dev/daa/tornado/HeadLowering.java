package dev.daa.tornado;

import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Turns the ops of language heads into launches, which run for one block of targets after the other.
final class HeadLowering {
    /// @param scatter brings the derivatives of all targets' hidden rows to their rows, once the blocks have run
    record Gradient(Lowering.Blocks blocks, Launch scatter) {}

    private final Buffers buffers;
    private final Capacity capacity;
    private final Tables tables;
    private final IntArray ints;
    private final KernelContext context;

    HeadLowering(Buffers buffers, Capacity capacity) {
        this.buffers = buffers;
        this.capacity = capacity;
        tables = buffers.tables();
        ints = tables.ints;
        context = buffers.context();
    }

    /// Hidden rows of the block's targets, and their logits, those of the rows of 0 behind the vocabulary included.
    private List<Launch> logits(Tensor hidden, Parameter weight, IntArray block, Buffers.Head head) {
        List<Launch> launches = new ArrayList<>();
        int width = hidden.width();
        launches.add(Launch.of(
                "headRows",
                Grid.lanes((long) head.blockRows() * width),
                HeadKernel::gather,
                context,
                ints,
                block,
                buffers.of(hidden),
                head.rows(),
                tables.targetRow,
                head.blockRows(),
                width));
        launches.addAll(new Product("headLogits", block, head.rows(), buffers.value(weight), head.logits())
                .rows(head.blockRows(), HeadKernel.COUNT)
                .columns(head.stride())
                .depth(width)
                .a(width, 1)
                .b(1, width)
                .c(head.stride())
                .launches(buffers));
        return launches;
    }

    Lowering.Blocks tokenLogProb(Op.TokenLogProb op) {
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        List<Launch> launches = logits(op.hidden(), op.weight(), head.block(), head);
        launches.add(Launch.of(
                "head",
                Grid.groups(head.blockRows(), HeadKernel.GROUP),
                HeadKernel::forward,
                context,
                ints,
                head.block(),
                tables.floats,
                head.logits(),
                buffers.of(op.logProb()),
                buffers.of(op.entropy()),
                buffers.of(op.logSumExp()),
                tables.targetToken,
                op.weight().rows(),
                head.stride()));
        return new Lowering.Blocks(launches, head.block(), head.blockRows());
    }

    Gradient tokenLogProbBackward(Op.TokenLogProbBackward op) {
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        IntArray block = Memory.ints(2);
        int vocabulary = op.weight().rows();
        List<Launch> launches = new ArrayList<>();
        if (!head.kept()) {
            launches.addAll(logits(op.hidden(), op.weight(), block, head));
        }
        launches.add(Launch.of(
                "headDerivative",
                Grid.lanes((long) head.blockRows() * head.stride()),
                HeadKernel::derivative,
                context,
                ints,
                block,
                tables.floats,
                head.logits(),
                buffers.of(op.logSumExp()),
                buffers.of(op.entropy()),
                buffers.of(op.dLogProb()),
                op.dEntropy() == null ? buffers.none() : buffers.of(op.dEntropy()),
                tables.targetToken,
                head.blockRows(),
                vocabulary,
                head.stride(),
                op.dEntropy() == null ? 0 : 1));
        return gradient(launches, block, head, op.weight(), op.dHidden(), op.accumulate());
    }

    /// Carries the derivatives that lie in the place of a head's logits on to its weight and hidden rows.
    private Gradient gradient(
            List<Launch> launches,
            IntArray block,
            Buffers.Head head,
            Parameter weight,
            Tensor dHidden,
            boolean accumulate) {
        int width = dHidden.width();
        int vocabulary = weight.rows();
        if (buffers.trains(weight)) {
            launches.addAll(new Product("headWeight", block, head.logits(), head.rows(), buffers.gradient(weight))
                    .rows(vocabulary)
                    .columns(width)
                    .depth(head.blockRows(), HeadKernel.COUNT)
                    .a(1, head.stride())
                    .b(width, 1)
                    .accumulate(true)
                    .launches(buffers));
        }
        // The block's hidden rows have served; their derivatives take their place.
        launches.addAll(new Product("headInput", block, head.logits(), buffers.value(weight), head.rows())
                .rows(head.blockRows(), HeadKernel.COUNT)
                .columns(width)
                .depth(head.stride())
                .a(head.stride(), 1)
                .b(width, 1)
                .launches(buffers));
        FloatArray all = head.rows();
        if (!head.kept()) {
            all = Memory.floats((long) capacity.targets() * width);
            launches.add(Launch.of(
                    "headPut",
                    Grid.lanes((long) head.blockRows() * width),
                    HeadKernel::put,
                    context,
                    block,
                    head.rows(),
                    all,
                    width));
        }
        Launch scatter = Launch.of(
                "headScatter",
                Grid.lanes((long) dHidden.rows(capacity) * width),
                ElementKernel::scatter,
                context,
                ints,
                all,
                buffers.of(dHidden),
                tables.targetsOfRow.start(),
                tables.targetsOfRow.member(),
                width,
                accumulate ? 1 : 0);
        return new Gradient(new Lowering.Blocks(launches, block, head.blockRows()), scatter);
    }

    Lowering.Blocks tokenKl(Op.TokenKl op) {
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        Buffers.Head other = buffers.head(op.otherLogSumExp(), op.otherWeight());
        List<Launch> launches = logits(op.hidden(), op.weight(), head.block(), head);
        launches.addAll(logits(op.otherHidden(), op.otherWeight(), head.block(), other));
        launches.add(Launch.of(
                "divergence",
                Grid.groups(head.blockRows(), HeadKernel.GROUP),
                HeadKernel::divergence,
                context,
                head.block(),
                tables.floats,
                head.logits(),
                other.logits(),
                buffers.of(op.out()),
                buffers.of(op.logSumExp()),
                buffers.of(op.otherLogSumExp()),
                op.weight().rows(),
                head.stride()));
        return new Lowering.Blocks(launches, head.block(), head.blockRows());
    }

    Gradient tokenKlBackward(Op.TokenKlBackward op) {
        Buffers.Head head = buffers.head(op.logSumExp(), op.weight());
        Buffers.Head other = buffers.head(op.otherLogSumExp(), op.otherWeight());
        IntArray block = Memory.ints(2);
        List<Launch> launches = new ArrayList<>();
        if (!other.kept()) {
            launches.addAll(logits(op.hidden(), op.weight(), block, head));
            launches.addAll(logits(op.otherHidden(), op.otherWeight(), block, other));
        }
        launches.add(Launch.of(
                "divergenceDerivative",
                Grid.lanes((long) other.blockRows() * other.stride()),
                DivergenceKernel::derivative,
                context,
                block,
                tables.floats,
                head.logits(),
                other.logits(),
                buffers.of(op.logSumExp()),
                buffers.of(op.otherLogSumExp()),
                buffers.of(op.dOut()),
                other.blockRows(),
                op.otherWeight().rows(),
                other.stride()));
        return gradient(launches, block, other, op.otherWeight(), op.dOtherHidden(), op.accumulate());
    }

    Lowering.Blocks tokenConcentration(Op.TokenConcentration op) {
        Buffers.Head head = buffers.passingHead(op.logCollision(), op.weight());
        List<Launch> launches = logits(op.hidden(), op.weight(), head.block(), head);
        launches.add(Launch.of(
                "collision",
                Grid.groups(head.blockRows(), HeadKernel.GROUP),
                DivergenceKernel::collision,
                context,
                head.block(),
                tables.floats,
                head.logits(),
                buffers.of(op.logCollision()),
                op.weight().rows(),
                head.stride()));
        if (op.topEntropy() != null && op.topMass() != null) {
            launches.add(Launch.of(
                    "likeliest",
                    Grid.groups(head.blockRows(), HeadKernel.GROUP),
                    DivergenceKernel::likeliest,
                    context,
                    head.block(),
                    tables.floats,
                    head.logits(),
                    buffers.of(op.topEntropy()),
                    buffers.of(op.topMass()),
                    op.weight().rows(),
                    head.stride(),
                    Math.min(op.top(), op.weight().rows())));
        }
        return new Lowering.Blocks(launches, head.block(), head.blockRows());
    }
}
