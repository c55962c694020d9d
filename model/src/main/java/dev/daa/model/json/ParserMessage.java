package dev.daa.model.json;

import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/// What a parser of JSON or YAML found, in words for who wrote the text.
public final class ParserMessage {
    /// Where a bracket was opened, with a placeholder for the text instead of the text; and which feature of the
    /// parser would take what is no JSON.
    private static final Pattern INNARDS = Pattern.compile(
            " \\((start marker|for \\w+ starting) at \\[Source: .*| at \\[Source: .*|: enable `[^`]*` to allow");

    private ParserMessage() {}

    /// The message of a failure in one line, without place and without the parser's own affairs.
    public static String of(JacksonException failure) {
        return INNARDS.matcher(oneLine(failure.getOriginalMessage())).replaceAll("");
    }

    /// A message of any number of lines in one.
    public static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
