package dev.daa.train.config;

import dev.daa.compute.InputException;
import dev.daa.model.json.ByteOrderMark;
import dev.daa.model.json.ParserMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;

/// A parsed config that remembers where each key was given: a line of the file, or an option of the command line.
final class ConfigDocument {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final Pattern DOTTED = Pattern.compile("\\w+(\\.\\w+)+");

    private final String source;
    private final Map<String, String> places = new HashMap<>();
    private final Map<String, String> options = new LinkedHashMap<>();
    private ObjectNode root = NODES.objectNode();

    private ConfigDocument(String source) {
        this.source = source;
    }

    /// A document without a file.
    static ConfigDocument empty() {
        return new ConfigDocument("command line");
    }

    /// Reads a YAML file, or a JSON file by its name.
    static ConfigDocument read(Path file) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
        } catch (NoSuchFileException e) {
            throw new InputException(file + ": no such file", e);
        } catch (CharacterCodingException e) {
            throw new InputException(file + ": found bytes that are not UTF-8, expected a text file", e);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
        return parse(file.toString(), ByteOrderMark.strip(text));
    }

    static ConfigDocument parse(String source, String text) {
        ConfigDocument document = new ConfigDocument(source);
        ObjectMapper mapper = source.endsWith(".json") ? JSON : YAML;
        try (JsonParser parser = mapper.createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return document;
            }
            if (first == JsonToken.START_OBJECT) {
                document.root = (ObjectNode) document.value(parser, "");
            } else if (first != JsonToken.VALUE_NULL) {
                throw InputException.of(
                        document.at(parser.currentTokenLocation()), "a plain value or list", "`key: value` lines", "");
            }
            document.requireEnd(parser);
        } catch (JacksonException e) {
            throw broken(source, e);
        }
        return document;
    }

    /// The parser of YAML gives nothing once at the end of a document, and then the next one.
    private void requireEnd(JsonParser parser) {
        JsonToken next = parser.nextToken();
        if ((next == null ? parser.nextToken() : next) != null) {
            throw InputException.of(at(parser.currentTokenLocation()), "a second document", "one config a file", "");
        }
    }

    /// The value at the parser, and the places of all keys below it.
    private JsonNode value(JsonParser parser, String path) {
        refuseAlias(parser);
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = NODES.objectNode();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String key = parser.currentName();
                    String child = path.isEmpty() ? key : path + "." + key;
                    places.put(child, at(parser.currentTokenLocation()));
                    parser.nextToken();
                    object.set(key, value(parser, child));
                }
                yield object;
            }
            case START_ARRAY -> {
                ArrayNode array = NODES.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    String child = path + "[" + array.size() + "]";
                    places.put(child, at(parser.currentTokenLocation()));
                    array.add(value(parser, child));
                }
                yield array;
            }
            case VALUE_NULL -> NODES.nullNode();
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NUMBER_INT -> integer(parser.getLongValue());
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
            default -> NODES.stringNode(parser.getString());
        };
    }

    /// The parser would give an alias as the text of its name.
    private void refuseAlias(JsonParser parser) {
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw InputException.of(
                    at(yaml.currentTokenLocation()),
                    "a YAML alias (*" + yaml.getString() + ")",
                    "the value itself",
                    "");
        }
    }

    /// As the parser of options has it, so that a free parameter is equal wherever it was given.
    private static JsonNode integer(long value) {
        return value == (int) value ? NODES.numberNode((int) value) : NODES.numberNode(value);
    }

    ObjectNode root() {
        return root;
    }

    /// Where the value at a path was given; for a path that was not given, the nearest section around it.
    String place(String path) {
        for (String prefix = path; !prefix.isEmpty(); prefix = parent(prefix)) {
            String place = places.get(prefix);
            if (place != null) {
                return place;
            }
        }
        return source;
    }

    /// A refusal behind its place. Where it begins with the path of a key, an option of that name has said it.
    static String refusal(String place, String text) {
        int named = text.indexOf(": ");
        boolean repeats = place.startsWith("--")
                && named > 0
                && ("." + text.substring(0, named)).endsWith("." + ConfigKey.canonical(place.substring("--".length())));
        return place + (repeats ? text.substring(named) : ": " + text);
    }

    /// Where a section that is refused as a whole was given wrong: by the option whose key the refusal names first,
    /// else where the section is.
    ///
    /// @param refusal found and expected, then `;` and what to do
    String place(String section, String refusal) {
        String named = refusal.split(";", 2)[0];
        return options.entrySet().stream()
                .filter(option -> section.isEmpty() || option.getKey().startsWith(section + "."))
                .filter(option -> mention(named, option.getKey()) >= 0)
                .min(Comparator.comparingInt(option -> mention(named, option.getKey())))
                .map(Map.Entry::getValue)
                .orElseGet(() -> place(section));
    }

    /// Where a text names a path, with all its sections or the inner ones; −1 where it does not. A text that begins
    /// with a key of another section names a path only with all its sections: what is left is prose.
    private static int mention(String text, String path) {
        Matcher subject = DOTTED.matcher(text);
        boolean inFull = subject.lookingAt() && !parent(subject.group()).equals(parent(path));
        String names = "";
        for (String name : path.split("\\.")) {
            names = (names.isEmpty() ? "" : "(?:" + names + "\\.)" + (inFull ? "" : "?")) + Pattern.quote(name);
        }
        Matcher word = Pattern.compile("(?<![\\w.])" + names + "(?!\\w)").matcher(text);
        return word.find() ? word.start() : -1;
    }

    /// Records that an option gave a value, with all that is below it.
    void given(String path, String option) {
        moved(path, option);
        options.put(path, option);
    }

    /// Records that a value came from another place, with all that is below it.
    void moved(String path, String place) {
        places.keySet().removeIf(given -> given.startsWith(path + ".") || given.startsWith(path + "["));
        places.put(path, place);
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
    }

    private String at(TokenStreamLocation location) {
        return location == null || location.getLineNr() < 1
                ? source
                : source + ":" + location.getLineNr() + ":" + location.getColumnNr();
    }

    /// Text that is not YAML or JSON, with the line and column where that shows.
    static InputException broken(String source, JacksonException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MarkedYamlEngineException yaml
                    && yaml.getProblemMark().isPresent()) {
                Mark mark = yaml.getProblemMark().get();
                String place = source + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
                return new InputException(place + ": " + ParserMessage.oneLine(yaml.getProblem()), failure);
            }
        }
        TokenStreamLocation location = failure.getLocation();
        String place = location == null || location.getLineNr() < 1
                ? source
                : source + ":" + location.getLineNr() + ":" + location.getColumnNr();
        return new InputException(place + ": " + ParserMessage.of(failure), failure);
    }
}
