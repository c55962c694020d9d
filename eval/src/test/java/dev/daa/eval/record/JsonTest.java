package dev.daa.eval.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import org.junit.jupiter.api.Test;

class JsonTest {
    private record Entry(String name, double value) {}

    @Test
    void numbersThatAreUnknownAreNull() {
        assertThat(Json.line(new Entry("a", Double.NaN))).isEqualTo("{\"name\":\"a\",\"value\":null}");
        assertThat(Json.read("f:1", "{\"name\":\"a\",\"value\":null}", Entry.class)
                        .value())
                .isNaN();
    }

    @Test
    void brokenTextIsToldWithoutTheParsersAffairs() {
        assertThatThrownBy(() -> Json.read("f:1", "{\"name\":\"a\"]", Entry.class))
                .isInstanceOf(InputException.class)
                .hasMessage("f:1:12: Unexpected close marker ']': expected '}'");
        assertThatThrownBy(() -> Json.read("f:1", "{\"name\":\"a\",\"value\":\"b\"}", Entry.class))
                .isInstanceOf(InputException.class)
                .hasMessageMatching("f:1(:\\d+)?: a value of another kind at key 'value', as another version .*");
    }

    @Test
    void sayWhichKeyAFileOfAnotherVersionLacksOrAdds() {
        assertThatThrownBy(() -> Json.read("step-0.jsonl:7", "{\"name\":\"a\"}", Entry.class))
                .isInstanceOf(InputException.class)
                .hasMessageMatching(
                        "step-0\\.jsonl:7:\\d+: key 'value' is missing, as another version of daa may have written it;"
                                + " run the study again");
        assertThatThrownBy(() -> Json.read("fits.json", "{\n\"name\":\"a\",\"value\":1,\n\"worth\":1}", Entry.class))
                .isInstanceOf(InputException.class)
                .hasMessageMatching("fits\\.json(:3:\\d+)?: unknown key 'worth', as .*");
    }
}
