package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The resolved parameters of one objective: every key it has, given or default.
public final class ObjectiveParameters {
    private final Map<String, Object> values;

    private ObjectiveParameters(Map<String, Object> values) {
        this.values = values;
    }

    /// Resolves `given` against what the objective takes; refuses unknown keys and values out of range.
    static ObjectiveParameters resolve(
            String objective, List<ObjectiveParameter> known, Map<String, ? extends @Nullable Object> given) {
        for (String key : given.keySet()) {
            if (known.stream().noneMatch(parameter -> parameter.key().equals(key))) {
                throw new InputException("objective " + objective + " has no parameter " + key + "; it takes "
                        + (known.isEmpty()
                                ? "none"
                                : String.join(
                                        ", ",
                                        known.stream()
                                                .map(ObjectiveParameter::key)
                                                .toList())));
            }
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (ObjectiveParameter parameter : known) {
            Object value = given.containsKey(parameter.key()) ? given.get(parameter.key()) : parameter.defaultValue();
            try {
                values.put(parameter.key(), parameter.parse(value));
            } catch (InputException refusal) {
                throw new InputException("objective " + objective + ", parameter " + refusal.getMessage());
            }
        }
        return new ObjectiveParameters(values);
    }

    /// A real parameter.
    public double real(String key) {
        return (Double) value(key);
    }

    /// β; null for an objective that has none.
    @Nullable
    Double beta() {
        return (Double) values.get("beta");
    }

    /// A flag.
    public boolean flag(String key) {
        return (Boolean) value(key);
    }

    /// A choice.
    public String choice(String key) {
        return (String) value(key);
    }

    /// Every key with its value, in the order of the table; what a resolved config saves.
    public Map<String, Object> all() {
        return Collections.unmodifiableMap(values);
    }

    /// Every key but β with its value: `ipo_form tau, ipo_average sum`.
    String inWords() {
        return values.entrySet().stream()
                .filter(value -> !value.getKey().equals("beta"))
                .map(value -> value.getKey() + " " + value.getValue())
                .collect(Collectors.joining(", "));
    }

    private Object value(String key) {
        Object value = values.get(key);
        if (value == null) {
            throw new IllegalStateException("no parameter " + key + " among " + values.keySet());
        }
        return value;
    }
}
