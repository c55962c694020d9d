package dev.daa.train.data;

import dev.daa.model.score.Sequence;
import java.util.Arrays;

/// A prompt with a preferred and a dispreferred response, as token ids with end-of-sequence.
public record PreferencePair(int[] prompt, int[] chosen, int[] rejected) implements Feedback {
    @Override
    public int rows() {
        return prompt.length + chosen.length + rejected.length;
    }

    @Override
    public int targets() {
        return chosen.length + rejected.length;
    }

    /// A line of JSON that a [DataReader] reads as this pair.
    public String toJson() {
        return "{\"prompt_ids\":" + Arrays.toString(prompt) + ",\"chosen_ids\":" + Arrays.toString(chosen)
                + ",\"rejected_ids\":" + Arrays.toString(rejected) + "}";
    }

    public Sequence chosenSequence() {
        return new Sequence(prompt, chosen);
    }

    public Sequence rejectedSequence() {
        return new Sequence(prompt, rejected);
    }
}
