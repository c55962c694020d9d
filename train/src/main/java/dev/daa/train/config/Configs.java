package dev.daa.train.config;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import dev.daa.compute.InputException;
import dev.daa.model.json.ParserMessage;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JacksonException.Reference;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.deser.std.FromStringDeserializer;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.ValueInstantiationException;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.ser.std.StdSerializer;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/// Reads config records. Unknown and missing keys, values of the wrong kind and whatever a record's constructor refuses
/// become an [InputException] that names the line of the file or the option of the command line.
public final class Configs {
    /// More keys than this make no line that anybody reads.
    private static final int MOST_NAMED = 80;

    private static final YAMLMapper MAPPER = mapper(path -> path);
    private static final YAMLMapper ABSOLUTE = mapper(Path::toAbsolutePath);

    private Configs() {}

    /// @param written what stands for a path
    private static YAMLMapper mapper(UnaryOperator<Path> written) {
        return YAMLMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .enumNamingStrategy(EnumNamingStrategies.KEBAB_CASE)
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                // A record's components are its keys; what else it says of itself, such as isOn(), is none.
                .changeDefaultVisibility(visible -> visible.withIsGetterVisibility(JsonAutoDetect.Visibility.NONE))
                .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                .addModule(paths(written))
                .build();
    }

    /// Paths as text, where Jackson would write URIs.
    private static SimpleModule paths(UnaryOperator<Path> written) {
        return new SimpleModule("paths")
                .addSerializer(Path.class, new StdSerializer<>(Path.class) {
                    @Override
                    public void serialize(Path path, JsonGenerator generator, SerializationContext context) {
                        generator.writeString(written.apply(path).toString());
                    }
                })
                .addDeserializer(Path.class, new FromStringDeserializer<>(Path.class) {
                    @Override
                    protected Path _deserialize(String value, DeserializationContext context) {
                        return Path.of(value);
                    }

                    /// As an unset variable in a shell gives it; Jackson would make it null.
                    @Override
                    protected Path _deserializeFromEmptyString(DeserializationContext context) {
                        throw MismatchedInputException.from(context.getParser(), Path.class, "an empty path");
                    }
                });
    }

    /// Reads a config: the file's keys, overridden by the options, completed by the record's defaults.
    ///
    /// @param type config record whose components carry [Setting]
    /// @param file YAML or JSON file, or null when the options say all
    /// @param options `--key value` pairs; a key may leave out its section when that is unambiguous
    /// @throws InputException naming place, what was found and what was expected
    public static <T extends Record> T read(Class<T> type, @Nullable Path file, List<Assignment> options) {
        return read(type, file == null ? ConfigDocument.empty() : ConfigDocument.read(file), options);
    }

    /// Reads a config from text, such as a preset inside the jar.
    ///
    /// @param source name of the text in errors
    public static <T extends Record> T read(Class<T> type, String source, String text, List<Assignment> options) {
        return read(type, ConfigDocument.parse(source, text), options);
    }

    private static <T extends Record> T read(Class<T> type, ConfigDocument document, List<Assignment> options) {
        ConfigOptions.apply(type, options, document);
        complete(ConfigKey.of(type), document.root(), "", document);
        try {
            return MAPPER.treeToValue(document.root(), type);
        } catch (DatabindException e) {
            throw explained(e, document);
        }
    }

    /// The config in YAML with every key, as it is saved with a run.
    public static String toYaml(Record config) {
        return MAPPER.writeValueAsString(config);
    }

    /// The same config with absolute paths, which mean the same wherever the next command is given.
    public static <T extends Record> T withAbsolutePaths(T config) {
        @SuppressWarnings("unchecked")
        Class<T> type = (Class<T>) config.getClass();
        return read(type, "config", ABSOLUTE.writeValueAsString(config), List.of());
    }

    /// Keys of a file's outermost section, whatever record they belong to.
    public static Set<String> keys(Path file) {
        return Set.copyOf(ConfigDocument.read(file).root().propertyNames());
    }

    /// The value of one key as YAML or JSON text, as an option or a default gives it.
    static JsonNode value(String source, String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw ConfigDocument.broken(source, e);
        }
    }

    /// Keys whose values differ between a saved config and a resolved one, as `key: saved, now resolved`. An
    /// absolute path is the same as a relative one that names it from here, and a key that the program did not have
    /// when the config was saved is the same as its default.
    public static List<String> differences(Path saved, Record resolved, Set<String> mayDiffer) {
        Map<String, String> before = flat(ConfigDocument.read(saved));
        Map<String, String> now = flat(ConfigDocument.parse("config", toYaml(resolved)));
        Map<String, String> completed = completed(ConfigDocument.read(saved), resolved);
        completed.keySet().retainAll(now.keySet());
        before.putAll(completed);
        Set<String> keys = new TreeSet<>(before.keySet());
        keys.addAll(now.keySet());
        return keys.stream()
                .filter(key -> !mayDiffer.contains(key))
                .filter(key -> !same(before.getOrDefault(key, "nothing"), now.getOrDefault(key, "nothing")))
                .map(key ->
                        key + ": " + before.getOrDefault(key, "nothing") + ", now " + now.getOrDefault(key, "nothing"))
                .toList();
    }

    /// A saved config with today's keys; none where it does not go with them. A part that is declared as some
    /// record is what it is in the resolved config.
    private static Map<String, String> completed(ConfigDocument saved, Record resolved) {
        Class<? extends Record> type = resolved.getClass();
        try {
            complete(ConfigKey.of(type), saved.root(), "", saved);
            SimpleModule parts = new SimpleModule("parts");
            for (RecordComponent component : type.getRecordComponents()) {
                String name = ConfigKey.canonical(component.getName());
                if (component.getType() == Record.class && saved.root().get(name) instanceof ObjectNode section) {
                    Class<? extends Record> own = part(component, resolved).getClass();
                    complete(ConfigKey.of(own), section, name, saved);
                    parts.addAbstractTypeMapping(Record.class, own);
                }
            }
            YAMLMapper mapper = MAPPER.rebuild().addModule(parts).build();
            return flat(ConfigDocument.parse("config", toYaml(mapper.treeToValue(saved.root(), type))));
        } catch (InputException | DatabindException otherKeys) {
            return new TreeMap<>();
        }
    }

    private static Record part(RecordComponent component, Record of) {
        try {
            component.getAccessor().setAccessible(true); // of a record that only its package sees
            return (Record) component.getAccessor().invoke(of);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean same(String before, String now) {
        return before.equals(now)
                || Path.of(now).isAbsolute() && Path.of(before).toAbsolutePath().equals(Path.of(now));
    }

    private static Map<String, String> flat(ConfigDocument document) {
        Map<String, String> flat = new TreeMap<>();
        flatten("", document.root(), flat);
        return flat;
    }

    private static void flatten(String path, JsonNode node, Map<String, String> into) {
        if (node instanceof ObjectNode object) {
            object.properties()
                    .forEach(child -> flatten(
                            path.isEmpty() ? child.getKey() : path + "." + child.getKey(), child.getValue(), into));
        } else {
            into.put(path, node.isString() ? node.stringValue() : node.toString());
        }
    }

    /// Gives every key its canonical name, refuses unknown and missing ones and fills in defaults, section by
    /// section. A section with nothing below it, as where every key is commented out, has its defaults.
    private static void complete(List<ConfigKey> keys, ObjectNode section, String path, ConfigDocument document) {
        for (String given : List.copyOf(section.propertyNames())) {
            String canonical = ConfigKey.canonical(given);
            String place = document.place(child(path, given));
            ConfigKey key = keys.stream()
                    .filter(known -> known.answersTo(canonical))
                    .findFirst()
                    .orElseThrow(() -> new InputException(unknown(
                            place,
                            "key " + child(path, given),
                            canonical,
                            keys.stream().map(ConfigKey::name).toList(),
                            name -> name)));
            if (!given.equals(key.name())) {
                if (section.has(key.name())) {
                    throw new InputException(
                            place + ": " + given + " and " + key.name() + " are the same key, expected one of them");
                }
                section.set(key.name(), section.get(given));
                section.remove(given);
                document.moved(child(path, key.name()), place);
            }
        }
        for (ConfigKey key : keys) {
            String keyPath = child(path, key.name());
            if (!section.has(key.name()) || key.section().isPresent() && !section.hasNonNull(key.name())) {
                section.set(key.name(), defaultOf(key, keyPath, document.place(path)));
            }
            JsonNode value = section.get(key.name());
            if (value.isNull() && !key.takesNull()) {
                throw new InputException(ConfigDocument.refusal(
                        document.place(keyPath),
                        keyPath + ": found nothing, expected a value"
                                + (key.byDefault().isPresent() ? "; leave out the key for its default" : "")));
            }
            if (key.section().isPresent() && value instanceof ObjectNode nested) {
                complete(key.sectionKeys(), nested, keyPath, document);
            }
            if (key.elementSection().isPresent()) {
                completeElements(key.elementSection().get(), value, keyPath, document);
            }
        }
    }

    private static void completeElements(Class<?> record, JsonNode value, String path, ConfigDocument document) {
        if (value instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                if (array.get(i).isNull()) {
                    array.set(i, MAPPER.createObjectNode());
                }
                if (array.get(i) instanceof ObjectNode nested) {
                    complete(ConfigKey.of(record), nested, path + "[" + i + "]", document);
                }
            }
        } else if (value instanceof ObjectNode map) {
            map.properties().forEach(entry -> {
                if (entry.getValue().isNull()) {
                    entry.setValue(MAPPER.createObjectNode());
                }
                if (entry.getValue() instanceof ObjectNode nested) {
                    complete(ConfigKey.of(record), nested, child(path, entry.getKey()), document);
                }
            });
        }
    }

    private static JsonNode defaultOf(ConfigKey key, String path, String place) {
        if (key.byDefault().isPresent()) {
            return value(path, key.byDefault().get());
        }
        if (key.section().isPresent()
                && ConfigKey.of(key.section().get()).stream()
                        .allMatch(nested -> nested.byDefault().isPresent())) {
            return MAPPER.createObjectNode();
        }
        String meaning = key.meaning().isEmpty() ? "" : " (" + key.meaning() + ")";
        throw new InputException(place + ": missing key " + path + meaning + "; give it "
                + (path.contains("[") ? "there" : "in a config file or as " + optionName(path)));
    }

    /// @param written how a name is written where the unknown one was
    static String unknown(
            String place, String what, String canonical, List<String> names, UnaryOperator<String> written) {
        String suggestion = ConfigKey.nearest(canonical, names)
                .map(name -> "; did you mean " + written.apply(name) + "?")
                .orElse(".");
        return place + ": unknown " + what + suggestion
                + (names.size() > MOST_NAMED
                        ? " --help lists the " + names.size() + " keys"
                        : " Valid keys: " + String.join(", ", names));
    }

    /// Whether an option of the command line names a key of a config.
    public static boolean knowsOption(Class<? extends Record> type, String name) {
        return ConfigOptions.known(type, name);
    }

    /// Whether an option names a key that is no switch, so that it says nothing alone.
    public static boolean needsValue(Class<? extends Record> type, String name) {
        return ConfigOptions.needsValue(type, name);
    }

    static String optionName(String path) {
        return "--" + path.replace('_', '-');
    }

    static String child(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /// What Jackson or a record's constructor refused, with the place of the value.
    private static InputException explained(DatabindException failure, ConfigDocument document) {
        StringBuilder path = new StringBuilder();
        JsonNode found = document.root();
        for (Reference step : failure.getPath()) {
            if (step.getPropertyName() != null) {
                path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
                found = found.path(step.getPropertyName());
            } else {
                path.append('[').append(step.getIndex()).append(']');
                found = found.path(step.getIndex());
            }
        }
        if (failure instanceof ValueInstantiationException && failure.getCause() != null) {
            String refusal = String.valueOf(failure.getCause().getMessage());
            return new InputException(
                    ConfigDocument.refusal(document.place(path.toString(), refusal), refusal), failure);
        }
        String refusal = failure instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null
                ? "found " + shown(found) + ", expected " + expected(mismatch.getTargetType(), found)
                : ParserMessage.of(failure);
        return new InputException(
                ConfigDocument.refusal(document.place(path.toString()), path + ": " + refusal), failure);
    }

    private static String shown(JsonNode found) {
        return found.isString() ? "\"" + found.stringValue() + "\"" : found.toString();
    }

    /// With its range where the number found is whole, too.
    private static String wholeNumber(JsonNode found, long least, long most) {
        boolean whole = found.isIntegralNumber()
                || (found.isString() && found.stringValue().matches("[+-]?\\d+"));
        return "a whole number" + (whole ? " from " + least + " to " + most : "");
    }

    private static String expected(Class<?> type, JsonNode found) {
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(constant -> MAPPER.convertValue(constant, String.class))
                    .collect(Collectors.joining(", ", "one of ", ""));
        }
        if (type == int.class || type == Integer.class) {
            return wholeNumber(found, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (type == long.class || type == Long.class) {
            return wholeNumber(found, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        if (type == double.class || type == float.class || type == Double.class || type == Float.class) {
            return "a number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (List.class.isAssignableFrom(type) || type.isArray()) {
            return "a list";
        }
        if (type.isRecord()) {
            return "a section with the keys "
                    + ConfigKey.of(type).stream().map(ConfigKey::name).collect(Collectors.joining(", "));
        }
        return "text";
    }
}
