package dev.daa.train.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// A key that a config record knows.
///
/// @param name canonical name, `weight_decay`
/// @param aliases further names, canonical too
/// @param type Java type of its value
/// @param byDefault default in YAML; empty when the key is required
/// @param takesNull whether `null` is a value of it
/// @param meaning what it means, for help and errors
public record ConfigKey(
        String name, List<String> aliases, Type type, Optional<String> byDefault, boolean takesNull, String meaning) {

    /// The keys of a config record, in its order.
    public static List<ConfigKey> of(Class<?> record) {
        List<ConfigKey> keys = new ArrayList<>();
        for (RecordComponent component : record.getRecordComponents()) {
            Setting setting = component.getAnnotation(Setting.class);
            List<String> aliases = setting == null
                    ? List.of()
                    : Arrays.stream(setting.aliases()).map(ConfigKey::canonical).toList();
            Optional<String> byDefault = setting == null || setting.byDefault().equals(Setting.REQUIRED)
                    ? Optional.empty()
                    : Optional.of(setting.byDefault());
            keys.add(new ConfigKey(
                    canonical(component.getName()),
                    aliases,
                    component.getGenericType(),
                    byDefault,
                    component.getAnnotatedType().isAnnotationPresent(Nullable.class),
                    setting == null ? "" : setting.value()));
        }
        return keys;
    }

    /// `weightDecay`, `weight-decay` and `weight_decay` as `weight_decay`.
    public static String canonical(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replace('-', '_').toLowerCase(Locale.ROOT);
    }

    boolean answersTo(String canonicalName) {
        return name.equals(canonicalName) || aliases.contains(canonicalName);
    }

    /// The record that the key holds, when it is a section of keys of its own.
    public Optional<Class<?>> section() {
        return type instanceof Class<?> raw && raw.isRecord() ? Optional.of(raw) : Optional.empty();
    }

    /// The keys of its section. Where the key has a default, such as `{schedule: linear}`, that is the default of
    /// the section's own key, whichever of its keys are given.
    public List<ConfigKey> sectionKeys() {
        List<ConfigKey> keys = of(section().orElseThrow());
        if (byDefault.isEmpty() || !(Configs.value(name, byDefault.get()) instanceof ObjectNode defaults)) {
            return keys;
        }
        return keys.stream()
                .map(key -> defaults.has(key.name())
                        ? new ConfigKey(
                                key.name(),
                                key.aliases(),
                                key.type(),
                                Optional.of(defaults.get(key.name()).asString()),
                                key.takesNull(),
                                key.meaning())
                        : key)
                .toList();
    }

    /// The record that the elements of the key's list or the values of its map are.
    Optional<Class<?>> elementSection() {
        if (type instanceof ParameterizedType parameterized
                && (parameterized.getRawType() == List.class || parameterized.getRawType() == Map.class)) {
            Type[] arguments = parameterized.getActualTypeArguments();
            return arguments[arguments.length - 1] instanceof Class<?> raw && raw.isRecord()
                    ? Optional.of(raw)
                    : Optional.empty();
        }
        return Optional.empty();
    }

    /// Whether a value is written as one plain word or number.
    boolean isScalar() {
        return type instanceof Class<?> raw && !raw.isRecord() && !raw.isArray();
    }

    boolean isList() {
        return type instanceof ParameterizedType parameterized && parameterized.getRawType() == List.class
                || type instanceof Class<?> raw && raw.isArray();
    }

    /// Of the known names, dotted or not, the one that a mistyped name most likely means; nothing when none is
    /// near.
    public static Optional<String> nearest(String mistyped, List<String> known) {
        return known.stream()
                .filter(name -> distance(mistyped, name) <= Math.max(1, name.length() / 3))
                .min(Comparator.comparingInt(name -> distance(mistyped, name)))
                .or(() -> known.stream()
                        .filter(name -> distance(mistyped, lastOf(name))
                                <= Math.max(1, lastOf(name).length() / 3))
                        .min(Comparator.comparingInt(name -> distance(mistyped, lastOf(name)))));
    }

    private static String lastOf(String dotted) {
        return dotted.substring(dotted.lastIndexOf('.') + 1);
    }

    /// Levenshtein's edit distance.
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
