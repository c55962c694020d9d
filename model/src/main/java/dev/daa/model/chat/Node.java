package dev.daa.model.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Parts of a parsed template.
sealed interface Node {
    /// Text that is printed as it is.
    record Text(String text) implements Node {}

    /// `{{ value }}`
    record Print(Expression value) implements Node {}

    /// `{% if %}`: the first branch whose condition holds; `else` has the condition true.
    record If(List<Branch> branches) implements Node {}

    record Branch(Expression condition, List<Node> body) {}

    /// `{% for name in items if filter %}`; `otherwise` where nothing is left to go through.
    record For(
            List<String> names, Expression items, @Nullable Expression filter, List<Node> body, List<Node> otherwise)
            implements Node {}

    /// `{% set name = value %}`, `{% set object.attribute = value %}`.
    record Set(String name, @Nullable String attribute, Expression value) implements Node {}

    record Break() implements Node {}

    record Continue() implements Node {}
}
