package dev.daa.compute;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Appends the forward ops of a segment to the backward pass once more, those that the segment's own backward ops need,
/// with tensors of their own. The tensors that come from before the segment are the ones that are kept.
final class Recomputation {
    private final Graph graph;
    private final List<Op.Forward> segment;
    private final Map<Tensor, Tensor> again = new HashMap<>();

    Recomputation(Graph graph, List<Op.Forward> segment) {
        this.graph = graph;
        this.segment = segment;
    }

    /// @return the new tensor for each tensor of the segment that is computed again
    Map<Tensor, Tensor> append() {
        Set<Tensor> needed = new HashSet<>();
        segment.forEach(op -> needed.addAll(readByBackward(op)));
        Set<Tensor> wanted = wanted(needed);
        for (Op.Forward op : segment) {
            if (Access.of(op).writes().stream().anyMatch(wanted::contains)) {
                graph.recordBackward(copy(op));
            }
        }
        return again;
    }

    /// What must be computed so that `needed` can be: from the last op to the first, the inputs of what is wanted.
    private Set<Tensor> wanted(Set<Tensor> needed) {
        Set<Tensor> wanted = new HashSet<>(needed);
        for (Op.Forward op : segment.reversed()) {
            Access access = Access.of(op);
            if (access.writes().stream().anyMatch(wanted::contains)) {
                wanted.addAll(access.reads());
            }
        }
        return wanted;
    }

    /// Tensors of the forward pass that an op's backward op reads.
    private static List<Tensor> readByBackward(Op.Forward op) {
        return switch (op) {
            case Op.LayerNorm norm -> List.of(norm.in(), norm.statistics());
            case Op.RmsNorm norm -> List.of(norm.in(), norm.statistics());
            case Op.Linear linear -> List.of(linear.in());
            case Op.AddLinear added -> List.of(added.in());
            case Op.Rotary _, Op.Embedding _ -> List.of();
            case Op.Attention attention -> List.of(attention.qkv(), attention.out(), attention.logSumExp());
            case Op.Gelu gelu -> List.of(gelu.in());
            case Op.SwiGlu swiGlu -> List.of(swiGlu.gateAndUp());
            case Op.CachedAttention _,
                    Op.Gather _,
                    Op.TokenLogProb _,
                    Op.ScalarHead _,
                    Op.TokenKl _,
                    Op.TokenConcentration _,
                    Op.Sample _ -> throw notOfBlocks(op);
        };
    }

    private Op.Forward copy(Op.Forward op) {
        return switch (op) {
            case Op.LayerNorm(Tensor in, var weight, var bias, float epsilon, Tensor out, Tensor statistics) ->
                new Op.LayerNorm(value(in), weight, bias, epsilon, fresh(out), fresh(statistics));
            case Op.RmsNorm(Tensor in, var weight, float epsilon, Tensor out, Tensor statistics) ->
                new Op.RmsNorm(value(in), weight, epsilon, fresh(out), fresh(statistics));
            case Op.Linear(Tensor in, var weight, var bias, var residual, Tensor out) ->
                new Op.Linear(value(in), weight, bias, residual == null ? null : value(residual), fresh(out));
            case Op.AddLinear(Tensor in, var weight, float scale, int first, Tensor out) ->
                new Op.AddLinear(value(in), weight, scale, first, value(out));
            case Op.Rotary(Tensor qkv, var shape, int rotarySize, float base) ->
                new Op.Rotary(value(qkv), shape, rotarySize, base);
            case Op.Attention(Tensor qkv, var shape, Tensor out, Tensor logSumExp) ->
                new Op.Attention(value(qkv), shape, fresh(out), fresh(logSumExp));
            case Op.Gelu(Tensor in, var form, Tensor out) -> new Op.Gelu(value(in), form, fresh(out));
            case Op.SwiGlu(Tensor gateAndUp, Tensor out) -> new Op.SwiGlu(value(gateAndUp), fresh(out));
            case Op.Embedding _,
                    Op.CachedAttention _,
                    Op.Gather _,
                    Op.TokenLogProb _,
                    Op.ScalarHead _,
                    Op.TokenKl _,
                    Op.TokenConcentration _,
                    Op.Sample _ -> throw notOfBlocks(op);
        };
    }

    private static IllegalArgumentException notOfBlocks(Op op) {
        return new IllegalArgumentException(op + " is in a segment, but cannot be computed again");
    }

    private Tensor value(Tensor tensor) {
        return again.getOrDefault(tensor, tensor);
    }

    private Tensor fresh(Tensor tensor) {
        Tensor fresh = graph.tensor("again." + tensor.name(), tensor.extent(), tensor.width());
        again.put(tensor, fresh);
        return fresh;
    }
}
