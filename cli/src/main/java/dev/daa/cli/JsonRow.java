package dev.daa.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.daa.compute.InputException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// What a command says of models, as one line of JSON: keys in snake case, without those that have no value.
final class JsonRow {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .changeDefaultPropertyInclusion(inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();

    private JsonRow() {}

    /// @param model the folder that the numbers are of
    /// @throws InputException where a number is not finite, which JSON cannot say
    static String of(Path model, Object row) {
        JsonNode tree = JSON.valueToTree(row);
        requireFinite(model, "", tree);
        return tree.toString();
    }

    private static void requireFinite(Path model, String key, JsonNode value) {
        if (value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue())) {
            throw InputException.of(
                    model.toString(),
                    key + " " + value.doubleValue(),
                    "finite numbers",
                    "the model's weights are too large; use another model or an earlier checkpoint");
        }
        value.properties().forEach(entry -> requireFinite(model, entry.getKey(), entry.getValue()));
        for (JsonNode element : value) {
            if (value.isArray()) {
                requireFinite(model, key, element);
            }
        }
    }
}
