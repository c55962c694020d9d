package dev.daa.model.chat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Expressions of a template.
sealed interface Expression {
    /// Text, whole number, decimal number, boolean or none.
    record Literal(@Nullable Object value) implements Expression {}

    record ListOf(List<Expression> items) implements Expression {}

    record MapOf(Map<Expression, Expression> entries) implements Expression {}

    record Name(String name) implements Expression {}

    /// `object.name` and `object[index]`.
    record Item(Expression object, Expression index) implements Expression {}

    /// `object[start:end:step]`.
    record Slice(
            Expression object,
            @Nullable Expression start,
            @Nullable Expression end,
            @Nullable Expression step) implements Expression {}

    /// A function, or a method of `object`.
    record Call(@Nullable Expression object, String name, List<Expression> arguments, Map<String, Expression> named)
            implements Expression {}

    /// `value | name(arguments)`.
    record Filter(Expression value, String name, List<Expression> arguments, Map<String, Expression> named)
            implements Expression {}

    /// `value is [not] name`.
    record Test(Expression value, String name, List<Expression> arguments, boolean negated) implements Expression {}

    /// `not`, unary `-` and `+`.
    record Unary(String operator, Expression value) implements Expression {}

    record Binary(String operator, Expression left, Expression right) implements Expression {}

    /// `then if condition else otherwise`.
    record Conditional(
            Expression condition, Expression then, @Nullable Expression otherwise) implements Expression {}
}
