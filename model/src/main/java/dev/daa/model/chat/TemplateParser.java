package dev.daa.model.chat;

import dev.daa.compute.InputException;
import dev.daa.model.chat.TemplateLexer.Kind;
import dev.daa.model.chat.TemplateLexer.Piece;
import dev.daa.model.chat.TemplateLexer.Token;
import dev.daa.model.chat.TemplateLexer.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Parses a template by recursive descent, with Jinja's precedence of operators.
final class TemplateParser {
    private static final List<String> COMPARISONS = List.of("==", "!=", "<=", ">=", "<", ">");

    private final String place;
    private final List<Piece> pieces;
    private int piece;
    private List<Token> tokens = List.of();
    private int token;

    TemplateParser(String place, String source) {
        this.place = place;
        pieces = new TemplateLexer(place, source).pieces();
    }

    List<Node> parse() {
        List<Node> nodes = body();
        if (piece < pieces.size()) {
            throw unexpected("a block that was not opened: " + statementName());
        }
        return nodes;
    }

    /// Nodes up to a statement that closes or continues a block.
    private List<Node> body() {
        List<Node> nodes = new ArrayList<>();
        while (piece < pieces.size()) {
            Piece next = pieces.get(piece);
            if (next.kind() == Kind.TEXT) {
                nodes.add(new Node.Text(next.text()));
                piece++;
            } else if (next.kind() == Kind.PRINT) {
                enter();
                nodes.add(new Node.Print(whole()));
            } else if (List.of("elif", "else", "endif", "endfor", "endgeneration")
                    .contains(statementName())) {
                break;
            } else {
                statement(nodes);
            }
        }
        return nodes;
    }

    private String statementName() {
        return pieces.get(piece).tokens().getFirst().text();
    }

    private void statement(List<Node> nodes) {
        enter();
        String name = next().text();
        switch (name) {
            case "if" -> nodes.add(conditional());
            case "for" -> nodes.add(loop());
            case "set" -> nodes.add(assignment());
            case "break" -> nodes.add(new Node.Break());
            case "continue" -> nodes.add(new Node.Continue());
            // Marks what the assistant wrote, for training masks; prints its body.
            case "generation" -> {
                nodes.addAll(body());
                close("endgeneration");
            }
            default ->
                throw InputException.of(
                        place,
                        "{% " + name + " %}",
                        "if, for, set, break or continue",
                        "other statements of Jinja are not supported");
        }
    }

    private Node conditional() {
        List<Node.Branch> branches = new ArrayList<>();
        branches.add(new Node.Branch(whole(), body()));
        while (true) {
            String name = statementOrEnd("endif");
            enter();
            next();
            switch (name) {
                case "elif" -> branches.add(new Node.Branch(whole(), body()));
                case "else" -> branches.add(new Node.Branch(new Expression.Literal(true), body()));
                default -> {
                    return new Node.If(branches);
                }
            }
        }
    }

    private Node loop() {
        List<String> names = new ArrayList<>(List.of(name()));
        while (accept(",")) {
            names.add(name());
        }
        require("in");
        Expression items = or();
        @Nullable Expression filter = accept("if") ? expression() : null;
        end();
        List<Node> body = body();
        List<Node> otherwise = List.of();
        if (statementOrEnd("endfor").equals("else")) {
            piece++;
            otherwise = body();
        }
        close("endfor");
        return new Node.For(names, items, filter, body, otherwise);
    }

    private Node assignment() {
        String name = name();
        @Nullable String attribute = accept(".") ? name() : null;
        require("=");
        return new Node.Set(name, attribute, whole());
    }

    private String statementOrEnd(String wanted) {
        if (piece >= pieces.size()) {
            throw unexpected("the template's end before {% " + wanted + " %}");
        }
        return statementName();
    }

    private void close(String wanted) {
        if (!statementOrEnd(wanted).equals(wanted)) {
            throw unexpected("{% " + statementName() + " %} before {% " + wanted + " %}");
        }
        piece++;
    }

    private void enter() {
        tokens = pieces.get(piece++).tokens();
        token = 0;
    }

    private Expression whole() {
        Expression expression = expression();
        end();
        return expression;
    }

    private void end() {
        if (peek().type() != Type.END) {
            throw unexpected("'" + peek().text() + "' after an expression");
        }
    }

    private Expression expression() {
        Expression value = or();
        if (!accept("if")) {
            return value;
        }
        Expression condition = or();
        return new Expression.Conditional(condition, value, accept("else") ? expression() : null);
    }

    private Expression or() {
        Expression left = and();
        while (accept("or")) {
            left = new Expression.Binary("or", left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (accept("and")) {
            left = new Expression.Binary("and", left, not());
        }
        return left;
    }

    private Expression not() {
        return accept("not") ? new Expression.Unary("not", not()) : comparison();
    }

    private Expression comparison() {
        Expression left = sum();
        @Nullable Expression chain = null;
        while (true) {
            Expression right;
            Expression link;
            if (COMPARISONS.contains(peek().text()) && peek().type() == Type.SYMBOL) {
                String operator = next().text();
                right = sum();
                link = new Expression.Binary(operator, left, right);
            } else if (accept("in")) {
                right = sum();
                link = new Expression.Binary("in", left, right);
            } else if (peek().is("not") && tokens.get(token + 1).is("in")) {
                token += 2;
                right = sum();
                link = new Expression.Unary("not", new Expression.Binary("in", left, right));
            } else {
                return chain == null ? left : chain;
            }
            // a < b < c is a < b and b < c.
            chain = chain == null ? link : new Expression.Binary("and", chain, link);
            left = right;
        }
    }

    private Expression sum() {
        Expression left = joined();
        while (peek().is("+") || peek().is("-")) {
            left = new Expression.Binary(next().text(), left, joined());
        }
        return left;
    }

    private Expression joined() {
        Expression left = product();
        while (accept("~")) {
            left = new Expression.Binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = unary();
        while (peek().is("*") || peek().is("/") || peek().is("//") || peek().is("%")) {
            left = new Expression.Binary(next().text(), left, unary());
        }
        return left;
    }

    private Expression unary() {
        if (peek().is("-") || peek().is("+")) {
            return new Expression.Unary(next().text(), unary());
        }
        return postfix(primary());
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            if (accept(".")) {
                String name = next().text();
                value = peek().is("(") ? call(value, name) : new Expression.Item(value, new Expression.Literal(name));
            } else if (accept("[")) {
                value = subscript(value);
            } else if (accept("|")) {
                String name = name();
                Map<String, Expression> named = new LinkedHashMap<>();
                value = new Expression.Filter(value, name, accept("(") ? arguments(named) : List.of(), named);
            } else if (accept("is")) {
                value = test(value);
            } else {
                return value;
            }
        }
    }

    private Expression test(Expression value) {
        boolean negated = accept("not");
        String name = name();
        List<Expression> arguments = List.of();
        if (accept("(")) {
            arguments = arguments(new LinkedHashMap<>());
        } else if (peek().type() == Type.TEXT || peek().type() == Type.INTEGER || argumentName() || peek().is("[")) {
            arguments = List.of(primary());
        }
        return new Expression.Test(value, name, arguments, negated);
    }

    /// Whether a name follows that goes on with no expression: what a test compares with.
    private boolean argumentName() {
        return peek().type() == Type.NAME
                && !List.of("and", "or", "not", "if", "else", "in", "is").contains(peek().text());
    }

    private Expression subscript(Expression object) {
        @Nullable Expression start = peek().is(":") ? null : expression();
        if (accept("]")) {
            return new Expression.Item(object, java.util.Objects.requireNonNull(start));
        }
        require(":");
        @Nullable Expression end = peek().is(":") || peek().is("]") ? null : expression();
        @Nullable Expression step = accept(":") && !peek().is("]") ? expression() : null;
        require("]");
        return new Expression.Slice(object, start, end, step);
    }

    private Expression call(@Nullable Expression object, String name) {
        require("(");
        Map<String, Expression> named = new LinkedHashMap<>();
        return new Expression.Call(object, name, arguments(named), named);
    }

    private List<Expression> arguments(Map<String, Expression> named) {
        List<Expression> arguments = new ArrayList<>();
        while (!accept(")")) {
            if (peek().type() == Type.NAME && tokens.get(token + 1).is("=")) {
                String name = name();
                require("=");
                named.put(name, expression());
            } else {
                arguments.add(expression());
            }
            if (!peek().is(")")) {
                require(",");
            }
        }
        return arguments;
    }

    private Expression primary() {
        Token first = next();
        return switch (first.type()) {
            case TEXT -> {
                StringBuilder text = new StringBuilder(first.text());
                while (peek().type() == Type.TEXT) {
                    text.append(next().text());
                }
                yield new Expression.Literal(text.toString());
            }
            case INTEGER -> new Expression.Literal(Long.parseLong(first.text()));
            case DECIMAL -> new Expression.Literal(Double.parseDouble(first.text()));
            case NAME ->
                switch (first.text()) {
                    case "true", "True" -> new Expression.Literal(true);
                    case "false", "False" -> new Expression.Literal(false);
                    case "none", "None" -> new Expression.Literal(null);
                    default -> peek().is("(") ? call(null, first.text()) : new Expression.Name(first.text());
                };
            case SYMBOL ->
                switch (first.text()) {
                    case "(" -> parenthesis();
                    case "[" -> new Expression.ListOf(list());
                    case "{" -> new Expression.MapOf(map());
                    default -> throw unexpected("'" + first.text() + "' where a value is expected");
                };
            case END -> throw unexpected("the end of an expression where a value is expected");
        };
    }

    private Expression parenthesis() {
        Expression inner = expression();
        if (accept(")")) {
            return inner;
        }
        List<Expression> items = new ArrayList<>(List.of(inner));
        while (accept(",") && !peek().is(")")) {
            items.add(expression());
        }
        require(")");
        return new Expression.ListOf(items);
    }

    private List<Expression> list() {
        List<Expression> items = new ArrayList<>();
        while (!accept("]")) {
            items.add(expression());
            if (!peek().is("]")) {
                require(",");
            }
        }
        return items;
    }

    private Map<Expression, Expression> map() {
        Map<Expression, Expression> entries = new LinkedHashMap<>();
        while (!accept("}")) {
            Expression key = expression();
            require(":");
            entries.put(key, expression());
            if (!peek().is("}")) {
                require(",");
            }
        }
        return entries;
    }

    private Token peek() {
        return tokens.get(token);
    }

    private Token next() {
        Token next = tokens.get(token);
        if (next.type() != Type.END) {
            token++;
        }
        return next;
    }

    private boolean accept(String text) {
        boolean found = peek().is(text);
        if (found) {
            token++;
        }
        return found;
    }

    private void require(String text) {
        if (!accept(text)) {
            throw unexpected("'" + peek().text() + "' where '" + text + "' is expected");
        }
    }

    private String name() {
        Token next = next();
        if (next.type() != Type.NAME) {
            throw unexpected("'" + next.text() + "' where a name is expected");
        }
        return next.text();
    }

    private InputException unexpected(String what) {
        return new InputException(place + ": the chat template is not understood: found " + what);
    }
}
