package dev.daa.compute;

import org.jspecify.annotations.Nullable;

/// A two-block transformer of odd sizes for tests of whole graphs: every op that training uses.
public final class SmallTransformer {
    /// Architectures that together contain every op.
    public enum Kind {
        /// Learned positions, layer norm, tanh GELU, tied head.
        GPT2,
        /// Rotary positions, parallel residuals, exact GELU.
        NEOX,
        /// Rotary positions, RMS norm, SwiGLU, grouped queries.
        LLAMA
    }

    private static final int WIDTH = 24;
    private static final int INNER = 40;
    private static final int VOCABULARY = 11;

    private final Kind kind;
    private final AttentionShape shape;
    private final ParameterLayout layout = new ParameterLayout("policy");
    private final Parameter embedding;
    private final @Nullable Parameter positions;
    private final Parameter score;
    private final ParameterLayout adapter = new ParameterLayout("adapter");
    private int rank;

    public SmallTransformer(Kind kind) {
        this.kind = kind;
        shape = new AttentionShape(3, kind == Kind.LLAMA ? 1 : 3, 8);
        embedding = layout.add("embedding", VOCABULARY, WIDTH);
        positions = kind == Kind.GPT2 ? layout.add("positions", 200, WIDTH) : null;
        score = layout.add("score", WIDTH);
        for (int block = 0; block < 2; block++) {
            String name = "block." + block;
            layout.add(name + ".norm", WIDTH);
            layout.add(name + ".normBias", WIDTH);
            layout.add(name + ".qkv", shape.packedWidth(), WIDTH);
            layout.add(name + ".qkvBias", shape.packedWidth());
            layout.add(name + ".projection", WIDTH, shape.queryWidth());
            layout.add(name + ".projectionBias", WIDTH);
            layout.add(name + ".innerNorm", WIDTH);
            layout.add(name + ".innerNormBias", WIDTH);
            layout.add(name + ".inner", kind == Kind.LLAMA ? 2 * INNER : INNER, WIDTH);
            layout.add(name + ".outer", WIDTH, INNER);
            layout.add(name + ".outerBias", WIDTH);
        }
        layout.add("norm", WIDTH);
        layout.add("normBias", WIDTH);
    }

    public ParameterLayout layout() {
        return layout;
    }

    /// Gives every linear map of the blocks low-rank adapters; the packed projection has one for the first head's
    /// queries and one for the rest but the last value.
    public SmallTransformer adapted(int adapterRank) {
        rank = adapterRank;
        return this;
    }

    /// The adapters' parameters; empty before a graph is recorded.
    public ParameterLayout adapter() {
        return adapter;
    }

    /// Weight of the language head: the embedding.
    public Parameter head() {
        return embedding;
    }

    public Parameter score() {
        return score;
    }

    /// Appends embedding, blocks and final norm.
    public Tensor hidden(Graph graph) {
        return hidden(graph, false);
    }

    /// The same with cached attention.
    public Tensor decodingHidden(Graph graph) {
        return hidden(graph, true);
    }

    private Tensor hidden(Graph graph, boolean decoding) {
        if (rank > 0) {
            graph.with(adapter);
        }
        Tensor x = graph.embedding("embedded", embedding, positions);
        for (int block = 0; block < 2; block++) {
            x = block(graph, block, x, decoding);
        }
        return norm(graph, "norm", x);
    }

    private Tensor block(Graph graph, int block, Tensor x, boolean decoding) {
        String name = "block." + block;
        Tensor normed = norm(graph, name + ".norm", x);
        Tensor qkv = graph.linear(name + ".qkv", normed, parameter(name + ".qkv"), parameter(name + ".qkvBias"), null);
        qkv = adapt(graph, name + ".queries", normed, 0, 8, qkv);
        qkv = adapt(graph, name + ".rest", normed, 8, qkv.width() - 9, qkv);
        if (kind != Kind.GPT2) {
            qkv = graph.rotary(qkv, shape, kind == Kind.NEOX ? 4 : 8, 10_000);
        }
        Tensor attended = decoding
                ? graph.cachedAttention(name + ".attention", qkv, shape, block)
                : graph.attention(name + ".attention", qkv, shape);
        Tensor y = graph.linear(
                name + ".projection",
                attended,
                parameter(name + ".projection"),
                parameter(name + ".projectionBias"),
                x);
        y = adapt(graph, name + ".projection", attended, 0, WIDTH, y);
        Tensor innerNormed = norm(graph, name + ".innerNorm", kind == Kind.NEOX ? x : y);
        Tensor inner = graph.linear(name + ".inner", innerNormed, parameter(name + ".inner"), null, null);
        inner = adapt(graph, name + ".inner", innerNormed, 0, inner.width(), inner);
        Tensor activated = switch (kind) {
            case GPT2 -> graph.gelu(name + ".gelu", inner, Op.GeluForm.TANH);
            case NEOX -> graph.gelu(name + ".gelu", inner, Op.GeluForm.EXACT);
            case LLAMA -> graph.swiGlu(name + ".swiGlu", inner);
        };
        Tensor out =
                graph.linear(name + ".outer", activated, parameter(name + ".outer"), parameter(name + ".outerBias"), y);
        return adapt(graph, name + ".outer", activated, 0, WIDTH, out);
    }

    private Tensor adapt(Graph graph, String name, Tensor in, int first, int columns, Tensor out) {
        if (rank == 0) {
            return out;
        }
        Parameter a = adapter.add(name + ".A", rank, in.width());
        Parameter b = adapter.add(name + ".B", columns, rank);
        return graph.addLinear(graph.linear(name + ".low", in, a, null, null), b, 1.5f, first, out);
    }

    private Tensor norm(Graph graph, String name, Tensor x) {
        return kind == Kind.LLAMA
                ? graph.rmsNorm(name, x, parameter(name), 1e-6f)
                : graph.layerNorm(name, x, parameter(name), parameter(name + "Bias"), 1e-5f);
    }

    private Parameter parameter(String name) {
        return layout.parameter(name);
    }
}
