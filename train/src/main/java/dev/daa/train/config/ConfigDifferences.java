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
import tools.jackson.databind.node.ObjectNode;

/// What is different between the config that a run was started with and the one that it is to go on with.
public final class ConfigDifferences {
    private static final String ABSENT = "nothing";

    /// Keys that the saved config has not and whose value is now their default.
    private final Set<String> unsaid = new TreeSet<>();

    private ConfigDifferences() {}

    /// Keys whose values differ between a saved config and a resolved one, as `key: saved, now resolved`. An
    /// absolute path is the same as a relative one that names it from here, and a key that the program did not have
    /// when the config was saved is the same as its default.
    ///
    /// @param mayDiffer keys, such as `threads`, that change no result
    public static List<String> of(Path saved, Record resolved, Set<String> mayDiffer) {
        ObjectNode root = ConfigDocument.read(saved).root();
        ConfigDifferences differences = new ConfigDifferences();
        differences.addUnsaid(root, resolved, "");
        Map<String, String> before = new TreeMap<>();
        flatten("", root, before);
        Map<String, String> now = new TreeMap<>();
        flatten("", ConfigDocument.parse("config", Configs.toYaml(resolved)).root(), now);
        Set<String> keys = new TreeSet<>(before.keySet());
        keys.addAll(now.keySet());
        return keys.stream()
                .filter(key -> !mayDiffer.contains(key) && !differences.unsaid.contains(key))
                .filter(key -> !same(before.getOrDefault(key, ABSENT), now.getOrDefault(key, ABSENT)))
                .map(key -> key + ": " + before.getOrDefault(key, ABSENT) + ", now " + now.getOrDefault(key, ABSENT))
                .toList();
    }

    private void addUnsaid(@Nullable JsonNode saved, Record now, String path) {
        List<ConfigKey> keys = ConfigKey.of(now.getClass());
        RecordComponent[] components = now.getClass().getRecordComponents();
        for (int k = 0; k < components.length; k++) {
            ConfigKey key = keys.get(k);
            String keyPath = path.isEmpty() ? key.name() : path + "." + key.name();
            JsonNode before = saved == null ? null : saved.get(key.name());
            Object value = value(components[k], now);
            if (value instanceof Record section && (before == null || before.isObject())) {
                addUnsaid(before, section, keyPath);
            } else if (before == null && isDefault(key, value)) {
                unsaid.add(keyPath);
            }
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
