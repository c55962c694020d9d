package dev.daa.model.json;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A JSON object whose keys are asked for by type; what is missing or of another type is one clear line.
///
/// @param place file and path of keys, for messages
/// @param node the object
public record JsonKeys(String place, ObjectNode node) {
    public static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private static final String LFS_POINTER = "version https://git-lfs";

    /// Reads a file that holds one object.
    public static JsonKeys read(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            if (new String(bytes, 0, Math.min(bytes.length, LFS_POINTER.length()), StandardCharsets.ISO_8859_1)
                    .equals(LFS_POINTER)) {
                throw InputException.of(
                        file.toString(), "a git-LFS pointer", "the file itself", "fetch it with: git lfs pull");
            }
            JsonNode root = JSON.readTree(bytes);
            if (root instanceof ObjectNode object) {
                return new JsonKeys(file.toString(), object);
            }
            throw InputException.of(file.toString(), "no JSON object", "one", "");
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String where = at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
            throw new InputException(file + where + ": not valid JSON: " + ParserMessage.of(e), e);
        } catch (NoSuchFileException e) {
            throw new InputException(file + ": no such file", e);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /// An element of a list, which must be an object.
    public static JsonKeys of(String place, JsonNode node) {
        if (node instanceof ObjectNode object) {
            return new JsonKeys(place, object);
        }
        throw InputException.of(place, node.toString(), "an object", "");
    }

    /// Whether the key is there with a value other than null.
    public boolean has(String key) {
        return node.hasNonNull(key);
    }

    public int integer(String key) {
        if (!has(key)) {
            throw InputException.of(place, "no key " + key, "an integer", "");
        }
        JsonNode value = node.path(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw InputException.of(place + ": " + key, value.toString(), "an integer", "");
        }
        return value.intValue();
    }

    public int integer(String key, int otherwise) {
        return has(key) ? integer(key) : otherwise;
    }

    public double number(String key, double otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        JsonNode value = node.path(key);
        if (!value.isNumber()) {
            throw InputException.of(place + ": " + key, value.toString(), "a number", "");
        }
        return value.doubleValue();
    }

    public boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        JsonNode value = node.path(key);
        if (!value.isBoolean()) {
            throw InputException.of(place + ": " + key, value.toString(), "true or false", "");
        }
        return value.booleanValue();
    }

    public String text(String key) {
        if (!has(key)) {
            throw InputException.of(place, "no key " + key, "a text", "");
        }
        JsonNode value = node.path(key);
        if (!value.isString()) {
            throw InputException.of(place + ": " + key, value.toString(), "a text", "");
        }
        return value.stringValue();
    }

    public String text(String key, String otherwise) {
        return has(key) ? text(key) : otherwise;
    }

    /// The object under a key; an empty one when the key is missing or null.
    public JsonKeys object(String key) {
        String where = place + ": " + key;
        if (!has(key)) {
            return new JsonKeys(where, JSON.createObjectNode());
        }
        if (node.path(key) instanceof ObjectNode object) {
            return new JsonKeys(where, object);
        }
        throw InputException.of(where, node.path(key).toString(), "an object", "");
    }

    /// An integer or a list of them; empty when the key is missing or null.
    public List<Integer> integers(String key) {
        List<Integer> values = new ArrayList<>();
        JsonNode value = node.path(key);
        if (value.isArray()) {
            for (JsonNode element : value) {
                if (!element.isIntegralNumber() || !element.canConvertToInt()) {
                    throw InputException.of(place + ": " + key, value.toString(), "integers", "");
                }
                values.add(element.intValue());
            }
        } else if (has(key)) {
            values.add(integer(key));
        }
        return values;
    }

    /// The elements of a list; none when the key is missing or null.
    public List<JsonNode> list(String key) {
        if (!has(key)) {
            return List.of();
        }
        JsonNode value = node.path(key);
        if (!value.isArray()) {
            throw InputException.of(place + ": " + key, value.toString(), "a list", "");
        }
        return List.copyOf(value.values());
    }

    public OptionalInt optionalInteger(String key) {
        return has(key) ? OptionalInt.of(integer(key)) : OptionalInt.empty();
    }
}
