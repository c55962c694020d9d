package dev.daa.train.data;

import org.jspecify.annotations.Nullable;

/// A prompt with a response that was judged alone (KTO's form), as token ids with end-of-sequence.
public record LabelledResponse(int[] prompt, int[] response, boolean desirable) implements Feedback {
    @Override
    public int @Nullable [] chosen() {
        return desirable ? response : null;
    }

    @Override
    public int @Nullable [] rejected() {
        return desirable ? null : response;
    }

    @Override
    public int rows() {
        return prompt.length + response.length;
    }

    @Override
    public int targets() {
        return response.length;
    }
}
