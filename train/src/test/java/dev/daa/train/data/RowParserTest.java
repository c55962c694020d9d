package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import dev.daa.model.chat.ChatTemplate;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The layouts that people have, each turned into a prompt and responses.
final class RowParserTest {
    private final RowParser parser = new RowParser(null, "helpfulness");
    private final RowParser chatting = new RowParser(
            new ChatTemplate(
                    "template",
                    "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}"
                            + "{% if add_generation_prompt %}<assistant>{% endif %}",
                    "",
                    "<end>"),
            "helpfulness");

    private static DataLine line(String json) {
        return new DataLine("file:7", 7, (ObjectNode) JsonMapper.shared().readTree(json.replace('\'', '"')));
    }

    private static Passage text(String field, String text) {
        return new Passage.Text(field, text);
    }

    private static Passage answer(String field, String text) {
        return new Passage.Text(field, text, Passage.Bounds.ANSWER);
    }

    private static Passage prompt(String text) {
        return Passage.Text.prompt(text);
    }

    private static RawRow.Pair pair(String prompt, String chosen, String rejected, boolean same) {
        return new RawRow.Pair(prompt(prompt), text("chosen", chosen), text("rejected", rejected), same);
    }

    private static void refused(String message, Runnable parsing) {
        assertThatExceptionOfType(InputException.class).isThrownBy(parsing::run).withMessage("file:7" + message);
    }

    @Test
    void splitsDialoguesAfterTheLastTurnOfTheAssistant() {
        String start = "\\n\\nHuman: Hi\\n\\nAssistant: Yes?\\n\\nHuman: Why?\\n\\nAssistant:";
        assertThat(parser.parse(line("{'chosen':'" + start + " So.','rejected':'" + start + "'}")))
                .isEqualTo(pair("\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Why?\n\nAssistant:", " So.", "", true));
        assertThat(parser.parse(line("{'chosen':'" + start + " So.','rejected':'\\n\\nHuman: Hi\\n\\nAssistant: No'}")))
                .isEqualTo(pair("\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Why?\n\nAssistant:", " So.", " No", false));
        refused(
                ": chosen: found no prompt in the row and no \"\\n\\nAssistant:\" in the text, expected a prompt, or"
                        + " dialogues to split after the last \"\\n\\nAssistant:\"",
                () -> parser.parse(line("{'chosen':'a','rejected':'b'}")));
    }

    @Test
    void readsComparisonsOfSummaries() {
        String row = "{'info':{'subreddit':'pets','title':'Cat','post':'Long.'},'summaries':[{'text':' Short. '},"
                + "{'text':'Bad'}],'choice':%d}";
        String prompt = "SUBREDDIT: r/pets\n\nTITLE: Cat\n\nPOST: Long.\n\nTL;DR:";
        assertThat(parser.parse(line(row.formatted(0)))).isEqualTo(pair(prompt, " Short.", " Bad", true));
        assertThat(parser.parse(line(row.formatted(1)))).isEqualTo(pair(prompt, " Bad", " Short.", true));
        refused(
                ": found 2 summaries and the choice 2, expected 2 summaries and the choice 0 or 1",
                () -> parser.parse(line(row.formatted(2))));
        assertThat(parser.parse(line("{'subreddit':'pets','title':'Cat','post':'Long.','summary':'Short.'}")))
                .isEqualTo(new RawRow.Example(prompt(prompt), text("response", " Short.")));
    }

    @Test
    void readsChatsByTheTemplate() {
        assertThat(chatting.parse(
                        line("{'messages':[{'role':'user','content':'Hi'}," + "{'role':'assistant','content':'Ho'}]}")))
                .isEqualTo(new RawRow.Example(text("prompt", "<user>Hi<end><assistant>"), answer("response", "Ho")));
        assertThat(chatting.parse(line("{'messages':[{'role':'user','content':'Hi'}]}")))
                .isEqualTo(new RawRow.Prompt(text("prompt", "<user>Hi<end><assistant>")));
        refused(
                ": found messages, but the model has no chat template, expected one in tokenizer_config.json or"
                        + " chat_template.jinja; add it to the model folder, or give prompt and response as text",
                () -> parser.parse(line("{'messages':[{'role':'user','content':'Hi'}]}")));
    }

    @Test
    void readsPairsOfChatsWithAndWithoutAPromptOfTheirOwn() {
        // The template writes what begins a sequence.
        RawRow.Pair expected = new RawRow.Pair(
                text("prompt", "<user>Hi<end><assistant>"), answer("chosen", "Ho"), answer("rejected", "No"), true);
        String answers = "'chosen':[%s{'role':'assistant','content':'Ho'}],'rejected':[%s{'role':'assistant',"
                + "'content':'No'}]";
        String user = "{'role':'user','content':'Hi'},";
        assertThat(chatting.parse(line("{" + answers.formatted(user, user) + "}")))
                .isEqualTo(expected);
        // UltraFeedback repeats the prompt as text.
        assertThat(chatting.parse(line("{'prompt':'Hi'," + answers.formatted(user, user) + "}")))
                .isEqualTo(expected);
        assertThat(chatting.parse(
                        line("{'prompt':[{'role':'user','content':'Hi'}]," + answers.formatted("", "") + "}")))
                .isEqualTo(expected);
        // Some data sets repeat the prompt in the answers, too.
        assertThat(chatting.parse(
                        line("{'prompt':[{'role':'user','content':'Hi'}]," + answers.formatted(user, user) + "}")))
                .isEqualTo(expected);
        assertThat(chatting.parse(
                        line("{'prompt':[{'role':'user','content':'Hi'}]," + answers.formatted("", user) + "}")))
                .isEqualTo(expected);
        refused(
                ": prompt: found text, and the answers as messages, expected a list of messages, or chosen and rejected"
                        + " with all messages before the answer",
                () -> chatting.parse(line("{'prompt':'Hi'," + answers.formatted("", "") + "}")));
        refused(
                ": tools: found values for the chat template, expected none: they change its text and are not"
                        + " supported; remove the key, or give prompt and response as text",
                () -> chatting.parse(line("{'tools':[{'name':'f'}]," + answers.formatted(user, user) + "}")));
        assertThat(chatting.parse(line("{'tools':null," + answers.formatted(user, user) + "}")))
                .isEqualTo(expected);
        RawRow different =
                chatting.parse(line("{" + answers.formatted(user, "{'role':'user','content':'Hello'},") + "}"));
        assertThat(((RawRow.Pair) different).samePrompt()).isFalse();
    }

    /// TRL's prompt-only rows, with the generation prompt of the template.
    @Test
    void readsAPromptOfMessagesAlone() {
        String prompt = "'prompt':[{'role':'system','content':'Be brief'},{'role':'user','content':'Hi'}";
        RawRow expected = new RawRow.Prompt(text("prompt", "<system>Be brief<end><user>Hi<end><assistant>"));
        assertThat(chatting.parse(line("{" + prompt + "]}"))).isEqualTo(expected);
        refused(
                ": prompt: found a last message from the assistant, expected one that the assistant answers; to leave"
                        + " the answer out, name the list messages",
                () -> chatting.parse(line("{" + prompt + ",{'role':'assistant','content':'Ho'}]}")));
        refused(
                ": found messages, but the model has no chat template, expected one in tokenizer_config.json or"
                        + " chat_template.jinja; add it to the model folder, or give prompt and response as text",
                () -> parser.parse(line("{" + prompt + "]}")));
    }

    @Test
    void readsPromptAndCompletionAsMessages() {
        String user = "{'role':'user','content':'Hi'}";
        String assistant = "{'role':'assistant','content':'Ho'}";
        Passage asked = text("prompt", "<user>Hi<end><assistant>");
        for (String field : new String[] {"completion", "response"}) {
            for (String answer : new String[] {assistant, user + "," + assistant}) {
                String row = "{'prompt':[" + user + "],'" + field + "':[" + answer + "]%s}";
                assertThat(chatting.parse(line(row.formatted(""))))
                        .isEqualTo(new RawRow.Example(asked, answer("response", "Ho")));
                assertThat(chatting.example(line(row.formatted(""))))
                        .isEqualTo(new RawRow.Example(asked, answer("response", "Ho")));
                assertThat(chatting.parse(line(row.formatted(",'label':true"))))
                        .isEqualTo(new RawRow.Judged(asked, answer("response", "Ho"), 1));
                for (String more : new String[] {"", ",'label':true", ",'helpfulness':3"}) {
                    assertThat(chatting.prompt(line(row.formatted(more)))).isEqualTo(asked);
                }
            }
        }
        refused(
                ": completion: found \"Ho\", expected a list of messages with role and content",
                () -> chatting.parse(line("{'prompt':[" + user + "],'completion':'Ho'}")));
    }

    @Test
    void readsLabelsAndRatings() {
        assertThat(parser.parse(line("{'prompt':'p','completion':'c','label':false}")))
                .isEqualTo(new RawRow.Judged(prompt("p"), text("completion", "c"), 0));
        assertThat(parser.parse(line("{'prompt':'p','response':'c','helpfulness':3,'verbosity':1}")))
                .isEqualTo(new RawRow.Judged(prompt("p"), text("response", "c"), 3));
        RowParser brief = new RowParser(null, "verbosity");
        assertThat(brief.parse(line("{'prompt':'p','response':'c','helpfulness':3,'verbosity':1}")))
                .isEqualTo(new RawRow.Judged(prompt("p"), text("response", "c"), 1));
        refused(
                ": coherence: found the keys prompt, response, helpfulness, expected a number",
                () -> new RowParser(null, "coherence").parse(line("{'prompt':'p','response':'c','helpfulness':3}")));
        refused(
                ": label: found \"yes\", expected true or false",
                () -> parser.parse(line("{'prompt':'p','completion':'c','label':'yes'}")));
    }

    @Test
    void readsTheSameKeysWithIds() {
        for (String field : List.of("response", "completion")) {
            Passage answer = new Passage.Ids(field, JsonMapper.shared().readTree("[2,3]"));
            Passage prompt = new Passage.Ids("prompt", JsonMapper.shared().readTree("[1]"));
            String row = "{'prompt_ids':[1],'" + field + "_ids':[2,3]";
            assertThat(parser.parse(line(row + "}"))).isEqualTo(new RawRow.Example(prompt, answer));
            for (RawRow unwanted : List.of(
                    parser.parse(line(row + ",'label':false}")), parser.example(line(row + ",'label':false}")))) {
                assertThat(unwanted).isEqualTo(new RawRow.Judged(prompt, answer, 0));
            }
            assertThat(parser.parse(line(row + ",'helpfulness':2}"))).isEqualTo(new RawRow.Judged(prompt, answer, 2));
        }
    }

    @Test
    void takesTheChosenResponseAsADemonstration() {
        assertThat(parser.example(line("{'prompt':'p','chosen':'c','rejected':'r'}")))
                .isEqualTo(new RawRow.Example(prompt("p"), text("chosen", "c")));
        assertThat(parser.example(line("{'text':'whole'}")))
                .isEqualTo(new RawRow.Example(prompt(""), text("text", "whole")));
        assertThat(parser.example(line("{'prompt':'p','completion':'c'}")))
                .isEqualTo(new RawRow.Example(prompt("p"), text("completion", "c")));
    }
}
