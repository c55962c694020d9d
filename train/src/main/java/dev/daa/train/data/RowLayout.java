package dev.daa.train.data;

import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// The shapes in which people have demonstrations and preferences, told apart by a row's keys.
enum RowLayout {
    /// `{prompt, chosen, rejected}` as text or ids.
    PAIR("pairs: prompt, chosen, rejected"),
    /// `{chosen, rejected}`, whole dialogues (Anthropic HH), split after the last `\n\nAssistant:`.
    DIALOGUES("pairs of dialogues, split after the last \"\\n\\nAssistant:\""),
    /// `{chosen, rejected}` (and `prompt`) as lists of messages.
    CHATS("pairs of chats"),
    /// `{info, summaries, choice}`: OpenAI's TL;DR comparisons.
    COMPARISON("TL;DR comparisons: info, summaries, choice"),
    /// `{prompt, completion, label}`: KTO's unary form.
    LABELLED("labelled responses: prompt, completion, label"),
    /// `{prompt, response, helpfulness, …}`: HelpSteer.
    RATED("rated responses: prompt, response, helpfulness, …"),
    /// `{prompt, response}` or `{prompt, completion}` as text, ids or lists of messages.
    DEMONSTRATION("demonstrations: prompt, response"),
    /// `{messages}`.
    CHAT("chats: messages"),
    /// `{subreddit, title, post, summary}`: the TL;DR posts.
    POST("TL;DR posts: subreddit, title, post, summary"),
    /// `{text}`.
    TEXT("texts: text"),
    /// `{prompt}` alone, as text, ids or a list of messages, and whatever is none of the others.
    PROMPT("prompts: prompt");

    private final String meaning;

    RowLayout(String meaning) {
        this.meaning = meaning;
    }

    /// One line for people.
    String meaning() {
        return meaning;
    }

    /// Whether a response that was judged alone is desirable: as its label says, or rated at or above
    /// `desirable_rating`; empty where that is not set.
    Optional<Boolean> desirable(double rating, RowConfig rows) {
        if (this == LABELLED) {
            return Optional.of(rating > 0);
        }
        return Optional.ofNullable(rows.desirableRating()).map(threshold -> rating >= threshold);
    }

    static RowLayout of(ObjectNode row) {
        if (row.has("chosen") || row.has("rejected") || row.has("chosen_ids") || row.has("rejected_ids")) {
            if (row.path("chosen").isArray() || row.path("rejected").isArray()) {
                return CHATS;
            }
            boolean ids = row.has("chosen_ids") || row.has("rejected_ids");
            return ids || row.has("prompt") || row.has("prompt_ids") ? PAIR : DIALOGUES;
        }
        if (row.has("summaries") && row.has("info")) {
            return COMPARISON;
        }
        if (row.has("messages")) {
            return CHAT;
        }
        boolean response =
                row.has("response") || row.has("response_ids") || row.has("completion") || row.has("completion_ids");
        if (response && row.has("label")) {
            return LABELLED;
        }
        if (response && row.has("helpfulness")) {
            return RATED;
        }
        if (response) {
            return DEMONSTRATION;
        }
        if (row.has("post") && row.has("summary")) {
            return POST;
        }
        return row.has("text") ? TEXT : PROMPT;
    }
}
