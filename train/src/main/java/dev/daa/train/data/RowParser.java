package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.chat.ChatTemplate;
import dev.daa.model.chat.Conversation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Turns rows of any [RowLayout] into prompts and responses.
final class RowParser {
    private static final String ASSISTANT = "\n\nAssistant:";

    private final @Nullable ChatTemplate chat;
    private final String rating;

    /// @param chat turns messages into text; none where the model has none
    /// @param rating which attribute of rated responses decides
    RowParser(@Nullable ChatTemplate chat, String rating) {
        this.chat = chat;
        this.rating = rating;
    }

    /// A row as it is: a pair, a judged response, a demonstration or a prompt.
    RawRow parse(DataLine line) {
        return switch (RowLayout.of(line.object())) {
            case PAIR, DIALOGUES, CHATS, COMPARISON -> pair(line);
            case LABELLED, RATED -> judged(line);
            case DEMONSTRATION, POST, TEXT -> example(line);
            case CHAT -> endsWithAnswer(line) ? example(line) : new RawRow.Prompt(prompt(line));
            case PROMPT -> new RawRow.Prompt(prompt(line));
        };
    }

    /// The row as a preference, or as a judged response that becomes part of one.
    RawRow preference(DataLine line) {
        return switch (RowLayout.of(line.object())) {
            case LABELLED, RATED -> judged(line);
            case PAIR, DIALOGUES, CHATS, COMPARISON, DEMONSTRATION, CHAT, POST, TEXT, PROMPT -> pair(line);
        };
    }

    private RawRow.Pair pair(DataLine line) {
        return switch (RowLayout.of(line.object())) {
            case DIALOGUES -> dialogues(line);
            case CHATS -> chats(line);
            case COMPARISON -> comparison(line);
            // Rows without a pair end with the key that they lack.
            case PAIR, LABELLED, RATED, DEMONSTRATION, CHAT, POST, TEXT, PROMPT -> {
                Passage prompt = passage(line, "prompt");
                yield new RawRow.Pair(prompt, passage(line, "chosen"), passage(line, "rejected"), true);
            }
        };
    }

    /// The row as a demonstration: what a preference has chosen, the last answer of a chat.
    RawRow example(DataLine line) {
        RowLayout layout = RowLayout.of(line.object());
        if (layout != RowLayout.LABELLED && line.object().has("response_ids")) {
            return new RawRow.Example(passage(line, "prompt"), passage(line, "response"));
        }
        return switch (layout) {
            case PAIR, DIALOGUES, CHATS, COMPARISON -> {
                RawRow.Pair pair = pair(line);
                yield new RawRow.Example(pair.prompt(), pair.chosen());
            }
            case LABELLED, RATED -> judged(line);
            case CHAT -> {
                Conversation talk = Conversation.of(
                        line.place() + ": messages", line.object().path("messages"));
                yield new RawRow.Example(chatPrompt(line, talk.beforeAnswer()), answer(line, "response", talk));
            }
            case POST ->
                new RawRow.Example(
                        post(line.place(), line.object()), summary("response", text(line, line.object(), "summary")));
            case TEXT -> new RawRow.Example(Passage.Text.prompt(""), passage(line, "text"));
            case DEMONSTRATION, PROMPT -> {
                String field = responseField(line);
                if (hasMessages(line, field)) {
                    Conversation talk = talk(line, field);
                    yield new RawRow.Example(chatPrompt(line, talk.beforeAnswer()), answer(line, "response", talk));
                }
                Passage prompt = passage(line, "prompt");
                yield new RawRow.Example(prompt, passage(line, field));
            }
        };
    }

    /// The row's prompt.
    Passage prompt(DataLine line) {
        ObjectNode row = line.object();
        return switch (RowLayout.of(row)) {
            case DIALOGUES, CHATS, COMPARISON -> pair(line).prompt();
            case CHAT -> {
                Conversation talk = Conversation.of(line.place() + ": messages", row.path("messages"));
                yield chatPrompt(line, talk.endsWithAnswer() ? talk.beforeAnswer() : talk);
            }
            case POST -> post(line.place(), row);
            case LABELLED, RATED, DEMONSTRATION ->
                hasMessages(line, responseField(line))
                        ? chatPrompt(line, talk(line, responseField(line)).beforeAnswer())
                        : passage(line, "prompt");
            case PROMPT ->
                row.path("prompt").isArray() && !row.has("prompt_ids") ? asked(line) : passage(line, "prompt");
            case PAIR, TEXT -> passage(line, "prompt");
        };
    }

    /// The prompt of a row that has messages and no answer to them.
    private Passage asked(DataLine line) {
        Conversation prompt =
                Conversation.of(line.place() + ": prompt", line.object().path("prompt"));
        if (prompt.endsWithAnswer()) {
            throw InputException.of(
                    line.place() + ": prompt",
                    "a last message from the assistant",
                    "one that the assistant answers",
                    "to leave the answer out, name the list messages");
        }
        return chatPrompt(line, prompt);
    }

    private static String responseField(DataLine line) {
        ObjectNode row = line.object();
        return row.has("completion") || row.has("completion_ids") ? "completion" : "response";
    }

    /// Whether prompt and response are lists of messages and not text or ids.
    private static boolean hasMessages(DataLine line, String field) {
        ObjectNode row = line.object();
        return !row.has("prompt_ids")
                && !row.has(field + "_ids")
                && (row.path("prompt").isArray() || row.path(field).isArray());
    }

    /// The prompt's messages and then the field's, which may repeat them.
    private static Conversation talk(DataLine line, String field) {
        Conversation prompt =
                Conversation.of(line.place() + ": prompt", line.object().path("prompt"));
        return prompt.continuedBy(
                Conversation.of(line.place() + ": " + field, line.object().path(field)));
    }

    private static boolean endsWithAnswer(DataLine line) {
        return Conversation.of(line.place() + ": messages", line.object().path("messages"))
                .endsWithAnswer();
    }

    /// The rule of Anthropic's data: the prompt ends with the last "\n\nAssistant:" of each dialogue.
    private static RawRow.Pair dialogues(DataLine line) {
        String chosen = text(line, line.object(), "chosen");
        String rejected = text(line, line.object(), "rejected");
        int chosenAt = split(line, "chosen", chosen);
        int rejectedAt = split(line, "rejected", rejected);
        String prompt = chosen.substring(0, chosenAt);
        return new RawRow.Pair(
                Passage.Text.prompt(prompt),
                new Passage.Text("chosen", chosen.substring(chosenAt)),
                new Passage.Text("rejected", rejected.substring(rejectedAt)),
                prompt.equals(rejected.substring(0, rejectedAt)));
    }

    private static int split(DataLine line, String field, String dialogue) {
        int at = dialogue.lastIndexOf(ASSISTANT);
        if (at < 0) {
            throw InputException.of(
                    line.place() + ": " + field,
                    "no prompt in the row and no \"\\n\\nAssistant:\" in the text",
                    "a prompt, or dialogues to split after the last \"\\n\\nAssistant:\"",
                    "");
        }
        return at + ASSISTANT.length();
    }

    private RawRow.Pair chats(DataLine line) {
        ObjectNode row = line.object();
        boolean prompted = row.path("prompt").isArray();
        Conversation chosen =
                prompted ? talk(line, "chosen") : Conversation.of(line.place() + ": chosen", row.path("chosen"));
        Conversation rejected =
                prompted ? talk(line, "rejected") : Conversation.of(line.place() + ": rejected", row.path("rejected"));
        if (!prompted && chosen.beforeAnswer().messages().isEmpty()) {
            throw InputException.of(
                    line.place() + ": prompt",
                    row.has("prompt") ? "text, and the answers as messages" : "nothing that the messages answer",
                    "a list of messages, or chosen and rejected with all messages before the answer",
                    "");
        }
        return new RawRow.Pair(
                chatPrompt(line, chosen.beforeAnswer()),
                answer(line, "chosen", chosen),
                answer(line, "rejected", rejected),
                chosen.beforeAnswer().equals(rejected.beforeAnswer()));
    }

    private Passage chatPrompt(DataLine line, Conversation before) {
        return new Passage.Text("prompt", template(line).prompt(line.place(), before));
    }

    private Passage answer(DataLine line, String field, Conversation talk) {
        return new Passage.Text(field, template(line).answer(line.place(), talk), Passage.Bounds.ANSWER);
    }

    private ChatTemplate template(DataLine line) {
        if (chat == null) {
            throw InputException.of(
                    line.place(),
                    "messages, but the model has no chat template",
                    "one in tokenizer_config.json or chat_template.jinja",
                    "add it to the model folder, or give prompt and response as text");
        }
        for (String key : List.of("tools", "documents", "chat_template_kwargs")) {
            if (!line.object().path(key).isEmpty()) {
                throw InputException.of(
                        line.place() + ": " + key,
                        "values for the chat template",
                        "none: they change its text and are not supported",
                        "remove the key, or give prompt and response as text");
            }
        }
        return chat;
    }

    private static RawRow.Pair comparison(DataLine line) {
        JsonNode summaries = line.object().path("summaries");
        int choice = line.object().path("choice").asInt(-1);
        if (!summaries.isArray() || summaries.size() != 2 || choice < 0 || choice > 1) {
            throw InputException.of(
                    line.place(),
                    summaries.size() + " summaries and the choice "
                            + line.object().path("choice"),
                    "2 summaries and the choice 0 or 1",
                    "");
        }
        return new RawRow.Pair(
                post(line.place() + ": info", line.object().path("info")),
                summary("chosen", text(line, summaries.get(choice), "text")),
                summary("rejected", text(line, summaries.get(1 - choice), "text")),
                true);
    }

    /// The prompt of Stiennon et al. (2009.01325), without the cut to 512 tokens.
    private static Passage post(String place, JsonNode info) {
        return Passage.Text.prompt("SUBREDDIT: r/" + text(place, info, "subreddit") + "\n\nTITLE: "
                + text(place, info, "title") + "\n\nPOST: " + text(place, info, "post") + "\n\nTL;DR:");
    }

    private static Passage summary(String field, String text) {
        return new Passage.Text(field, text.isBlank() ? "" : " " + text.strip());
    }

    private RawRow.Judged judged(DataLine line) {
        ObjectNode row = line.object();
        boolean labelled = RowLayout.of(row) == RowLayout.LABELLED;
        String key = labelled ? "label" : rating;
        JsonNode value = row.path(key);
        boolean known = labelled ? value.isBoolean() || value.isIntegralNumber() : value.isNumber();
        if (!known) {
            throw InputException.of(
                    line.place() + ": " + key,
                    value.isMissingNode() ? "the keys " + String.join(", ", row.propertyNames()) : value.toString(),
                    labelled ? "true or false" : "a number",
                    "");
        }
        double rated = value.isBoolean() ? value.booleanValue() ? 1 : 0 : value.doubleValue();
        String field = responseField(line);
        if (hasMessages(line, field)) {
            Conversation talk = talk(line, field);
            return new RawRow.Judged(chatPrompt(line, talk.beforeAnswer()), answer(line, "response", talk), rated);
        }
        return new RawRow.Judged(passage(line, "prompt"), passage(line, field), rated);
    }

    /// A field as ids where the row has them, else as text. Generated files carry both; the ids are exact.
    private static Passage passage(DataLine line, String field) {
        JsonNode ids = line.object().get(field + "_ids");
        if (ids != null) {
            return new Passage.Ids(field, ids);
        }
        return new Passage.Text(
                field,
                text(line, line.object(), field),
                field.equals("prompt") ? Passage.Bounds.FIRST : Passage.Bounds.FOLLOWING);
    }

    private static String text(DataLine line, JsonNode object, String field) {
        return text(line.place(), object, field);
    }

    private static String text(String place, JsonNode object, String field) {
        JsonNode text = object.get(field);
        if (text == null) {
            List<String> keys = new ArrayList<>(object.propertyNames());
            throw InputException.of(
                    place,
                    keys.isEmpty() ? "no keys" : "the keys " + String.join(", ", keys),
                    field + " (text) or " + field + "_ids (token ids)",
                    "");
        }
        if (!text.isString()) {
            throw InputException.of(place + ": " + field, text.toString(), "text", "");
        }
        return text.stringValue();
    }
}
