package dev.daa.train.config;

import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/// Puts `--key value` options into a config document.
final class ConfigOptions {
    private ConfigOptions() {}

    /// A key with the path of sections that leads to it.
    private record Found(List<String> sections, ConfigKey key) {
        String path() {
            return sections.isEmpty() ? key.name() : String.join(".", sections) + "." + key.name();
        }
    }

    /// @throws InputException where an option would undo another one
    static void apply(Class<?> type, List<Assignment> options, ConfigDocument document) {
        Map<String, Assignment> given = new LinkedHashMap<>();
        for (Assignment option : options) {
            Found found = find(type, option);
            given.forEach((path, earlier) -> {
                if (path.equals(found.path()) || path.startsWith(found.path() + ".")) {
                    throw repeated(earlier, option);
                }
            });
            given.put(found.path(), option);
            apply(found, option, document);
        }
    }

    private static InputException repeated(Assignment earlier, Assignment later) {
        return new InputException(
                earlier.key().equals(later.key())
                        ? "--" + later.key() + " is given twice, expected once"
                        : "--" + later.key() + " replaces --" + earlier.key() + ", expected one of them");
    }

    private static void apply(Found found, Assignment option, ConfigDocument document) {
        ObjectNode section = document.root();
        String path = "";
        for (String name : found.sections()) {
            path = Configs.child(path, name);
            String given = givenName(section, name);
            if (!(section.get(given) instanceof ObjectNode)) {
                section.putObject(given);
            }
            section = (ObjectNode) section.get(given);
        }
        for (String given : List.copyOf(section.propertyNames())) {
            if (found.key().answersTo(ConfigKey.canonical(given))) {
                section.remove(given);
            }
        }
        String place = "--" + option.key();
        section.set(found.key().name(), value(found.key(), option, place));
        document.given(found.path(), place);
    }

    /// Whether an option names a key, be it one that several sections have.
    static boolean known(Class<?> type, String name) {
        return !named(type, name).isEmpty();
    }

    /// Whether an option names a key that is no switch.
    static boolean needsValue(Class<?> type, String name) {
        List<Found> named = named(type, name);
        return !named.isEmpty() && named.stream().noneMatch(found -> found.key().type() == boolean.class);
    }

    /// The keys that an option names: one by its dotted path, or every one of that last name.
    private static List<Found> named(Class<?> type, String name) {
        String[] path = ConfigKey.canonical(name).split("\\.", -1);
        Optional<Found> direct = follow(type, path);
        if (direct.isPresent()) {
            return List.of(direct.get());
        }
        List<Found> nested = new ArrayList<>();
        if (path.length == 1) {
            search(type, path[0], List.of(), nested);
        }
        return nested;
    }

    private static String givenName(ObjectNode section, String name) {
        return section.propertyNames().stream()
                .filter(given -> ConfigKey.canonical(given).equals(name))
                .findFirst()
                .orElse(name);
    }

    private static JsonNode value(ConfigKey key, Assignment option, String place) {
        if (key.isScalar()) {
            return option.value().equals("null") ? Configs.value(place, "null") : StringNode.valueOf(option.value());
        }
        boolean bareList = key.isList() && !option.value().stripLeading().startsWith("[");
        return Configs.value(place, bareList ? "[" + option.value() + "]" : option.value());
    }

    /// The key that an option names: by its dotted path, or by its last name when only one section knows it.
    private static Found find(Class<?> type, Assignment option) {
        List<Found> named = named(type, option.key());
        if (named.size() == 1) {
            return named.getFirst();
        }
        if (named.size() > 1) {
            throw new InputException("--" + option.key() + ": several sections know this key, expected one of "
                    + String.join(
                            ", ",
                            named.stream()
                                    .map(found -> Configs.optionName(found.path()))
                                    .toList()));
        }
        throw new InputException(Configs.unknown(
                "--" + option.key(),
                "option",
                ConfigKey.canonical(option.key()),
                leaves(type, ""),
                Configs::optionName));
    }

    private static Optional<Found> follow(Class<?> type, String[] path) {
        List<String> sections = new ArrayList<>();
        Class<?> record = type;
        for (int depth = 0; ; depth++) {
            String name = path[depth];
            Optional<ConfigKey> key = ConfigKey.of(record).stream()
                    .filter(known -> known.answersTo(name))
                    .findFirst();
            if (key.isEmpty() || depth == path.length - 1) {
                return key.map(known -> new Found(List.copyOf(sections), known));
            }
            if (key.get().section().isEmpty()) {
                return Optional.empty();
            }
            sections.add(key.get().name());
            record = key.get().section().get();
        }
    }

    private static void search(Class<?> record, String name, List<String> sections, List<Found> into) {
        for (ConfigKey key : ConfigKey.of(record)) {
            if (key.answersTo(name)) {
                into.add(new Found(sections, key));
            }
            if (key.section().isPresent()) {
                List<String> deeper = new ArrayList<>(sections);
                deeper.add(key.name());
                search(key.section().get(), name, deeper, into);
            }
        }
    }

    /// Every key that an option may name, with its sections.
    private static List<String> leaves(Class<?> record, String path) {
        List<String> names = new ArrayList<>();
        for (ConfigKey key : ConfigKey.of(record)) {
            String name = Configs.child(path, key.name());
            if (key.section().isPresent()) {
                names.addAll(leaves(key.section().get(), name));
            } else {
                names.add(name);
            }
        }
        return names;
    }
}
