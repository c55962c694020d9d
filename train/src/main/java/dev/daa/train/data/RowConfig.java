package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import org.jspecify.annotations.Nullable;

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
        String rating,

        @Setting(
                value = "kto and bco take a rated response as desirable at or above it, and as undesirable below",
                byDefault = "null")
        @Nullable
        Double desirableRating) {

    /// What happens to rows that are too long.
    public enum TooLong {
        DROP,
        TRUNCATE
    }

    /// No limit but the model's.
    public static final RowConfig DEFAULT = new RowConfig(0, 0, TooLong.DROP, "helpfulness", null);

    public RowConfig {
        if (maxLength < 0 || maxLength == 1) {
            throw new InputException(
                    "max_length is " + maxLength + ", expected 0 (the model's positions) or at least 2");
        }
        if (maxPromptLength < 0 || maxLength > 0 && maxPromptLength >= maxLength) {
            throw new InputException("max_prompt_length is " + maxPromptLength
                    + ", expected 0 (half of max_length) or less than max_length " + maxLength);
        }
        if (desirableRating != null && !Double.isFinite(desirableRating)) {
            throw new InputException("desirable_rating is " + desirableRating + ", expected a finite number");
        }
    }
}
