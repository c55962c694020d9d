package dev.daa.model.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class ChatTemplateTest {
    private static final String CHATML = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' +"
            + " message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{"
            + " '<|im_start|>assistant\n' }}{% endif %}";

    @TempDir
    Path folder;

    static List<JsonNode> rendered() throws IOException {
        try (InputStream in = ChatTemplateTest.class.getResourceAsStream("jinja-3.1.6.json")) {
            return List.copyOf(JsonMapper.shared().readTree(in).values());
        }
    }

    /// Jinja 3.1.6 with the settings of transformers rendered the expected texts; null where the template refused.
    @ParameterizedTest
    @MethodSource("rendered")
    void rendersAsJinjaDoes(JsonNode row) {
        ChatTemplate template = new ChatTemplate("test", row.path("template").stringValue(), "<s>", "</s>");
        Conversation talk = Conversation.of("row", row.path("messages"));
        boolean answerFollows = row.path("add_generation_prompt").booleanValue();
        if (row.path("expected").isNull()) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> template.render("row", talk, answerFollows))
                    .withMessageStartingWith("row: the chat template refuses it: Conversation roles must alternate");
        } else {
            assertThat(template.render("row", talk, answerFollows))
                    .as(row.path("name").stringValue())
                    .isEqualTo(row.path("expected").stringValue());
        }
    }

    private static Conversation talk(String... contents) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        for (int i = 0; i < contents.length; i++) {
            messages.add(Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", contents[i]));
        }
        return new Conversation(messages);
    }

    @Test
    void cutsAConversationIntoPromptAndAnswer() {
        ChatTemplate template = new ChatTemplate("test", CHATML, "", "<|im_end|>");
        Conversation talk = talk("Hi", "Hello.");
        assertThat(template.prompt("row", talk.beforeAnswer()))
                .isEqualTo("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
        assertThat(template.answer("row", talk)).isEqualTo("Hello.");
    }

    /// Llama 3's template of April 2024 wrote the next answer's header, asked for or not.
    @Test
    void anAnswerEndsBeforeTheHeaderOfTheNext() {
        String header = "<|start_header_id|>assistant<|end_header_id|>\n\n";
        ChatTemplate template = new ChatTemplate(
                "test",
                "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content ="
                        + " '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n"
                        + "'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content ="
                        + " bos_token + content %}{% endif %}{{ content }}{% endfor %}{{ '" + header + "' }}",
                "<|begin_of_text|>",
                "<|eot_id|>");
        Conversation talk = talk("Hi", "Hello, <|eot_id|> again.");
        assertThat(template.prompt("row", talk.beforeAnswer())).endsWith(header);
        assertThat(template.answer("row", talk)).isEqualTo("Hello, <|eot_id|> again.");
    }

    @Test
    void refusesAnAnswerThatIsNone() {
        ChatTemplate template = new ChatTemplate("test", CHATML, "", "<|im_end|>");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> template.answer("row", talk("Hi", "Hello.", "Bye")))
                .withMessage("row: found a last message from user, expected an answer of the assistant");
        ChatTemplate forgetful = new ChatTemplate("test", "{{ messages | length }}", "", "");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> forgetful.answer("row", talk("Hi", "Hello.")))
                .withMessageContaining("does not begin with the text of its prompt");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% macro x() %}",
                "{{ strftime_now('%Y') }}",
                "{{ 1 | unknown }}",
                "{% if x %}",
                "{% endfor %}",
                "{{ x",
                "{{ 1 is prime }}",
                "{{ 'a'.unknown() }}",
                "{{ (1 }}",
                "{{ 'a' + 1 }}",
                "{{ '%s' % 'a' }}",
                "{{ 'a' < 1 }}",
                "{{ messages | join(attribute='role') }}",
                "{{ messages | tojson(indent=2) }}",
                "{{ messages | selectattr('role', 'prime') | list }}",
                "{{ 'aa'.replace('a', 'b', 1) }}",
                "{{ '\\u12' }}",
                "{{ $ }}"
            })
    void refusesWhatItDoesNotKnow(String source) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new ChatTemplate("here", source, "", "").prompt("row", talk("Hi")))
                .withMessageStartingWith("here: ")
                .withMessageNotContaining("\n");
    }

    @Test
    void findsTheTemplateOfAFolder() throws IOException {
        assertThat(ChatTemplate.of(folder)).isEmpty();
        Path config = folder.resolve("tokenizer_config.json");
        Files.writeString(config, "{\"eos_token\":\"</s>\"}");
        assertThat(ChatTemplate.of(folder)).isEmpty();
        Files.writeString(
                config,
                "{\"eos_token\":{\"content\":\"</s>\"},\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"t\"},"
                        + "{\"name\":\"default\",\"template\":\"{{ eos_token }}!\"}]}");
        assertThat(ChatTemplate.of(folder).orElseThrow().prompt("row", talk("Hi")))
                .isEqualTo("</s>!");
        Files.writeString(folder.resolve("chat_template.jinja"), "file");
        assertThat(ChatTemplate.of(folder).orElseThrow().prompt("row", talk("Hi")))
                .isEqualTo("file");
    }

    @Test
    void refusesMessagesWithoutRoleOrContent() {
        for (String list : List.of("[]", "{}", "[{\"role\":\"user\"}]", "[{\"role\":\"user\",\"content\":[]}]")) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> Conversation.of("row", JsonMapper.shared().readTree(list)))
                    .withMessageStartingWith("row");
        }
    }
}
