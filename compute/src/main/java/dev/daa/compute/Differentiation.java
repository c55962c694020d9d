package dev.daa.compute;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reverse-mode differentiation of a [Graph]: walks the forward ops from the last to the first and appends each
/// one's backward op. The first derivative that reaches a tensor overwrites its gradient, later ones add to it.
/// The derivative of a residual input is the output's own gradient tensor, reused in place where nothing has
/// reached the input before.
final class Differentiation {
    private final Graph graph;
    private final boolean recompute;
    private final Set<Tensor> varying;
    private final Map<Tensor, Tensor> gradients = new HashMap<>();
    /// Tensors of the segment that is differentiated, by the tensors of the forward pass.
    private Map<Tensor, Tensor> again = Map.of();

    Differentiation(Graph graph, boolean recompute) {
        this.graph = graph;
        this.recompute = recompute;
        varying = varying(graph);
    }

    /// Tensors that a derivative is wanted of: those that no op writes, and those that depend on them or on trained
    /// parameters.
    private static Set<Tensor> varying(Graph graph) {
        Set<Tensor> written = new HashSet<>();
        Set<Tensor> varying = new HashSet<>();
        for (Op.Forward op : graph.forward()) {
            Access access = Access.of(op);
            for (Tensor tensor : access.reads()) {
                if (!written.contains(tensor)) {
                    varying.add(tensor);
                }
            }
            if (hasTrainedParameter(graph, op) || access.reads().stream().anyMatch(varying::contains)) {
                varying.addAll(access.writes());
            }
            written.addAll(access.writes());
        }
        return varying;
    }

    private static boolean hasTrainedParameter(Graph graph, Op.Forward op) {
        return switch (op) {
            case Op.Embedding embedding -> graph.trains(embedding.table());
            case Op.LayerNorm norm -> graph.trains(norm.weight());
            case Op.RmsNorm norm -> graph.trains(norm.weight());
            case Op.Linear linear -> graph.trains(linear.weight());
            case Op.AddLinear linear -> graph.trains(linear.weight());
            case Op.TokenLogProb head -> graph.trains(head.weight());
            case Op.ScalarHead head -> graph.trains(head.weight());
            case Op.TokenKl heads -> graph.trains(heads.weight()) || graph.trains(heads.otherWeight());
            case Op.TokenConcentration head -> graph.trains(head.weight());
            case Op.Rotary _, Op.Attention _, Op.CachedAttention _, Op.Gelu _, Op.SwiGlu _, Op.Gather _, Op.Sample _ ->
                false;
        };
    }

    void append(List<Tensor> outputs) {
        for (Tensor output : outputs) {
            graph.gradient(output, newGradient(output));
        }
        List<Op.Forward> forward = graph.forward();
        int end = forward.size();
        for (int segment = graph.segments().size() - 1; segment >= 0; segment--) {
            int start = graph.segments().get(segment);
            // What follows the last mark is needed at once.
            boolean isLast = segment == graph.segments().size() - 1;
            appendBackward(forward.subList(start, end), recompute && !isLast);
            end = start;
        }
        appendBackward(forward.subList(0, end), false);
    }

    private void appendBackward(List<Op.Forward> segment, boolean computedAgain) {
        // A segment that no derivative reaches, such as one of a held model, is not needed again.
        boolean reached =
                segment.stream().flatMap(op -> Access.of(op).writes().stream()).anyMatch(gradients::containsKey);
        again = computedAgain && reached ? new Recomputation(graph, segment).append() : Map.of();
        for (Op.Forward op : segment.reversed()) {
            if (hasTrainedParameter(graph, op) || Access.of(op).reads().stream().anyMatch(varying::contains)) {
                appendBackward(op);
            }
        }
        again = Map.of();
    }

    /// The tensor with the values of a tensor of the forward pass.
    private Tensor value(Tensor tensor) {
        return again.getOrDefault(tensor, tensor);
    }

    private void appendBackward(Op.Forward op) {
        switch (op) {
            case Op.Embedding(Parameter table, Parameter positions, Tensor out) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    graph.recordBackward(new Op.EmbeddingBackward(dOut, table, positions));
                }
            }
            case Op.LayerNorm(Tensor in, Parameter weight, Parameter bias, float _, Tensor out, Tensor statistics) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    boolean accumulate = gradients.containsKey(in);
                    graph.recordBackward(new Op.LayerNormBackward(
                            value(in), weight, bias, value(statistics), dOut, gradientOf(in), accumulate));
                }
            }
            case Op.RmsNorm(Tensor in, Parameter weight, float _, Tensor out, Tensor statistics) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    boolean accumulate = gradients.containsKey(in);
                    graph.recordBackward(new Op.RmsNormBackward(
                            value(in), weight, value(statistics), dOut, gradientOf(in), accumulate));
                }
            }
            case Op.Linear(Tensor in, Parameter weight, Parameter bias, Tensor residual, Tensor out) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    boolean accumulate = gradients.containsKey(in);
                    graph.recordBackward(
                            new Op.LinearBackward(value(in), weight, bias, dOut, gradientOf(in), accumulate));
                    if (residual != null && varying.contains(residual)) {
                        passResidual(dOut, residual);
                    }
                }
            }
            case Op.AddLinear(Tensor in, Parameter weight, float scale, int first, Tensor out) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    graph.recordBackward(
                            new Op.AddLinearBackward(value(in), weight, scale, first, dOut, onlyGradientOf(in)));
                }
            }
            case Op.Rotary(Tensor qkv, AttentionShape shape, int rotarySize, float base) -> {
                Tensor dQkv = gradients.get(qkv);
                if (dQkv != null) {
                    graph.recordBackward(new Op.RotaryBackward(dQkv, shape, rotarySize, base));
                }
            }
            case Op.Attention(Tensor qkv, AttentionShape shape, Tensor out, Tensor logSumExp) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    graph.recordBackward(new Op.AttentionBackward(
                            value(qkv), shape, value(out), value(logSumExp), dOut, onlyGradientOf(qkv)));
                }
            }
            case Op.Gelu(Tensor in, Op.GeluForm form, Tensor out) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    graph.recordBackward(new Op.GeluBackward(value(in), form, dOut, onlyGradientOf(in)));
                }
            }
            case Op.SwiGlu(Tensor gateAndUp, Tensor out) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    graph.recordBackward(new Op.SwiGluBackward(value(gateAndUp), dOut, onlyGradientOf(gateAndUp)));
                }
            }
            case Op.TokenLogProb(Tensor hidden, Parameter weight, Tensor logProb, Tensor entropy, Tensor logSumExp) -> {
                Tensor dLogProb = gradients.get(logProb);
                if (gradients.containsKey(logSumExp)) {
                    throw notDifferentiable(op);
                }
                if (dLogProb == null && gradients.containsKey(entropy)) {
                    throw new IllegalArgumentException(
                            entropy + " alone has no derivative: name " + logProb + " beside it");
                }
                if (dLogProb != null) {
                    boolean accumulate = gradients.containsKey(hidden);
                    graph.recordBackward(new Op.TokenLogProbBackward(
                            hidden,
                            weight,
                            entropy,
                            logSumExp,
                            dLogProb,
                            gradients.get(entropy),
                            gradientOf(hidden),
                            accumulate));
                }
            }
            case Op.ScalarHead(Tensor hidden, Parameter weight, Tensor out) -> {
                Tensor dOut = gradients.get(out);
                if (dOut != null) {
                    boolean accumulate = gradients.containsKey(hidden);
                    graph.recordBackward(
                            new Op.ScalarHeadBackward(hidden, weight, dOut, gradientOf(hidden), accumulate));
                }
            }
            case Op.CachedAttention decoding -> throw notDifferentiable(decoding);
            case Op.Gather gather -> throw notDifferentiable(gather);
            case Op.TokenKl divergence -> {
                Tensor dOut = gradients.get(divergence.out());
                if (dOut != null) {
                    appendBackward(divergence, dOut);
                }
            }
            case Op.TokenConcentration concentration -> {
                if (Access.of(concentration).writes().stream().anyMatch(gradients::containsKey)) {
                    throw notDifferentiable(concentration);
                }
            }
            case Op.Sample sample -> throw notDifferentiable(sample);
        }
    }

    private void appendBackward(Op.TokenKl op, Tensor dOut) {
        if (graph.trains(op.weight()) || varying.contains(op.hidden())) {
            throw notDifferentiable(op);
        }
        boolean accumulate = gradients.containsKey(op.otherHidden());
        graph.recordBackward(new Op.TokenKlBackward(
                op.hidden(),
                op.weight(),
                op.otherHidden(),
                op.otherWeight(),
                op.logSumExp(),
                op.otherLogSumExp(),
                dOut,
                gradientOf(op.otherHidden()),
                accumulate));
    }

    private void passResidual(Tensor dOut, Tensor residual) {
        Tensor dResidual = gradients.get(residual);
        if (dResidual == null) {
            gradients.put(residual, dOut);
        } else {
            graph.recordBackward(new Op.Accumulate(dOut, dResidual));
        }
    }

    private Tensor gradientOf(Tensor tensor) {
        Tensor gradient = gradients.get(tensor);
        return gradient == null ? newGradient(tensor) : gradient;
    }

    private Tensor onlyGradientOf(Tensor tensor) {
        if (gradients.containsKey(tensor)) {
            throw new IllegalArgumentException(
                    tensor + " has a second reader, its backward op would overwrite a derivative");
        }
        return newGradient(tensor);
    }

    private Tensor newGradient(Tensor tensor) {
        Tensor gradient = graph.tensor("d." + tensor.name(), tensor.extent(), tensor.width());
        gradients.put(tensor, gradient);
        return gradient;
    }

    private static IllegalArgumentException notDifferentiable(@Nullable Op op) {
        return new IllegalArgumentException(op + " has no derivative");
    }
}
