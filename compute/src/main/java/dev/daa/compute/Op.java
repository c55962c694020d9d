package dev.daa.compute;

import org.jspecify.annotations.Nullable;

/// One operation of a [Graph]. The set is closed: backends and the differentiation switch over it exhaustively,
/// so a new op does not compile until every one of them knows it.
///
/// Legend: R packed rows, N targets, C width, V vocabulary, H heads, D head size. A tensor named `dX` is the
/// derivative of the loss with respect to `X`. Backward ops *add* to the gradients of parameters that the graph
/// trains ([Graph#trains]) and leave out those of all others; whether they add to or overwrite the derivative of
/// their input is said by `accumulate`.
public sealed interface Op {
    /// Fills tensors from tensors and parameters.
    sealed interface Forward extends Op {}

    /// Carries derivatives from tensors to those that they were computed from, and to parameters.
    sealed interface Backward extends Op {}

    /// Touches the parameters of one layout, their gradients and the optimizer's state.
    sealed interface Update extends Op {
        ParameterLayout layout();
    }

    /// Forms of the GELU activation.
    enum GeluForm {
        /// `x·Φ(x)`, by the error function.
        EXACT,
        /// `x/2·(1 + tanh(√(2/π)(x + 0.044715 x³)))`.
        TANH
    }

    /// `out[i] = table[token[i]] (+ positions[position[i]])`; out [R, C].
    record Embedding(Parameter table, @Nullable Parameter positions, Tensor out) implements Forward {}

    /// `out = (in − mean)/√(variance + epsilon) · weight + bias` per row, biased variance; statistics [R,
    /// 2] keeps the mean and the reciprocal standard deviation.
    record LayerNorm(Tensor in, Parameter weight, Parameter bias, float epsilon, Tensor out, Tensor statistics)
            implements Forward {}

    /// `out = in/√(mean(in²) + epsilon) · weight` per row; statistics [R, 1] keeps the reciprocal root.
    record RmsNorm(Tensor in, Parameter weight, float epsilon, Tensor out, Tensor statistics) implements Forward {}

    /// `out = in · weightᵀ (+ bias) (+ residual)`; weight [out width, in width]. `out` and `residual`
    /// are never the same tensor.
    record Linear(
            Tensor in,
            Parameter weight,
            @Nullable Parameter bias,
            @Nullable Tensor residual,
            Tensor out) implements Forward {}

    /// `out[:, first … first + rows(weight) − 1] += scale · in · weightᵀ`, in place: the second map of a low-rank
    /// adapter (Hu et al. 2106.09685, B of α/r·BA), added to what the adapted map has given; A is a [Linear].
    ///
    /// @param first column of `out`
    record AddLinear(Tensor in, Parameter weight, float scale, int first, Tensor out) implements Forward {}

    /// Rotates the queries and keys of `qkv` in place. Inside each head the first `rotarySize` values are pairs
    /// `(i, i + rotarySize/2)` turned by the angle `position · base^(−2i/rotarySize)` (Su et al.
    /// 2104.09864, in the half-split layout of GPT-NeoX and Llama).
    record Rotary(Tensor qkv, AttentionShape shape, int rotarySize, float base) implements Forward {}

    /// Causal softmax attention over segments and their shared prefixes, scaled by `1/√D`; qkv [R,
    /// packed width], out [R, H·D], logSumExp [R, H] of the scaled scores.
    record Attention(Tensor qkv, AttentionShape shape, Tensor out, Tensor logSumExp) implements Forward {}

    /// Causal attention of decoding: writes the keys and values of all rows into the cache of `layer`,
    /// then attends to the cache rows that [Batch] names; out [R, H·D].
    record CachedAttention(Tensor qkv, AttentionShape shape, int layer, Tensor out) implements Forward {}

    /// GELU of every value.
    record Gelu(Tensor in, GeluForm form, Tensor out) implements Forward {}

    /// `out = gate·σ(gate)·up`, where a row of `gateAndUp` [R, 2·F] holds the gate and then the up
    /// projection; out [R, F].
    record SwiGlu(Tensor gateAndUp, Tensor out) implements Forward {}

    /// `out[t] = in[targetRow[t]]`; out [N, C].
    record Gather(Tensor in, Tensor out) implements Forward {}

    /// Log-probability of each target under `softmax(hidden[targetRow]·weightᵀ / temperature)`,
    /// the entropy of that distribution in nats, and the log-sum-exp of the scaled logits, each [N, 1].
    /// Logits are formed block by block.
    record TokenLogProb(Tensor hidden, Parameter weight, Tensor logProb, Tensor entropy, Tensor logSumExp)
            implements Forward {}

    /// `out[s] = hidden[scoreRow[s]]·weightᵀ`; weight [1, C], out [scores, 1].
    record ScalarHead(Tensor hidden, Parameter weight, Tensor out) implements Forward {}

    /// Exact divergence `KL(p ‖ q) = Σ_v p(v)(log p(v) − log q(v))` in nats between the next-token
    /// distributions of two models after `targetRow[t]`, both at the batch's temperature; out [N, 1]. The
    /// log-sum-exps of both models' scaled logits [N, 1] are for the backward pass, which goes to q.
    record TokenKl(
            Tensor hidden,
            Parameter weight,
            Tensor otherHidden,
            Parameter otherWeight,
            Tensor out,
            Tensor logSumExp,
            Tensor otherLogSumExp)
            implements Forward {}

    /// How concentrated the next-token distribution p after `targetRow[t]` is at the batch's temperature, each [N,
    /// 1]: `log Σ_v p(v)²`, the log-probability that two draws agree; the entropy in nats of the `top` likeliest
    /// tokens among themselves, and their share of the mass, both null where `top` is 0. Carries no derivative.
    record TokenConcentration(
            Tensor hidden,
            Parameter weight,
            int top,
            Tensor logCollision,
            @Nullable Tensor topEntropy,
            @Nullable Tensor topMass)
            implements Forward {}

    /// Draws a token for every target from `softmax(logits/temperature)`, cut to top-k and top-p, by inverting
    /// the cumulative distribution at `uniform[t]`; greedy at temperature 0. Writes [Batch#sampledToken] and
    /// the token's log-probability [N, 1] under the *uncut* distribution at the batch's temperature, as
    /// [TokenLogProb] gives it.
    record Sample(Tensor logits, Tensor logProb) implements Forward {}

    /// Adds the rows of `dOut` to the gradients of the tables.
    record EmbeddingBackward(
            Tensor dOut, Parameter table, @Nullable Parameter positions) implements Backward {}

    /// Backward of [LayerNorm].
    record LayerNormBackward(
            Tensor in, Parameter weight, Parameter bias, Tensor statistics, Tensor dOut, Tensor dIn, boolean accumulate)
            implements Backward {}

    /// Backward of [RmsNorm].
    record RmsNormBackward(Tensor in, Parameter weight, Tensor statistics, Tensor dOut, Tensor dIn, boolean accumulate)
            implements Backward {}

    /// Backward of [Linear]: `dIn = dOut · weight`, `dWeight += dOutᵀ · in`, `dBias += Σ_rows dOut`.
    /// The residual's derivative is `dOut` itself and is routed by [Differentiation].
    record LinearBackward(
            Tensor in, Parameter weight, @Nullable Parameter bias, Tensor dOut, Tensor dIn, boolean accumulate)
            implements Backward {}

    /// Backward of [AddLinear], with `d = dOut[:, first … first + rows(weight) − 1]`: overwrites `dIn = scale · d ·
    /// weight`, `dWeight += scale · dᵀ · in`. `dOut` is the derivative of what was added to as well.
    record AddLinearBackward(Tensor in, Parameter weight, float scale, int first, Tensor dOut, Tensor dIn)
            implements Backward {}

    /// Backward of [Rotary]: the inverse rotation, in place.
    record RotaryBackward(Tensor dQkv, AttentionShape shape, int rotarySize, float base) implements Backward {}

    /// Backward of [Attention]; overwrites `dQkv`.
    record AttentionBackward(Tensor qkv, AttentionShape shape, Tensor out, Tensor logSumExp, Tensor dOut, Tensor dQkv)
            implements Backward {}

    /// Backward of [Gelu]; overwrites `dIn`.
    record GeluBackward(Tensor in, GeluForm form, Tensor dOut, Tensor dIn) implements Backward {}

    /// Backward of [SwiGlu]; overwrites `dGateAndUp`.
    record SwiGluBackward(Tensor gateAndUp, Tensor dOut, Tensor dGateAndUp) implements Backward {}

    /// Backward of [TokenLogProb] for `dLogProb` and, where given, `dEntropy` [N, 1]:
    /// `dlogit_v = (dLogProb·(1[v = target] − p_v) − dEntropy·p_v(log p_v + entropy)) / temperature`.
    /// Overwrites or adds to `dHidden` [R, C]; rows without a target get 0.
    record TokenLogProbBackward(
            Tensor hidden,
            Parameter weight,
            Tensor entropy,
            Tensor logSumExp,
            Tensor dLogProb,
            @Nullable Tensor dEntropy,
            Tensor dHidden,
            boolean accumulate)
            implements Backward {}

    /// Backward of [TokenKl] to its second model for `dOut` [N, 1], the first one being held:
    /// `dlogit_v = dOut·(q_v − p_v) / temperature`. Overwrites or adds to `dOtherHidden` [R, C]; rows without a
    /// target get 0.
    record TokenKlBackward(
            Tensor hidden,
            Parameter weight,
            Tensor otherHidden,
            Parameter otherWeight,
            Tensor logSumExp,
            Tensor otherLogSumExp,
            Tensor dOut,
            Tensor dOtherHidden,
            boolean accumulate)
            implements Backward {}

    /// Backward of [ScalarHead] for `dOut` [scores, 1]; rows without a score get 0.
    record ScalarHeadBackward(Tensor hidden, Parameter weight, Tensor dOut, Tensor dHidden, boolean accumulate)
            implements Backward {}

    /// `into += from`.
    record Accumulate(Tensor from, Tensor into) implements Backward {}

    /// Euclidean norm of all gradients of the layout; the optimizer that follows scales them by
    /// `min(1, maximumNorm / (norm + 1e-6))`. A maximum of 0 measures without clipping.
    record ClipGradient(ParameterLayout layout, float maximumNorm) implements Update {}

    /// AdamW (Loshchilov & Hutter 1711.05101): `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
    /// `w ← w − lr·(weightDecay·w + m̂/(√v̂ + epsilon))` with `m̂ = m/(1−β₁ᵗ)`, `v̂ = v/(1−β₂ᵗ)`.
    /// Leaves the gradients 0, ready for the next step's accumulation.
    record AdamW(ParameterLayout layout, float beta1, float beta2, float epsilon, float weightDecay)
            implements Update {}

    /// RMSProp (Hinton; torch's form): `v ← αv + (1−α)g²`, `w ← w − lr·(weightDecay·w + g/(√v +
    /// epsilon))`. Leaves the gradients 0.
    record RmsProp(ParameterLayout layout, float smoothing, float epsilon, float weightDecay) implements Update {}
}
