package dev.daa.model.json;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JacksonException;

final class ParserMessageTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":[1} | Unexpected close marker '}': expected ']'",
                "{\"a\":1 | Unexpected end-of-input: expected close marker for Object",
                "[1, | Unexpected end-of-input within/between Array entries",
                "[NaN] | Non-standard token 'NaN'",
                "{\"a\":1,\"a\":2} | Duplicate Object property \"a\""
            })
    void isOneLineOfWhatWasFound(String json, String found) {
        assertThatExceptionOfType(JacksonException.class)
                .isThrownBy(() -> JsonKeys.JSON.readTree(json))
                .extracting(ParserMessage::of)
                .isEqualTo(found);
    }
}
