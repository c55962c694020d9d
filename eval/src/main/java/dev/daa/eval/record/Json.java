package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.model.json.ParserMessage;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JacksonException.Reference;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// JSON of the report's files: unknown and missing keys are refused, NaN is `null`, errors name file, line and column.
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .addModule(new SimpleModule()
                    .addSerializer(double.class, new NanAsNull())
                    .addDeserializer(double.class, new NullAsNan()))
            .build();

    private static final Pattern MISSING_KEY = Pattern.compile("^Missing creator property '([^']*)'");

    private static final class NanAsNull extends ValueSerializer<Double> {
        @Override
        public void serialize(Double value, JsonGenerator generator, SerializationContext context) {
            if (Double.isFinite(value)) {
                generator.writeNumber(value);
            } else {
                generator.writeNull();
            }
        }
    }

    private static final class NullAsNan extends ValueDeserializer<Double> {
        @Override
        public Double deserialize(JsonParser parser, DeserializationContext context) {
            if (!parser.currentToken().isNumeric()) {
                throw context.weirdStringException(parser.getString(), double.class, "not a number");
            }
            return parser.getDoubleValue();
        }

        @Override
        public Object getNullValue(DeserializationContext context) {
            return Double.NaN;
        }
    }

    private Json() {}

    public static String line(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    public static String indented(Object value) {
        return MAPPER.writer().with(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value) + "\n";
    }

    static <T> T read(String place, String text, Class<T> type) {
        try {
            return MAPPER.readValue(text, type);
        } catch (JacksonException e) {
            throw new InputException(place + where(text, e.getLocation()) + ": " + found(e), e);
        }
    }

    /// Line and column where they are known; the column alone in a text of one line, whose place names the line.
    private static String where(String text, @Nullable TokenStreamLocation location) {
        if (location == null || location.getLineNr() < 1) {
            return "";
        }
        return (text.strip().indexOf('\n') < 0 ? "" : ":" + location.getLineNr()) + ":" + location.getColumnNr();
    }

    private static String found(JacksonException failure) {
        String message = ParserMessage.of(failure);
        Matcher missing = MISSING_KEY.matcher(message);
        String other = ", as another version of daa may have written it; run the study again";
        if (missing.find()) {
            return "key '" + missing.group(1) + "' is missing" + other;
        }
        return switch (failure) {
            case UnrecognizedPropertyException unknown -> "unknown key '" + unknown.getPropertyName() + "'" + other;
            case MismatchedInputException mismatch -> "a value of another kind" + key(mismatch) + other;
            default -> message;
        };
    }

    private static String key(MismatchedInputException mismatch) {
        return mismatch.getPath().stream()
                .map(Reference::getPropertyName)
                .filter(Objects::nonNull)
                .reduce((_, inner) -> inner)
                .map(name -> " at key '" + name + "'")
                .orElse("");
    }
}
