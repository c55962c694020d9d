package dev.daa.compute;

import dev.daa.compute.Tensor.Extent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A training, scoring or decoding step, recorded once: tensors and the ops that fill them, in order. Each
/// method appends one op, checks widths and returns the tensor that it fills. [#differentiate] appends the
/// backward pass, [#adamW] or [#rmsProp] the update; a [Backend] turns the whole into a [Program].
public final class Graph {
    private final List<Tensor> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, ParameterLayout> layouts = new LinkedHashMap<>();
    private final List<Op.Forward> forward = new ArrayList<>();
    private final List<Op> backward = new ArrayList<>();
    private final List<Op.Update> update = new ArrayList<>();
    private final List<Integer> segments = new ArrayList<>();
    private final Map<Tensor, Tensor> gradients = new HashMap<>();
    private @Nullable ParameterLayout trained;

    /// Makes the layout's parameters available to the ops of this graph. Two models that share weights give the
    /// same layout twice.
    public Graph with(ParameterLayout layout) {
        ParameterLayout before = layouts.putIfAbsent(layout.name(), layout);
        if (before != null && before != layout) {
            throw new IllegalArgumentException("the graph already has a layout named " + layout.name());
        }
        return this;
    }

    /// `out[i] = table[token[i]] (+ positions[position[i]])`.
    ///
    /// @param table `[vocabulary, width]`
    /// @param positions `[longest sequence, width]`; null where positions are told otherwise
    /// @return `[rows, width]`
    public Tensor embedding(String name, Parameter table, @Nullable Parameter positions) {
        known(table);
        if (positions != null) {
            width("position table " + positions.name(), positions.columns(), table.columns());
        }
        return record(new Op.Embedding(table, positions, tensor(name, Extent.ROWS, table.columns())))
                .out();
    }

    /// `(in − mean)/√(variance + epsilon) · weight + bias` per row; weight and bias are as wide as `in`.
    public Tensor layerNorm(String name, Tensor in, Parameter weight, Parameter bias, float epsilon) {
        width(weight.name(), weight.columns(), in.width());
        width(bias.name(), bias.columns(), in.width());
        Tensor out = tensor(name, in.extent(), in.width());
        return record(new Op.LayerNorm(
                        in, known(weight), known(bias), epsilon, out, tensor(name + ".statistics", in.extent(), 2)))
                .out();
    }

    /// `in/√(mean(in²) + epsilon) · weight` per row; the weight is as wide as `in`.
    public Tensor rmsNorm(String name, Tensor in, Parameter weight, float epsilon) {
        width(weight.name(), weight.columns(), in.width());
        Tensor out = tensor(name, in.extent(), in.width());
        return record(new Op.RmsNorm(in, known(weight), epsilon, out, tensor(name + ".statistics", in.extent(), 1)))
                .out();
    }

    /// `in · weightᵀ (+ bias) (+ residual)`.
    ///
    /// @param weight `[out width, in width]`
    /// @return `[rows of in, out width]`
    public Tensor linear(
            String name, Tensor in, Parameter weight, @Nullable Parameter bias, @Nullable Tensor residual) {
        width(weight.name(), weight.columns(), in.width());
        if (bias != null) {
            width(known(bias).name(), bias.columns(), weight.rows());
        }
        if (residual != null) {
            width(residual.name(), residual.width(), weight.rows());
        }
        Tensor out = tensor(name, in.extent(), weight.rows());
        return record(new Op.Linear(in, known(weight), bias, residual, out)).out();
    }

    /// Adds `scale · in · weightᵀ` to columns of `out`, from `first` on.
    ///
    /// @param weight `[columns, in width]`
    /// @return `out`, which is changed in place
    public Tensor addLinear(Tensor in, Parameter weight, float scale, int first, Tensor out) {
        width(weight.name(), weight.columns(), in.width());
        if (first < 0 || first + weight.rows() > out.width()) {
            throw new IllegalArgumentException(
                    weight.name() + " adds to columns " + first + " to " + (first + weight.rows() - 1) + " of " + out);
        }
        return record(new Op.AddLinear(in, known(weight), scale, first, out)).out();
    }

    /// Turns the pairs `(i, i + rotarySize/2)` of each query and key by `position · base^(−2i/rotarySize)`.
    ///
    /// @param rotarySize values of a head that turn, even
    /// @return `qkv`, which is rotated in place
    public Tensor rotary(Tensor qkv, AttentionShape shape, int rotarySize, float base) {
        width(qkv.name(), qkv.width(), shape.packedWidth());
        if (rotarySize < 2 || rotarySize > shape.headSize() || rotarySize % 2 != 0) {
            throw new IllegalArgumentException("rotary size is " + rotarySize
                    + ", expected an even number from 2 to the head size " + shape.headSize());
        }
        return record(new Op.Rotary(qkv, shape, rotarySize, base)).qkv();
    }

    /// Causal softmax attention over the batch's segments and their prefixes, scaled by `1/√headSize`.
    ///
    /// @param qkv `[rows, packed width]`: queries, keys and values of a row one after the other
    /// @return `[rows, heads · headSize]`
    public Tensor attention(String name, Tensor qkv, AttentionShape shape) {
        width(qkv.name(), qkv.width(), shape.packedWidth());
        Tensor out = tensor(name, Extent.ROWS, shape.queryWidth());
        return record(new Op.Attention(qkv, shape, out, tensor(name + ".logSumExp", Extent.ROWS, shape.heads())))
                .out();
    }

    /// Causal attention of decoding: keys and values of the rows go to the cache of `layer`, and the rows see what
    /// the batch names there. Has no derivative.
    ///
    /// @param qkv `[rows, packed width]`
    /// @return `[rows, heads · headSize]`
    public Tensor cachedAttention(String name, Tensor qkv, AttentionShape shape, int layer) {
        width(qkv.name(), qkv.width(), shape.packedWidth());
        return record(new Op.CachedAttention(qkv, shape, layer, tensor(name, Extent.ROWS, shape.queryWidth())))
                .out();
    }

    /// GELU of every value, in the form that the model was trained with.
    public Tensor gelu(String name, Tensor in, Op.GeluForm form) {
        return record(new Op.Gelu(in, form, tensor(name, in.extent(), in.width())))
                .out();
    }

    /// `gate · σ(gate) · up`.
    ///
    /// @param gateAndUp `[rows, 2 · width]`: a row's gate, then its up projection
    /// @return `[rows, width]`
    public Tensor swiGlu(String name, Tensor gateAndUp) {
        if (gateAndUp.width() % 2 != 0) {
            throw new IllegalArgumentException(
                    gateAndUp + " is to hold gate and up projection, expected an even width");
        }
        return record(new Op.SwiGlu(gateAndUp, tensor(name, gateAndUp.extent(), gateAndUp.width() / 2)))
                .out();
    }

    /// `in[targetRow[t]]` for each target t, `[targets, width]`. Has no derivative.
    public Tensor gather(String name, Tensor in) {
        return record(new Op.Gather(in, tensor(name, Extent.TARGETS, in.width())))
                .out();
    }

    /// Log-probability of each target under `softmax(hidden[targetRow] · weightᵀ / temperature)`, and the entropy
    /// of that distribution, in nats.
    ///
    /// @param hidden `[rows, width]`
    /// @param weight `[vocabulary, width]`
    /// @return its tensors are `[targets, 1]`
    public Op.TokenLogProb tokenLogProb(String name, Tensor hidden, Parameter weight) {
        width(weight.name(), weight.columns(), hidden.width());
        return record(new Op.TokenLogProb(
                hidden,
                known(weight),
                tensor(name, Extent.TARGETS, 1),
                tensor(name + ".entropy", Extent.TARGETS, 1),
                tensor(name + ".logSumExp", Extent.TARGETS, 1)));
    }

    /// `hidden[scoreRow[s]] · weightᵀ` for each position `s` of the batch that is scored.
    ///
    /// @param hidden `[rows, width]`
    /// @param weight `[1, width]`
    /// @return `[scores, 1]`
    public Tensor scalarHead(String name, Tensor hidden, Parameter weight) {
        width(weight.name(), weight.columns(), hidden.width());
        return record(new Op.ScalarHead(hidden, known(weight), tensor(name, Extent.SCORES, 1)))
                .out();
    }

    /// `Σ_v p(v)(log p(v) − log q(v))` in nats for each target: p is the distribution of the first model's next
    /// token after `targetRow`, q that of the second, both at the batch's temperature. Differentiable in the second
    /// model, `otherHidden` and `otherWeight`.
    ///
    /// @param hidden `[rows, width]`; the second model's width may be another one
    /// @param weight `[vocabulary, width]`
    /// @return `[targets, 1]`
    public Tensor tokenKl(String name, Tensor hidden, Parameter weight, Tensor otherHidden, Parameter otherWeight) {
        width(weight.name(), weight.columns(), hidden.width());
        width(otherWeight.name(), otherWeight.columns(), otherHidden.width());
        if (weight.rows() != otherWeight.rows()) {
            throw new IllegalArgumentException("the divergence of two models needs one vocabulary, found "
                    + weight.rows() + " and " + otherWeight.rows() + " tokens");
        }
        return record(new Op.TokenKl(
                        hidden,
                        known(weight),
                        otherHidden,
                        known(otherWeight),
                        tensor(name, Extent.TARGETS, 1),
                        tensor(name + ".logSumExp", Extent.TARGETS, 1),
                        tensor(name + ".otherLogSumExp", Extent.TARGETS, 1)))
                .out();
    }

    /// How concentrated the next token's distribution p is for each target: `log Σ_v p(v)²`, and of the `top`
    /// likeliest tokens the entropy among themselves, in nats, and their share of the mass. Has no derivative.
    ///
    /// @param hidden `[rows, width]`
    /// @param weight `[vocabulary, width]`
    /// @param top tokens whose entropy and mass are wanted, at most 64; 0 for neither
    /// @return its tensors are `[targets, 1]`
    public Op.TokenConcentration tokenConcentration(String name, Tensor hidden, Parameter weight, int top) {
        width(weight.name(), weight.columns(), hidden.width());
        if (top < 0 || top > 64) {
            throw new IllegalArgumentException("top is " + top + ", expected a number of tokens from 0 to 64");
        }
        return record(new Op.TokenConcentration(
                hidden,
                known(weight),
                top,
                tensor(name + ".logCollision", Extent.TARGETS, 1),
                top == 0 ? null : tensor(name + ".topEntropy", Extent.TARGETS, 1),
                top == 0 ? null : tensor(name + ".topMass", Extent.TARGETS, 1)));
    }

    /// Draws a token for each target from `softmax(logits/temperature)`, as the batch says which of them count. The
    /// token goes to [Batch#sampledToken]. Has no derivative.
    ///
    /// @param logits `[targets, vocabulary]`
    /// @return its log-probability, `[targets, 1]`
    public Tensor sample(String name, Tensor logits) {
        return record(new Op.Sample(logits, tensor(name, Extent.TARGETS, 1))).logProb();
    }

    /// Ends a segment of the forward pass and begins the next: what [#differentiate] with recomputation keeps are
    /// the tensors that go from one segment to another.
    public void beginSegment() {
        segments.add(forward.size());
    }

    /// Positions among the forward ops where segments begin; ops before the first and from the last on are in none.
    List<Integer> segments() {
        return Collections.unmodifiableList(segments);
    }

    /// Appends the backward pass of the parameters of `trained`, for derivatives given at `outputs`. Parameters of
    /// other layouts are frozen: they have no gradients, and what depends on frozen parameters alone no
    /// derivatives.
    ///
    /// @param outputs log-probabilities, entropies, divergences and scores whose derivatives the caller writes
    ///   before [Program#backward]
    public Graph differentiate(ParameterLayout trained, Tensor... outputs) {
        return differentiate(trained, false, outputs);
    }

    /// @param recompute the backward pass runs the forward ops of each segment again right before it needs their
    ///   tensors, instead of keeping them (Chen et al. 1604.06174): memory for one segment instead of all, about a
    ///   third more work, the same results to the bit
    public Graph differentiate(ParameterLayout trained, boolean recompute, Tensor... outputs) {
        if (!backward.isEmpty()) {
            throw new IllegalStateException("the graph is already differentiated");
        }
        this.trained = trained;
        new Differentiation(this, recompute).append(List.of(outputs));
        return this;
    }

    /// Appends gradient clipping (0 measures only) and AdamW.
    public Graph adamW(ParameterLayout layout, float clip, float beta1, float beta2, float epsilon, float weightDecay) {
        update.add(new Op.ClipGradient(layout, clip));
        update.add(new Op.AdamW(layout, beta1, beta2, epsilon, weightDecay));
        return this;
    }

    /// Appends gradient clipping (0 measures only) and RMSProp.
    public Graph rmsProp(ParameterLayout layout, float clip, float smoothing, float epsilon, float weightDecay) {
        update.add(new Op.ClipGradient(layout, clip));
        update.add(new Op.RmsProp(layout, smoothing, epsilon, weightDecay));
        return this;
    }

    /// Whether its attention reads a key-value cache, for generation.
    public boolean decodes() {
        return forward.stream().anyMatch(Op.CachedAttention.class::isInstance);
    }

    /// Whether the backward pass adds to the parameter's gradient.
    public boolean trains(Parameter parameter) {
        return trained != null && parameter.layout().equals(trained.name());
    }

    /// Whether the backward pass adds to the gradients of the layout's parameters.
    public boolean trains(ParameterLayout layout) {
        return layout == trained;
    }

    /// The tensor that holds the derivative of the loss with respect to `tensor`.
    public Tensor gradient(Tensor tensor) {
        Tensor gradient = gradients.get(tensor);
        if (gradient == null) {
            throw new IllegalArgumentException("the graph has no derivative of " + tensor);
        }
        return gradient;
    }

    /// The tensors whose derivatives the caller gives.
    Set<Tensor> differentiated() {
        return Collections.unmodifiableSet(gradients.keySet());
    }

    public List<Tensor> tensors() {
        return Collections.unmodifiableList(tensors);
    }

    public List<ParameterLayout> layouts() {
        return List.copyOf(layouts.values());
    }

    public List<Op.Forward> forward() {
        return Collections.unmodifiableList(forward);
    }

    /// Backward ops, and forward ops that are computed again for them.
    public List<Op> backward() {
        return Collections.unmodifiableList(backward);
    }

    public List<Op.Update> update() {
        return Collections.unmodifiableList(update);
    }

    Tensor tensor(String name, Extent extent, int width) {
        if (!names.add(name)) {
            throw new IllegalArgumentException("the graph already has a tensor named " + name);
        }
        Tensor tensor = new Tensor(tensors.size(), name, extent, width);
        tensors.add(tensor);
        return tensor;
    }

    void recordBackward(Op op) {
        backward.add(op);
    }

    void gradient(Tensor tensor, Tensor gradient) {
        gradients.put(tensor, gradient);
    }

    private <T extends Op.Forward> T record(T op) {
        if (!backward.isEmpty()) {
            throw new IllegalStateException("the graph is already differentiated, " + op + " comes too late");
        }
        forward.add(op);
        return op;
    }

    private Parameter known(Parameter parameter) {
        if (!layouts.containsKey(parameter.layout())) {
            throw new IllegalArgumentException("parameter " + parameter.name() + " belongs to layout "
                    + parameter.layout() + ", the graph has " + layouts.keySet());
        }
        return parameter;
    }

    private static void width(String what, int found, int expected) {
        if (found != expected) {
            throw new IllegalArgumentException(what + " has width " + found + ", expected " + expected);
        }
    }
}
