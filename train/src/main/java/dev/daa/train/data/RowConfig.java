package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;

/// How rows of data become sequences: the section that every trainer's config shares.
public record RowConfig(
        @Setting(
                value = "longest prompt and response together in tokens; 0 for as many as the model has positions",
                byDefault = "0")
        int maxLength,

        @Setting(value = "longest prompt of a shortened row in tokens; 0 for half of max_length", byDefault = "0")
        int maxPromptLength,

        @Setting(
                value = "rows beyond max_length: drop, or truncate (the prompt's beginning, then the response's end)",
                byDefault = "drop")
        TooLong tooLong,

        @Setting(value = "attribute that ranks rated responses (HelpSteer)", byDefault = "helpfulness")
        String rating) {

    /// What happens to rows that are too long.
    public enum TooLong {
        DROP,
        TRUNCATE
    }

    /// No limit but the model's.
    public static final RowConfig DEFAULT = new RowConfig(0, 0, TooLong.DROP, "helpfulness");

    public RowConfig {
        if (maxLength < 0 || maxLength == 1) {
            throw new InputException(
                    "max_length is " + maxLength + ", expected 0 (the model's positions) or at least 2");
        }
        if (maxPromptLength < 0 || maxLength > 0 && maxPromptLength >= maxLength) {
            throw new InputException("max_prompt_length is " + maxPromptLength
                    + ", expected 0 (half of max_length) or less than max_length " + maxLength);
        }
    }
}
