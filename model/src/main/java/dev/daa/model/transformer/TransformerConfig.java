package dev.daa.model.transformer;

import dev.daa.compute.AttentionShape;
import dev.daa.compute.InputException;

/// Architecture of a decoder-only transformer with pre-norm blocks: everything that decides its parameters and
/// its graph.
///
/// @param family which Hugging Face layout its checkpoints have
/// @param vocabulary tokens
/// @param width values per row of the residual stream
/// @param layers blocks
/// @param heads query heads
/// @param keyValueHeads key-value heads; equal to `heads` unless grouped-query
/// @param headSize values per head
/// @param innerWidth hidden width of the feed-forward map
/// @param maximumPositions longest sequence, prompt included
/// @param rotaryFraction share of each head that is rotated; 0 for learned positions
/// @param rotaryBase base of the rotary angles
/// @param normalization of the residual stream
/// @param epsilon of the normalization
/// @param activation of the feed-forward map
/// @param parallelResidual attention and feed-forward both read the block's input (GPT-NeoX) instead of one
/// after the other
/// @param tiedHead the head's weight is the token embedding
/// @param queryKeyValueBias queries, keys and values have a bias
/// @param projectionBias attention output and feed-forward maps have a bias
public record TransformerConfig(
        Family family,
        int vocabulary,
        int width,
        int layers,
        int heads,
        int keyValueHeads,
        int headSize,
        int innerWidth,
        int maximumPositions,
        float rotaryFraction,
        float rotaryBase,
        Normalization normalization,
        float epsilon,
        Activation activation,
        boolean parallelResidual,
        boolean tiedHead,
        boolean queryKeyValueBias,
        boolean projectionBias) {

    /// Hugging Face checkpoint layouts, by their `model_type`.
    public enum Family {
        /// `gpt2`: learned positions, layer norm, tanh GELU, biases, tied head, weights stored transposed.
        GPT2,
        /// `gpt_neox` (Pythia): rotary, layer norm, exact GELU, biases, heads interleaved in the packed
        /// projection.
        GPT_NEOX,
        /// `llama` and its like (`qwen2`, `mistral`): rotary, RMS norm, SwiGLU, separate projections.
        LLAMA
    }

    /// How the residual stream is normalised before each map.
    public enum Normalization {
        LAYER_NORM,
        RMS_NORM
    }

    /// Non-linearity of the feed-forward map.
    public enum Activation {
        GELU_EXACT,
        GELU_TANH,
        SWIGLU
    }

    public TransformerConfig {
        positive("vocabulary", vocabulary);
        positive("width", width);
        positive("layers", layers);
        positive("heads", heads);
        positive("keyValueHeads", keyValueHeads);
        positive("headSize", headSize);
        positive("innerWidth", innerWidth);
        positive("maximumPositions", maximumPositions);
        if (heads % keyValueHeads != 0) {
            throw new InputException("keyValueHeads is " + keyValueHeads + ", expected a divisor of heads " + heads);
        }
        if (rotaryFraction < 0 || rotaryFraction > 1) {
            throw new InputException("rotaryFraction is " + rotaryFraction + ", expected 0 (learned positions) to 1");
        }
        if (rotaryFraction > 0 && (int) (headSize * rotaryFraction) < 2) {
            throw new InputException("rotaryFraction " + rotaryFraction + " of head size " + headSize
                    + " leaves fewer than 2 values to rotate");
        }
    }

    /// A GPT-2 shape with learned positions, as small models of the built-in world use it.
    public static TransformerConfig gpt2(int vocabulary, int width, int layers, int heads, int maximumPositions) {
        return new TransformerConfig(
                Family.GPT2,
                vocabulary,
                width,
                layers,
                heads,
                heads,
                headSize(width, heads),
                4 * width,
                maximumPositions,
                0,
                10_000,
                Normalization.LAYER_NORM,
                1e-5f,
                Activation.GELU_TANH,
                false,
                true,
                true,
                true);
    }

    /// A GPT-NeoX shape (Pythia's with a `rotaryFraction` of 0.25 and parallel residuals).
    public static TransformerConfig gptNeox(
            int vocabulary, int width, int layers, int heads, int maximumPositions, float rotaryFraction) {
        return new TransformerConfig(
                Family.GPT_NEOX,
                vocabulary,
                width,
                layers,
                heads,
                heads,
                headSize(width, heads),
                4 * width,
                maximumPositions,
                rotaryFraction,
                10_000,
                Normalization.LAYER_NORM,
                1e-5f,
                Activation.GELU_EXACT,
                true,
                false,
                true,
                true);
    }

    /// A Llama shape.
    public static TransformerConfig llama(
            int vocabulary, int width, int layers, int heads, int keyValueHeads, int innerWidth, int maximumPositions) {
        return new TransformerConfig(
                Family.LLAMA,
                vocabulary,
                width,
                layers,
                heads,
                keyValueHeads,
                headSize(width, heads),
                innerWidth,
                maximumPositions,
                1,
                10_000,
                Normalization.RMS_NORM,
                1e-6f,
                Activation.SWIGLU,
                false,
                false,
                false,
                false);
    }

    /// Tokens of the longest prompt and response together. Rotary models compute beyond their positions, but they
    /// were not trained there. A language model does not read the last token of a response.
    public int longestRow(Head head) {
        return maximumPositions + (head == Head.LANGUAGE ? 1 : 0);
    }

    /// Whether positions are a learned table instead of rotations.
    public boolean learnedPositions() {
        return rotaryFraction == 0;
    }

    /// Values of each head that are rotated: an even number.
    public int rotarySize() {
        return (int) (headSize * rotaryFraction) / 2 * 2;
    }

    public AttentionShape attentionShape() {
        return new AttentionShape(heads, keyValueHeads, headSize);
    }

    private static int headSize(int width, int heads) {
        if (heads < 1 || width % heads != 0) {
            throw new InputException("width is " + width + ", expected a multiple of heads " + heads);
        }
        return width / heads;
    }

    private static void positive(String key, int value) {
        if (value < 1) {
            throw new InputException(key + " is " + value + ", expected at least 1");
        }
    }
}
