package dev.daa.train.config;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What is different between the config that a run was started with and the one that it is to go on with.
public final class ConfigDifferences {
    private static final String ABSENT = "nothing";

    private ConfigDifferences() {}

    /// Keys whose values differ between a saved config and a resolved one, as `key: saved, now resolved`. An
    /// absolute path is the same as a relative one that names it from here, and a key that the program did not have
    /// when the config was saved is the same as its default.
    ///
    /// @param mayDiffer keys, such as `threads`, that change no result
    public static List<String> of(Path saved, Record resolved, Set<String> mayDiffer) {
        ObjectNode savedRoot = ConfigDocument.read(saved).root();
        ObjectNode root =
                ConfigDocument.parse("config", Configs.toYaml(resolved)).root();
        addDefaults(savedRoot, root, resolved);
        Map<String, String> before = flat(savedRoot);
        Map<String, String> now = flat(root);
        Set<String> keys = new TreeSet<>(before.keySet());
        keys.addAll(now.keySet());
        return keys.stream()
                .filter(key -> !mayDiffer.contains(key))
                .filter(key -> !same(before.getOrDefault(key, ABSENT), now.getOrDefault(key, ABSENT)))
                .map(key -> key + ": " + before.getOrDefault(key, ABSENT) + ", now " + now.getOrDefault(key, ABSENT))
                .toList();
    }

    /// Adds the keys that a saved section has not and whose value is now their default.
    ///
    /// @param now the resolved section in YAML
    /// @param resolved the same
    private static void addDefaults(ObjectNode saved, ObjectNode now, Record resolved) {
        List<ConfigKey> keys = ConfigKey.of(resolved.getClass());
        RecordComponent[] components = resolved.getClass().getRecordComponents();
        for (int k = 0; k < components.length; k++) {
            ConfigKey key = keys.get(k);
            String name = key.name();
            Object value = value(components[k], resolved);
            if (!now.has(name)) {
                continue;
            }
            if (value instanceof Record section) {
                JsonNode before = saved.has(name) ? saved.get(name) : saved.objectNode();
                addDefaults(before, now.get(name), section);
                if (!before.isEmpty()) {
                    saved.set(name, before);
                }
            } else if (value instanceof List<?> list && saved.get(name) instanceof ArrayNode entries) {
                for (int i = 0; i < Math.min(list.size(), entries.size()); i++) {
                    if (list.get(i) instanceof Record entry) {
                        addDefaults(entries.get(i), now.get(name).get(i), entry);
                    }
                }
            } else if (!saved.has(name) && isDefault(key, value)) {
                saved.set(name, now.get(name));
            }
        }
    }

    private static void addDefaults(JsonNode saved, JsonNode now, Record resolved) {
        if (saved instanceof ObjectNode before && now instanceof ObjectNode section) {
            addDefaults(before, section, resolved);
        }
    }

    private static boolean isDefault(ConfigKey key, @Nullable Object value) {
        return key.byDefault().isPresent()
                && Objects.equals(Configs.value(key.name(), key.byDefault().get(), key.type()), value);
    }

    private static @Nullable Object value(RecordComponent component, Record of) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(of);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean same(String before, String now) {
        return before.equals(now)
                || Path.of(now).isAbsolute() && Path.of(before).toAbsolutePath().equals(Path.of(now));
    }

    private static Map<String, String> flat(ObjectNode root) {
        Map<String, String> flat = new TreeMap<>();
        flatten("", root, flat);
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
}
