package dev.daa.train.data;

import dev.daa.model.score.Sequence;

/// A prompt with a preferred and a dispreferred response, as token ids with end-of-sequence.
public record PreferencePair(int[] prompt, int[] chosen, int[] rejected) implements Feedback {
    @Override
    public int rows() {
        return prompt.length + chosen.length + rejected.length;
    }

    public Sequence chosenSequence() {
        return new Sequence(prompt, chosen);
    }

    public Sequence rejectedSequence() {
        return new Sequence(prompt, rejected);
    }
}
