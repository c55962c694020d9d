package dev.daa.model.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// What can be done with the values of a template, as Python does it.
final class Values {
    private Values() {}

    static boolean truth(@Nullable Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case String text -> !text.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> value != Evaluator.UNDEFINED;
        };
    }

    /// As `{{ }}` prints it.
    static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean flag -> flag ? "True" : "False";
            case List<?> list -> list.stream().map(Values::quoted).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> quoted(entry.getKey()) + ": " + quoted(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            default -> value.toString();
        };
    }

    private static String quoted(@Nullable Object value) {
        if (!(value instanceof String text)) {
            return text(value);
        }
        String escaped = text.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
        return text.contains("'") && !text.contains("\"")
                ? "\"" + escaped + "\""
                : "'" + escaped.replace("'", "\\'") + "'";
    }

    /// As Python's `json.dumps(value, ensure_ascii=False)`.
    static String json(@Nullable Object value) {
        return switch (value) {
            case List<?> list -> list.stream().map(Values::json).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> json(entry.getKey()) + ": " + json(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case null -> "null";
            default -> JsonMapper.shared().writeValueAsString(value);
        };
    }

    static List<?> items(@Nullable Object value) {
        return switch (value) {
            case List<?> list -> list;
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case String text -> text.codePoints().mapToObj(Character::toString).toList();
            case null, default -> List.of();
        };
    }

    static boolean equal(@Nullable Object left, @Nullable Object right) {
        if (left instanceof Number first && right instanceof Number second) {
            return first.doubleValue() == second.doubleValue();
        }
        return Objects.equals(left, right);
    }

    /// Order of two numbers or two texts; empty for other values, which Python does not order.
    static OptionalInt compare(@Nullable Object left, @Nullable Object right) {
        if (left instanceof Number first && right instanceof Number second) {
            return OptionalInt.of(Double.compare(first.doubleValue(), second.doubleValue()));
        }
        return left instanceof String first && right instanceof String second
                ? OptionalInt.of(first.compareTo(second))
                : OptionalInt.empty();
    }

    /// What sort of value it is, for messages.
    static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "none";
            case String _ -> "text";
            case Number _ -> "a number";
            case Boolean _ -> "a boolean";
            case List<?> _ -> "a list";
            case Map<?, ?> _ -> "a mapping";
            default -> "an undefined value";
        };
    }

    static boolean contains(@Nullable Object container, @Nullable Object value) {
        return container instanceof String text
                ? value instanceof String part && text.contains(part)
                : items(container).stream().anyMatch(item -> equal(item, value));
    }

    static @Nullable Object item(@Nullable Object object, @Nullable Object index) {
        if (object instanceof Map<?, ?> map) {
            String key = text(index);
            return map.containsKey(key) ? map.get(key) : Evaluator.UNDEFINED;
        }
        if (index instanceof Long number && (object instanceof List || object instanceof String)) {
            List<?> items = items(object);
            long at = number < 0 ? number + items.size() : number;
            return at >= 0 && at < items.size() ? items.get((int) at) : Evaluator.UNDEFINED;
        }
        return Evaluator.UNDEFINED;
    }

    static Object slice(@Nullable Object object, @Nullable Long start, @Nullable Long end, @Nullable Long step) {
        List<?> items = items(object);
        long by = step == null ? 1 : step;
        long size = items.size();
        long from = bound(start, by > 0 ? 0 : size - 1, size, by);
        long to = end == null && by < 0 ? -1 : bound(end, size, size, by);
        List<Object> picked = new ArrayList<>();
        for (long at = from; by > 0 ? at < to : at > to; at += by) {
            picked.add(Objects.requireNonNull(items.get((int) at)));
        }
        return object instanceof String ? picked.stream().map(String::valueOf).collect(Collectors.joining()) : picked;
    }

    private static long bound(@Nullable Long given, long otherwise, long size, long step) {
        if (given == null) {
            return otherwise;
        }
        long at = given < 0 ? given + size : given;
        return step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
    }

    /// The value of an operation; empty for operands that Python refuses, and for the formatting `%` of text.
    static Optional<Object> arithmetic(String operator, @Nullable Object left, @Nullable Object right) {
        if (left instanceof Number first && right instanceof Number second) {
            return Optional.of(number(operator, first, second));
        }
        if (operator.equals("+") && left instanceof List<?> first && right instanceof List<?> second) {
            List<Object> both = new ArrayList<>(first);
            both.addAll(second);
            return Optional.of(both);
        }
        if (operator.equals("+") && left instanceof String first && right instanceof String second) {
            return Optional.of(first + second);
        }
        return operator.equals("*") && left instanceof String text && right instanceof Long times
                ? Optional.of(text.repeat((int) Math.max(0, times)))
                : Optional.empty();
    }

    private static Object number(String operator, Number left, Number right) {
        if (left instanceof Long first && right instanceof Long second) {
            return switch (operator) {
                case "+" -> first + second;
                case "-" -> first - second;
                case "*" -> first * second;
                case "//" -> Math.floorDiv(first, second);
                case "%" -> Math.floorMod(first, second);
                default -> first.doubleValue() / second;
            };
        }
        double a = left.doubleValue();
        double b = right.doubleValue();
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            default -> a / b;
        };
    }

    static List<Object> range(List<@Nullable Object> bounds) {
        long start = bounds.size() > 1 && bounds.getFirst() instanceof Long first ? first : 0;
        long end = bounds.get(bounds.size() > 1 ? 1 : 0) instanceof Long last ? last : 0;
        long step = bounds.size() > 2 && bounds.get(2) instanceof Long by ? by : 1;
        List<Object> numbers = new ArrayList<>();
        for (long at = start; step > 0 ? at < end : at > end; at += step) {
            numbers.add(at);
        }
        return numbers;
    }

    /// A method of a text or a map; empty when there is none of that name.
    static Optional<Object> method(@Nullable Object object, String name, List<@Nullable Object> arguments) {
        if (object instanceof String text) {
            return Optional.ofNullable(textMethod(text, name, arguments));
        }
        if (object instanceof Map<?, ?> map) {
            return Optional.ofNullable(
                    switch (name) {
                        case "items" ->
                            map.entrySet().stream()
                                    .map(entry -> Arrays.asList(entry.getKey(), entry.getValue()))
                                    .toList();
                        case "keys" -> List.copyOf(map.keySet());
                        case "values" -> new ArrayList<>(map.values());
                        default -> null;
                    });
        }
        return Optional.empty();
    }

    private static @Nullable Object textMethod(String text, String name, List<@Nullable Object> arguments) {
        String first = arguments.isEmpty() ? "" : text(arguments.getFirst());
        return switch (name) {
            case "strip" -> strip(text, first, true, true);
            case "lstrip" -> strip(text, first, true, false);
            case "rstrip" -> strip(text, first, false, true);
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "title" -> title(text);
            case "capitalize" -> capitalized(text);
            case "startswith" -> any(arguments.getFirst(), text::startsWith);
            case "endswith" -> any(arguments.getFirst(), text::endsWith);
            case "find" -> (long) text.indexOf(first);
            case "replace" -> arguments.size() == 2 ? text.replace(first, text(arguments.get(1))) : null;
            case "split" -> split(text, arguments);
            default -> null;
        };
    }

    /// Whether a text, or one of several, fulfils a condition.
    private static boolean any(@Nullable Object texts, Predicate<String> condition) {
        return (texts instanceof List<?> list ? list : Arrays.asList(texts))
                .stream().map(Values::text).anyMatch(condition);
    }

    private static String strip(String text, String characters, boolean left, boolean right) {
        int start = 0;
        int end = text.length();
        while (left && start < end && strips(text.charAt(start), characters)) {
            start++;
        }
        while (right && end > start && strips(text.charAt(end - 1), characters)) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean strips(char character, String characters) {
        return characters.isEmpty() ? isSpace(character) : characters.indexOf(character) >= 0;
    }

    /// Python's `str.isspace`: Java's white space and the four that Java leaves out, no-break spaces among them.
    private static boolean isSpace(char character) {
        return Character.isWhitespace(character)
                || character == 0x85
                || character == 0xA0
                || character == 0x2007
                || character == 0x202F;
    }

    private static List<Object> split(String text, List<@Nullable Object> arguments) {
        if (arguments.isEmpty()) {
            return words(text);
        }
        int limit = arguments.size() > 1 && arguments.get(1) instanceof Long most ? Math.toIntExact(most) + 1 : -1;
        return List.of((Object[]) text.split(java.util.regex.Pattern.quote(text(arguments.getFirst())), limit));
    }

    private static List<Object> words(String text) {
        List<Object> words = new ArrayList<>();
        int start = 0;
        for (int at = 0; at <= text.length(); at++) {
            if (at == text.length() || isSpace(text.charAt(at))) {
                if (start < at) {
                    words.add(text.substring(start, at));
                }
                start = at + 1;
            }
        }
        return words;
    }

    private static String capitalized(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private static String title(String text) {
        StringBuilder titled = new StringBuilder();
        boolean inside = false;
        for (char character : text.toCharArray()) {
            titled.append(inside ? Character.toLowerCase(character) : Character.toUpperCase(character));
            inside = Character.isLetter(character);
        }
        return titled.toString();
    }

    /// A filter; empty when there is none of that name.
    static Optional<Object> filter(@Nullable Object value, String name, List<@Nullable Object> arguments) {
        List<?> items = items(value);
        return Optional.ofNullable(
                switch (name) {
                    case "trim" ->
                        strip(text(value), arguments.isEmpty() ? "" : text(arguments.getFirst()), true, true);
                    case "tojson" -> arguments.isEmpty() ? json(value) : null;
                    case "upper" -> text(value).toUpperCase(Locale.ROOT);
                    case "lower" -> text(value).toLowerCase(Locale.ROOT);
                    case "title" -> title(text(value));
                    case "capitalize" -> capitalized(text(value));
                    case "string" -> text(value);
                    case "safe" -> value;
                    case "int" ->
                        value instanceof Number number
                                ? number.longValue()
                                : text(value).strip().matches("[+-]?\\d{1,18}")
                                        ? Long.parseLong(text(value).strip())
                                        : arguments.isEmpty() ? Long.valueOf(0) : arguments.getFirst();
                    case "length", "count" -> (long) items.size();
                    case "list" -> items;
                    case "first" -> items.isEmpty() ? Evaluator.UNDEFINED : items.getFirst();
                    case "last" -> items.isEmpty() ? Evaluator.UNDEFINED : items.getLast();
                    case "reverse" -> new ArrayList<>(items).reversed();
                    case "join" ->
                        items.stream()
                                .map(Values::text)
                                .collect(Collectors.joining(arguments.isEmpty() ? "" : text(arguments.getFirst())));
                    case "replace" -> textMethod(text(value), "replace", arguments);
                    case "items" -> method(value, "items", List.of()).orElse(List.of());
                    default -> null;
                });
    }
}
