package dev.daa.train.data;

/// Why training leaves a row out.
public enum DropReason {
    EMPTY_RESPONSE("an empty response"),
    DIFFERENT_PROMPTS("chosen and rejected have different prompts"),
    TOO_LONG("too long"),
    SAME_WHEN_SHORTENED("chosen and rejected differ only beyond max_length"),
    NOTHING_TO_SCORE("a response of one token without a prompt"),
    NO_OTHER_RESPONSE("no better or worse response to the same prompt"),
    UNDESIRABLE("labelled undesirable");

    private final String meaning;

    DropReason(String meaning) {
        this.meaning = meaning;
    }

    /// The reason in words, to stand after a number of rows.
    public String meaning() {
        return meaning;
    }
}
