package dev.daa.tornado.lowering;

import dev.daa.compute.Access;
import dev.daa.compute.Capacity;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import dev.daa.tornado.kernel.DivergenceKernel;
import dev.daa.tornado.kernel.ElementKernel;
import dev.daa.tornado.kernel.HeadKernel;
import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.Tables;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Turns the ops of language heads into launches, which run for one block of targets after the other.
final class HeadLowering {
    /// @param scatter brings the derivatives of all targets' hidden rows to their rows, once the blocks have run
    record Gradient(Lowering.Blocks blocks, Launch scatter) {}

    /// Heads that run block by block together.
    private final class Together {
        private final IntArray block = Memory.ints(2);
        private final List<Launch> launches = new ArrayList<>();
        private final Set<Buffers.Head> formed = Collections.newSetFromMap(new IdentityHashMap<>());
        private int rows;

        /// Forms the block's logits, once.
        void form(Buffers.Head head, Tensor hidden, Parameter weight) {
            if (formed.add(head)) {
                launches.addAll(logits(hidden, weight, block, head));
                rows = HeadLowering.this.rows(head);
            }
        }
    }

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

    /// Targets of a block.
    private int rows(Buffers.Head head) {
        return Math.min(head.blockRows(), Math.max(1, capacity.targets()));
    }

    /// Hidden rows of the block's targets, and their logits, those of the rows of 0 behind the vocabulary included.
    private List<Launch> logits(Tensor hidden, Parameter weight, IntArray block, Buffers.Head head) {
        List<Launch> launches = new ArrayList<>();
        int width = hidden.width();
        launches.add(Launch.of(
                "headRows",
                Grid.lanes((long) rows(head) * width),
                HeadKernel::gather,
                context,
                ints,
                block,
                buffers.of(hidden),
                head.rows(),
                tables.targetRow,
                rows(head),
                width));
        launches.addAll(new Product("headLogits", block, head.rows(), buffers.value(weight), head.logits())
                .rows(rows(head), HeadKernel.COUNT)
                .columns(head.stride())
                .depth(width)
                .a(width, 1)
                .b(1, width)
                .c(head.stride())
                .launches(buffers));
        return launches;
    }

    /// Neighbouring heads of the forward pass. Where no backward pass turns logits into their derivatives, heads of
    /// the same rows and weight read the same logits: they run block by block together, unless what one writes lies
    /// where another still reads.
    List<Lowering.Blocks> forward(List<? extends Op> heads) {
        List<Lowering.Blocks> blocks = new ArrayList<>();
        List<Op> together = new ArrayList<>();
        for (Op head : heads) {
            if (!together.isEmpty() && (buffers.learns() || !canJoin(head, together))) {
                blocks.add(together(together));
                together.clear();
            }
            together.add(head);
        }
        blocks.add(together(together));
        return blocks;
    }

    private boolean canJoin(Op head, List<Op> others) {
        List<FloatArray> read = others.stream()
                .flatMap(other -> Access.of(other).reads().stream())
                .map(buffers::of)
                .toList();
        return vocabulary(head) == vocabulary(others.getFirst())
                && Access.of(head).writes().stream()
                        .map(buffers::of)
                        .noneMatch(written -> read.stream().anyMatch(array -> array == written));
    }

    /// Whether the op is a language head of the forward pass.
    static boolean isHead(Op op) {
        return op instanceof Op.TokenLogProb || op instanceof Op.TokenKl || op instanceof Op.TokenConcentration;
    }

    private static int vocabulary(Op head) {
        return switch (head) {
            case Op.TokenLogProb op -> op.weight().rows();
            case Op.TokenKl op -> op.weight().rows();
            case Op.TokenConcentration op -> op.weight().rows();
            default -> throw new IllegalArgumentException(head + " is no language head");
        };
    }

    private Lowering.Blocks together(List<Op> ops) {
        Together blocks = new Together();
        for (Op op : ops) {
            switch (op) {
                case Op.TokenLogProb head -> tokenLogProb(head, blocks);
                case Op.TokenKl divergence -> tokenKl(divergence, blocks);
                case Op.TokenConcentration concentration -> tokenConcentration(concentration, blocks);
                default -> throw new IllegalArgumentException(op + " is no language head");
            }
        }
        return new Lowering.Blocks(blocks.launches, blocks.block, blocks.rows);
    }

    /// What logits are told apart by: where a backward pass follows, each head has its own.
    private Object identity(Tensor result, Tensor hidden, Parameter weight) {
        return buffers.learns() ? result : List.of(hidden, weight);
    }

    private void tokenLogProb(Op.TokenLogProb op, Together blocks) {
        Buffers.Head head = buffers.head(identity(op.logSumExp(), op.hidden(), op.weight()), op.weight());
        blocks.form(head, op.hidden(), op.weight());
        blocks.launches.add(Launch.of(
                "head",
                Grid.groups(rows(head), HeadKernel.GROUP),
                HeadKernel::forward,
                context,
                ints,
                blocks.block,
                tables.floats,
                head.logits(),
                buffers.of(op.logProb()),
                buffers.of(op.entropy()),
                buffers.of(op.logSumExp()),
                tables.targetToken,
                op.weight().rows(),
                head.stride()));
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
                Grid.lanes((long) rows(head) * head.stride()),
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
                rows(head),
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
                    .depth(rows(head), HeadKernel.COUNT)
                    .a(1, head.stride())
                    .b(width, 1)
                    .accumulate(true)
                    .launches(buffers));
        }
        // The block's hidden rows have served; their derivatives take their place.
        Product input = new Product("headInput", block, head.logits(), buffers.value(weight), head.rows())
                .rows(rows(head), HeadKernel.COUNT)
                .columns(width)
                .depth(head.stride())
                .a(head.stride(), 1)
                .b(width, 1);
        launches.addAll((buffers.trains(weight) ? input.sameA() : input).launches(buffers));
        FloatArray all = buffers.targetRows(head, width);
        if (!head.kept()) {
            launches.add(Launch.of(
                    "headPut",
                    Grid.lanes((long) rows(head) * width),
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
        return new Gradient(new Lowering.Blocks(launches, block, rows(head)), scatter);
    }

    private void tokenKl(Op.TokenKl op, Together blocks) {
        boolean same = op.hidden().equals(op.otherHidden()) && op.weight().equals(op.otherWeight());
        Buffers.Head head = buffers.head(identity(op.logSumExp(), op.hidden(), op.weight()), op.weight());
        Buffers.Head other = buffers.head(
                same ? op.otherLogSumExp() : identity(op.otherLogSumExp(), op.otherHidden(), op.otherWeight()),
                op.otherWeight());
        blocks.form(head, op.hidden(), op.weight());
        blocks.form(other, op.otherHidden(), op.otherWeight());
        blocks.launches.add(Launch.of(
                "divergence",
                Grid.groups(rows(head), HeadKernel.GROUP),
                HeadKernel::divergence,
                context,
                blocks.block,
                tables.floats,
                head.logits(),
                other.logits(),
                buffers.of(op.out()),
                buffers.of(op.logSumExp()),
                buffers.of(op.otherLogSumExp()),
                op.weight().rows(),
                head.stride()));
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
                Grid.lanes((long) rows(other) * other.stride()),
                DivergenceKernel::derivative,
                context,
                block,
                tables.floats,
                head.logits(),
                other.logits(),
                buffers.of(op.logSumExp()),
                buffers.of(op.otherLogSumExp()),
                buffers.of(op.dOut()),
                rows(other),
                op.otherWeight().rows(),
                other.stride()));
        return gradient(launches, block, other, op.otherWeight(), op.dOtherHidden(), op.accumulate());
    }

    private void tokenConcentration(Op.TokenConcentration op, Together blocks) {
        Buffers.Head head = buffers.passingHead(identity(op.logCollision(), op.hidden(), op.weight()), op.weight());
        blocks.form(head, op.hidden(), op.weight());
        blocks.launches.add(Launch.of(
                "collision",
                Grid.groups(rows(head), HeadKernel.GROUP),
                DivergenceKernel::collision,
                context,
                blocks.block,
                tables.floats,
                head.logits(),
                buffers.of(op.logCollision()),
                op.weight().rows(),
                head.stride()));
        if (op.topEntropy() != null && op.topMass() != null) {
            blocks.launches.add(Launch.of(
                    "likeliest",
                    Grid.groups(rows(head), HeadKernel.GROUP),
                    DivergenceKernel::likeliest,
                    context,
                    blocks.block,
                    tables.floats,
                    head.logits(),
                    buffers.of(op.topEntropy()),
                    buffers.of(op.topMass()),
                    op.weight().rows(),
                    head.stride(),
                    Math.min(op.top(), op.weight().rows())));
        }
    }
}
