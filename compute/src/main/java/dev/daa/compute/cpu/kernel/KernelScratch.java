package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.Op;
import dev.daa.compute.Parameter;
import dev.daa.compute.Tensor;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.PackedMatrix;
import dev.daa.compute.cpu.product.Packing;
import dev.daa.compute.cpu.product.ProductScratch;
import java.util.HashSet;
import java.util.Set;

/// How many fp32 values the kernels of a program take beside its tensors: blocks packed for products, attention's rows
/// of one head for each thread, partial sums, weights packed for decoding. Counted before anything is allocated, at
/// the program's capacity.
public final class KernelScratch {
    private final Capacity capacity;
    private final int threads;
    private final boolean decoding;
    private final boolean trains;
    private final Set<Object> counted = new HashSet<>();
    private final ProductScratch products;
    private long sum;

    private KernelScratch(Graph graph, Capacity capacity, int threads) {
        this.capacity = capacity;
        this.threads = threads;
        products = new ProductScratch(threads);
        decoding = graph.decodes();
        trains = !graph.backward().isEmpty();
        graph.forward().forEach(op -> count(op, graph));
        graph.backward().forEach(op -> count(op, graph));
    }

    public static long values(Graph graph, Capacity capacity, int threads) {
        KernelScratch scratch = new KernelScratch(graph, capacity, threads);
        return scratch.sum + scratch.products.values() + (long) threads * Packing.scratchSize();
    }

    private void count(Op op, Graph graph) {
        switch (op) {
            case Op.Linear(Tensor in, Parameter weight, var _, var _, var _) -> {
                if (!decoding) {
                    products.add(in.rows(capacity), weight.rows(), weight.columns(), false);
                } else if (counted.add(weight)) {
                    sum += PackedMatrix.size(weight.columns(), weight.rows());
                }
            }
            case Op.LinearBackward(Tensor in, Parameter weight, var _, var _, var _, var _) ->
                derivatives(in.rows(capacity), weight, graph);
            case Op.AddLinear(Tensor in, Parameter weight, var _, var _, var _) -> {
                products.add(in.rows(capacity), weight.rows(), weight.columns(), false);
                scaled(in);
            }
            case Op.AddLinearBackward(Tensor in, Parameter weight, var _, var _, var _, var _) -> {
                derivatives(in.rows(capacity), weight, graph);
                scaled(in);
            }
            case Op.TokenLogProb head -> {
                products.add(
                        capacity.targets(), head.weight().rows(), head.weight().columns(), false);
                sum += 3L * capacity.targets();
            }
            case Op.TokenLogProbBackward head ->
                derivatives(Math.min(capacity.targets(), HeadLogits.ROWS), head.weight(), graph);
            case Op.TokenKl heads -> {
                products.add(
                        capacity.targets(),
                        heads.weight().rows(),
                        heads.weight().columns(),
                        false);
                products.add(
                        capacity.targets(),
                        heads.otherWeight().rows(),
                        heads.otherWeight().columns(),
                        false);
                sum += 5L * capacity.targets();
            }
            case Op.TokenKlBackward heads ->
                derivatives(Math.min(capacity.targets(), HeadLogits.ROWS), heads.otherWeight(), graph);
            // The targets' hidden rows, running sums, and the largest logits.
            case Op.TokenConcentration head -> {
                Parameter weight = head.weight();
                products.add(capacity.targets(), weight.rows(), weight.columns(), false);
                sum += (weight.columns() + 3L + Math.min(head.top(), weight.rows())) * capacity.targets();
            }
            case Op.LayerNormBackward norm -> partialSums(norm.in(), 2);
            case Op.RmsNormBackward norm -> partialSums(norm.in(), 1);
            case Op.Attention attention -> attention(attention.shape().headSize());
            case Op.CachedAttention attention -> {
                long scores = CachedAttentionKernel.scoresSize(attention.shape(), capacity.cacheRows());
                if (counted.add("cached attention " + scores)) {
                    sum += threads * scores;
                }
            }
            case Op.Rotary rotary -> {
                if (counted.add("rotary " + rotary.rotarySize() + " " + rotary.base())) {
                    sum += (long) rotary.rotarySize() * Math.max(1, Math.max(capacity.rows(), capacity.cacheRows()));
                }
            }
            // A probability and a place in the order, a long, of every token.
            case Op.Sample sample -> sum += 3L * threads * sample.logits().width();
            case Op.Embedding _,
                    Op.LayerNorm _,
                    Op.RmsNorm _,
                    Op.Gelu _,
                    Op.SwiGlu _,
                    Op.Gather _,
                    Op.ScalarHead _,
                    Op.EmbeddingBackward _,
                    Op.RotaryBackward _,
                    Op.AttentionBackward _,
                    Op.GeluBackward _,
                    Op.SwiGluBackward _,
                    Op.ScalarHeadBackward _,
                    Op.Accumulate _,
                    Op.Update _ -> {}
        }
    }

    private void derivatives(int rows, Parameter weight, Graph graph) {
        products.add(rows, weight.columns(), weight.rows(), false);
        if (graph.trains(weight)) {
            products.add(weight.rows(), weight.columns(), rows, true);
        }
    }

    private void scaled(Tensor in) {
        if (counted.add("scaled " + in.extent() + " " + in.width())) {
            sum += (long) in.rows(capacity) * in.width();
        }
    }

    private void partialSums(Tensor in, int vectors) {
        int rows = in.rows(capacity);
        sum += (long) Workers.chunks(rows, RowKernel.chunkOf(in.width())) * vectors * in.width();
    }

    private void attention(int headSize) {
        if (counted.add("attention " + headSize)) {
            sum += threads * AttentionScratch.values(capacity.rows(), headSize, trains);
        }
    }
}
