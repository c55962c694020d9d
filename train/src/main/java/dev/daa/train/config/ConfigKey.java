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

    /// Of the known names, dotted or not, the one that a mistyped name most likely means: the fewest edits, where a
    /// section that is left out counts as one, and of equals the one with the fewest sections. Nothing when none is
    /// near, which allows one edit in three letters.
    public static Optional<String> nearest(String mistyped, List<String> known) {
        return known.stream()
                .filter(name -> edits(mistyped, name) < Integer.MAX_VALUE)
                .min(Comparator.<String>comparingInt(name -> edits(mistyped, name))
                        .thenComparing(ConfigKey::sections));
    }

    /// Edits from a mistyped name to a known one or to the last part of it, whichever is nearer; the largest
    /// integer where both are too far away.
    private static int edits(String mistyped, String known) {
        String last = known.substring(known.lastIndexOf('.') + 1);
        int whole = distance(mistyped, known);
        int part = distance(mistyped, last);
        return Math.min(
                whole <= allowed(known) ? whole : Integer.MAX_VALUE,
                part <= allowed(last) ? part + sections(known) : Integer.MAX_VALUE);
    }

    private static int allowed(String name) {
        return Math.max(1, (name.length() + 1) / 3);
    }

    private static int sections(String dotted) {
        return (int) dotted.chars().filter(character -> character == '.').count();
    }

    /// Edit distance of Damerau and Levenshtein: letters inserted, left out, replaced, or two neighbours exchanged.
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int replaced = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(replaced, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], 1 + cost[i - 2][j - 2]);
                }
            }
        }
        return cost[a.length()][b.length()];
    }
}
