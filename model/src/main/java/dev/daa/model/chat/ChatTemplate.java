package dev.daa.model.chat;

import dev.daa.compute.InputException;
import dev.daa.model.json.JsonKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The chat template of a model folder: `chat_template.jinja`, or the key `chat_template` of tokenizer_config.json.
///
/// Jinja as chat templates use it: `for`, `if`, `set`, `namespace`, `break`, `continue`, whitespace control (with
/// `trim_blocks` and `lstrip_blocks` on, as transformers has them), expressions with the filters, tests and methods of
/// [Evaluator]. What is not known is refused by name.
public final class ChatTemplate {
    private static final String FILE = "chat_template.jinja";
    private static final String CONFIG = "tokenizer_config.json";

    private final String place;
    private final List<Node> nodes;
    private final String bosToken;
    private final String eosToken;

    /// @param place where the template is from, for errors
    /// @param source the template
    public ChatTemplate(String place, String source, String bosToken, String eosToken) {
        this.place = place;
        this.nodes = new TemplateParser(place, source).parse();
        this.bosToken = bosToken;
        this.eosToken = eosToken;
    }

    /// The template of a model folder; empty where it has none, and where it has no tokenizer_config.json, which
    /// names the tokens that templates write.
    public static Optional<ChatTemplate> of(Path folder) {
        Path config = folder.resolve(CONFIG);
        if (!Files.exists(config)) {
            return Optional.empty();
        }
        JsonKeys keys = JsonKeys.read(config);
        String bos = token(keys, "bos_token");
        String eos = token(keys, "eos_token");
        Path file = folder.resolve(FILE);
        try {
            if (Files.exists(file)) {
                return Optional.of(new ChatTemplate(file.toString(), Files.readString(file), bos, eos));
            }
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
        }
        return source(keys).map(source -> new ChatTemplate(config + ": chat_template", source, bos, eos));
    }

    private static String token(JsonKeys keys, String key) {
        return keys.node().path(key).isObject() ? keys.object(key).text("content") : keys.text(key, "");
    }

    /// One template, or a list of named ones, of which the one named `default` counts.
    private static Optional<String> source(JsonKeys keys) {
        JsonNode template = keys.node().path("chat_template");
        if (template.isArray()) {
            for (JsonNode named : template) {
                if (named.path("name").asString("").equals("default")) {
                    return Optional.of(named.path("template").asString(""));
                }
            }
            return Optional.empty();
        }
        return keys.has("chat_template") ? Optional.of(keys.text("chat_template")) : Optional.empty();
    }

    /// Text of a conversation that the assistant is to answer.
    ///
    /// @param row place of the row, for errors
    public String prompt(String row, Conversation before) {
        return render(row, before, true);
    }

    /// Text of the last message as it follows [#prompt], without the token that ends it and what stands behind.
    ///
    /// @param row place of the row, for errors
    public String answer(String row, Conversation whole) {
        if (!whole.endsWithAnswer()) {
            throw InputException.of(
                    row,
                    "a last message from " + whole.messages().getLast().get("role"),
                    "an answer of the assistant",
                    "");
        }
        String prompt = prompt(row, whole.beforeAnswer());
        String text = render(row, whole, false);
        if (!text.startsWith(prompt)) {
            throw InputException.of(
                    row,
                    "a conversation whose text does not begin with the text of its prompt",
                    "a chat template that does not change earlier messages",
                    "template: " + place);
        }
        String answer = text.substring(prompt.length());
        int end = eosToken.isEmpty() ? -1 : answer.lastIndexOf(eosToken);
        if (end < 0) {
            return answer;
        }
        // Some templates begin the next answer whether asked to or not, as Llama 3's first one did.
        String after = answer.substring(end + eosToken.length());
        return after.isBlank() || prompt.endsWith(after) ? answer.substring(0, end) : answer;
    }

    /// The whole text, as Jinja renders it.
    String render(String row, Conversation talk, boolean answerFollows) {
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        // Transformers hands these to every template, and none where it was given none.
        variables.put("tools", null);
        variables.put("documents", null);
        variables.put("messages", talk.messages());
        variables.put("add_generation_prompt", answerFollows);
        variables.put("bos_token", bosToken);
        variables.put("eos_token", eosToken);
        try {
            return new Evaluator(place, variables).render(nodes);
        } catch (Evaluator.Raised refused) {
            throw new InputException(row + ": the chat template refuses it: " + refused.getMessage(), refused);
        }
    }
}
