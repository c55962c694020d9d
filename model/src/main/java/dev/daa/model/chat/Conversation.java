package dev.daa.model.chat;

import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Messages in order, each a map with at least `role` and `content`.
public record Conversation(List<Map<String, @Nullable Object>> messages) {
    private static final String ASSISTANT = "assistant";

    public Conversation {
        messages = List.copyOf(messages);
    }

    /// Reads a list of messages.
    ///
    /// @param place of the list, for errors
    public static Conversation of(String place, JsonNode list) {
        if (!list.isArray() || list.isEmpty()) {
            throw InputException.of(
                    place,
                    list.isMissingNode() ? "nothing" : list.toString(),
                    "a list of messages with role and content",
                    "");
        }
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        for (JsonNode message : list) {
            if (!message.path("role").isString() || !message.path("content").isString()) {
                throw InputException.of(
                        place + "[" + messages.size() + "]",
                        message.toString(),
                        "a message with role and content as text",
                        "");
            }
            Map<String, @Nullable Object> entries = new LinkedHashMap<>();
            message.properties().forEach(entry -> entries.put(entry.getKey(), value(entry.getValue())));
            messages.add(entries);
        }
        return new Conversation(messages);
    }

    /// What a template sees of a message's entry.
    private static @Nullable Object value(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> node.stringValue();
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> node.isIntegralNumber() ? (Object) node.longValue() : (Object) node.doubleValue();
            case ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                node.forEach(element -> list.add(value(element)));
                yield list;
            }
            case OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                node.properties().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
                yield map;
            }
            case NULL, MISSING, BINARY, POJO -> null;
        };
    }

    /// Whether the assistant speaks last.
    public boolean endsWithAnswer() {
        return !messages.isEmpty() && ASSISTANT.equals(messages.getLast().get("role"));
    }

    /// Everything before the last message.
    public Conversation beforeAnswer() {
        return new Conversation(messages.subList(0, messages.size() - 1));
    }

    /// This conversation and what follows it. Some data sets repeat the prompt's messages before the answer: where
    /// `more` begins with all of this, it is the whole.
    public Conversation continuedBy(Conversation more) {
        if (more.messages.size() > messages.size()
                && more.messages.subList(0, messages.size()).equals(messages)) {
            return more;
        }
        List<Map<String, @Nullable Object>> all = new ArrayList<>(messages);
        all.addAll(more.messages);
        return new Conversation(all);
    }
}
