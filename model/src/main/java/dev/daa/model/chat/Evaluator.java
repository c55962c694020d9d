package dev.daa.model.chat;

import dev.daa.compute.InputException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs a parsed template. Values are text, [Long], [Double], booleans, lists, maps, null for `none` and [#UNDEFINED];
/// variables set in a loop end with the loop, as in Jinja.
final class Evaluator {
    /// What a name without a value gives: prints as nothing and is false.
    static final Object UNDEFINED = new Object() {
        @Override
        public String toString() {
            return "";
        }
    };

    private final String place;
    private final Deque<Map<String, @Nullable Object>> scopes = new ArrayDeque<>();
    private final StringBuilder out = new StringBuilder();

    /// The template called `raise_exception`.
    static final class Raised extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Raised(String message) {
            super(message);
        }
    }

    private enum Flow {
        ON,
        BREAK,
        CONTINUE
    }

    Evaluator(String place, Map<String, @Nullable Object> variables) {
        this.place = place;
        scopes.push(new LinkedHashMap<>(variables));
    }

    String render(List<Node> nodes) {
        Flow unused = run(nodes);
        return out.toString();
    }

    private Flow run(List<Node> nodes) {
        for (Node node : nodes) {
            Flow flow = run(node);
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private Flow run(Node node) {
        switch (node) {
            case Node.Text(String text) -> out.append(text);
            case Node.Print(Expression value) -> out.append(Values.text(evaluate(value)));
            case Node.If(List<Node.Branch> branches) -> {
                for (Node.Branch branch : branches) {
                    if (Values.truth(evaluate(branch.condition()))) {
                        return run(branch.body());
                    }
                }
            }
            case Node.For loop -> run(loop);
            case Node.Set(String name, var attribute, Expression value) -> set(name, attribute, evaluate(value));
            case Node.Break _ -> {
                return Flow.BREAK;
            }
            case Node.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    @SuppressWarnings("unchecked") // a namespace is a map that was made here
    private void set(String name, @Nullable String attribute, @Nullable Object value) {
        if (attribute == null) {
            scopes.getFirst().put(name, value);
        } else if (lookup(name) instanceof Map<?, ?> namespace) {
            ((Map<String, @Nullable Object>) namespace).put(attribute, value);
        } else {
            throw wrong("set " + name + "." + attribute + " without a namespace");
        }
    }

    private void run(Node.For loop) {
        List<@Nullable Object> items = new ArrayList<>();
        for (Object item : Values.items(evaluate(loop.items()))) {
            scopes.push(new LinkedHashMap<>());
            bind(loop.names(), item);
            if (loop.filter() == null || Values.truth(evaluate(loop.filter()))) {
                items.add(item);
            }
            scopes.pop();
        }
        if (items.isEmpty()) {
            Flow unused = run(loop.otherwise());
            return;
        }
        for (int i = 0; i < items.size(); i++) {
            Map<String, @Nullable Object> scope = new LinkedHashMap<>();
            scope.put("loop", position(items, i));
            scopes.push(scope);
            bind(loop.names(), items.get(i));
            Flow flow = run(loop.body());
            scopes.pop();
            if (flow == Flow.BREAK) {
                break;
            }
        }
    }

    private static Map<String, @Nullable Object> position(List<@Nullable Object> items, int index) {
        Map<String, @Nullable Object> loop = new LinkedHashMap<>();
        loop.put("index", index + 1L);
        loop.put("index0", (long) index);
        loop.put("revindex", (long) items.size() - index);
        loop.put("revindex0", items.size() - 1L - index);
        loop.put("first", index == 0);
        loop.put("last", index == items.size() - 1);
        loop.put("length", (long) items.size());
        loop.put("previtem", index == 0 ? UNDEFINED : items.get(index - 1));
        loop.put("nextitem", index == items.size() - 1 ? UNDEFINED : items.get(index + 1));
        return loop;
    }

    private void bind(List<String> names, @Nullable Object item) {
        if (names.size() == 1) {
            scopes.getFirst().put(names.getFirst(), item);
            return;
        }
        List<?> parts = Values.items(item);
        for (int i = 0; i < names.size(); i++) {
            scopes.getFirst().put(names.get(i), i < parts.size() ? parts.get(i) : UNDEFINED);
        }
    }

    private @Nullable Object lookup(String name) {
        for (Map<String, @Nullable Object> scope : scopes) {
            if (scope.containsKey(name)) {
                return scope.get(name);
            }
        }
        return UNDEFINED;
    }

    private @Nullable Object evaluate(Expression expression) {
        return switch (expression) {
            case Expression.Literal(var value) -> value;
            case Expression.ListOf(List<Expression> items) -> all(items);
            case Expression.MapOf(Map<Expression, Expression> entries) -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                entries.forEach((key, value) -> map.put(Values.text(evaluate(key)), evaluate(value)));
                yield map;
            }
            case Expression.Name(String name) -> lookup(name);
            case Expression.Item(Expression object, Expression index) -> Values.item(evaluate(object), evaluate(index));
            case Expression.Slice(Expression object, var start, var end, var step) ->
                Values.slice(evaluate(object), number(start), number(end), number(step));
            case Expression.Call(var object, String name, var arguments, var named) ->
                object == null
                        ? function(name, all(arguments), named)
                        : method(evaluate(object), name, all(arguments), named);
            case Expression.Filter(Expression value, String name, var arguments, var named) ->
                filter(evaluate(value), name, all(arguments), named);
            case Expression.Test(Expression value, String name, var arguments, boolean negated) ->
                test(evaluate(value), name, all(arguments)) != negated;
            case Expression.Unary(String operator, Expression value) ->
                switch (operator) {
                    case "not" -> !Values.truth(evaluate(value));
                    case "-" -> arithmetic("-", 0L, evaluate(value));
                    default -> evaluate(value);
                };
            case Expression.Binary(String operator, Expression left, Expression right) -> binary(operator, left, right);
            case Expression.Conditional(Expression condition, Expression then, var otherwise) ->
                Values.truth(evaluate(condition))
                        ? evaluate(then)
                        : otherwise == null ? UNDEFINED : evaluate(otherwise);
        };
    }

    private List<@Nullable Object> all(List<Expression> expressions) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Expression expression : expressions) {
            values.add(evaluate(expression));
        }
        return values;
    }

    private @Nullable Long number(@Nullable Expression expression) {
        return expression == null ? null : evaluate(expression) instanceof Long number ? number : null;
    }

    private @Nullable Object binary(String operator, Expression left, Expression right) {
        Object first = evaluate(left);
        return switch (operator) {
            case "and" -> Values.truth(first) ? evaluate(right) : first;
            case "or" -> Values.truth(first) ? first : evaluate(right);
            case "~" -> Values.text(first) + Values.text(evaluate(right));
            case "==" -> Values.equal(first, evaluate(right));
            case "!=" -> !Values.equal(first, evaluate(right));
            case "in" -> Values.contains(evaluate(right), first);
            case "<" -> compare(operator, first, evaluate(right)) < 0;
            case "<=" -> compare(operator, first, evaluate(right)) <= 0;
            case ">" -> compare(operator, first, evaluate(right)) > 0;
            case ">=" -> compare(operator, first, evaluate(right)) >= 0;
            default -> arithmetic(operator, first, evaluate(right));
        };
    }

    private int compare(String operator, @Nullable Object left, @Nullable Object right) {
        return Values.compare(left, right).orElseThrow(() -> wrongOperands(operator, left, right));
    }

    private Object arithmetic(String operator, @Nullable Object left, @Nullable Object right) {
        return Values.arithmetic(operator, left, right).orElseThrow(() -> wrongOperands(operator, left, right));
    }

    private InputException wrongOperands(String operator, @Nullable Object left, @Nullable Object right) {
        return wrong("the operator " + operator + " on " + Values.kind(left) + " and " + Values.kind(right));
    }

    private @Nullable Object function(String name, List<@Nullable Object> arguments, Map<String, Expression> named) {
        return switch (name) {
            case "raise_exception" -> throw new Raised(Values.text(arguments.getFirst()));
            case "namespace", "dict" -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                named.forEach((key, value) -> map.put(key, evaluate(value)));
                yield map;
            }
            case "range" -> Values.range(arguments);
            default -> throw wrong("the function " + name + "()");
        };
    }

    private @Nullable Object method(
            @Nullable Object object, String name, List<@Nullable Object> arguments, Map<String, Expression> named) {
        refuseNamed("the method ." + name + "()", named);
        if (object instanceof Map<?, ?> map && name.equals("get")) {
            String key = Values.text(arguments.getFirst());
            return map.containsKey(key) ? map.get(key) : arguments.size() > 1 ? arguments.get(1) : null;
        }
        return Values.method(object, name, arguments).orElseThrow(() -> wrong("the method ." + name + "()"));
    }

    private @Nullable Object filter(
            @Nullable Object value, String name, List<@Nullable Object> arguments, Map<String, Expression> named) {
        return switch (name) {
            case "default" -> {
                Object otherwise = argument(arguments, 0, named, "default_value", "");
                Object falseToo = argument(arguments, 1, named, "boolean", false);
                yield value == UNDEFINED || Values.truth(falseToo) && !Values.truth(value) ? otherwise : value;
            }
            case "selectattr", "rejectattr" -> {
                refuseNamed("the filter " + name, named);
                boolean keep = name.equals("selectattr");
                yield Values.items(value).stream()
                        .filter(item -> keep == passes(item, arguments))
                        .toList();
            }
            default -> {
                refuseNamed("the filter " + name, named);
                yield Values.filter(value, name, arguments).orElseThrow(() -> wrong("the filter " + name));
            }
        };
    }

    /// Whether an item's attribute passes a test: `selectattr(attribute, test, value…)`.
    private boolean passes(@Nullable Object item, List<@Nullable Object> arguments) {
        String attribute = Values.text(arguments.getFirst());
        if (attribute.contains(".")) {
            throw wrong("the attribute " + attribute + " of an attribute");
        }
        Object found = Values.item(item, attribute);
        return arguments.size() == 1
                ? Values.truth(found)
                : test(found, Values.text(arguments.get(1)), arguments.subList(2, arguments.size()));
    }

    private @Nullable Object argument(
            List<@Nullable Object> arguments, int at, Map<String, Expression> named, String name, Object otherwise) {
        Expression given = named.get(name);
        return at < arguments.size() ? arguments.get(at) : given == null ? otherwise : evaluate(given);
    }

    private void refuseNamed(String what, Map<String, Expression> named) {
        if (!named.isEmpty()) {
            throw wrong(what + " with " + named.keySet().iterator().next() + "=");
        }
    }

    private boolean test(@Nullable Object value, String name, List<@Nullable Object> arguments) {
        return switch (name) {
            case "defined" -> value != UNDEFINED;
            case "undefined" -> value == UNDEFINED;
            case "none" -> value == null;
            case "string" -> value instanceof String;
            case "mapping" -> value instanceof Map;
            case "sequence", "iterable" -> value instanceof List || value instanceof String || value instanceof Map;
            case "boolean" -> value instanceof Boolean;
            case "number" -> value instanceof Long || value instanceof Double;
            case "integer" -> value instanceof Long;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "odd" -> value instanceof Long number && number % 2 != 0;
            case "even" -> value instanceof Long number && number % 2 == 0;
            case "equalto", "eq", "==" -> Values.equal(value, arguments.getFirst());
            case "ne", "!=" -> !Values.equal(value, arguments.getFirst());
            case "in" -> Values.contains(arguments.getFirst(), value);
            default -> throw wrong("the test " + name);
        };
    }

    private InputException wrong(String what) {
        return new InputException(place + ": the chat template uses " + what
                + ", which is not supported; give prompt and response as text instead");
    }
}
