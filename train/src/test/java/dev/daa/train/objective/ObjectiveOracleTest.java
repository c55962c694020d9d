package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Every row of the table against losses computed with numpy, through the file interface; the derivatives against
/// finite differences of the losses.
class ObjectiveOracleTest {
    private static final double TOLERANCE = 1e-9;

    @TestFactory
    Stream<DynamicTest> lossesAgreeWithNumpy() {
        JsonNode file = file();
        return file.get("cases")
                .valueStream()
                .map(row -> DynamicTest.dynamicTest(label(row), () -> compare(file.get("batch"), row)));
    }

    @Test
    void everyRowHasACase() {
        TreeSet<String> checked = file().get("cases")
                .valueStream()
                .map(row -> Objectives.descriptor(row.get("objective").stringValue())
                        .name())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(checked)
                .containsExactlyElementsOf(new TreeSet<>(
                        Objectives.all().stream().map(ObjectiveDescriptor::name).toList()));
    }

    private static void compare(JsonNode batch, JsonNode row) {
        ObjectNode question = (ObjectNode) batch.deepCopy();
        question.set("objective", row.get("objective"));
        row.get("parameters").properties().forEach(entry -> question.set(entry.getKey(), entry.getValue()));
        JsonNode answer = JsonMapper.shared().readTree(ObjectiveCheck.evaluate(question.toString(), "case"));
        JsonNode expected = row.get("loss");
        JsonNode found = answer.get("loss");
        assertThat(found.size()).isEqualTo(expected.size());
        for (int term = 0; term < found.size(); term++) {
            double value = expected.get(term).doubleValue();
            assertThat(found.get(term).doubleValue())
                    .isCloseTo(value, within(TOLERANCE * Math.max(1, Math.abs(value))));
        }
    }

    private static String label(JsonNode row) {
        return row.get("objective").stringValue() + " " + row.get("parameters");
    }

    private static JsonNode file() {
        try (InputStream stream =
                Objects.requireNonNull(ObjectiveOracleTest.class.getResourceAsStream("losses.json"))) {
            return JsonMapper.shared().readTree(stream);
        } catch (IOException unreadable) {
            throw new IllegalStateException("losses.json is not among the test resources", unreadable);
        }
    }
}
