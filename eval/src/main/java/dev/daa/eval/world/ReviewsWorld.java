package dev.daa.eval.world;

import dev.daa.eval.gold.GoldReward;
import dev.daa.eval.world.Sentence.Closing;
import dev.daa.eval.world.Sentence.Statement;
import dev.daa.eval.world.Sentence.Ungrammatical;
import java.util.random.RandomGenerator;

/// The world's prompts and its gold reward g(y | item) = 3·tanh(S/4) − 1.0·V − 0.7·O − 0.08·max(0, L − 20).
///
/// How each rule is read:
///
/// - *Response.* It ends at its first `<eos>`; later tokens are neither read nor counted in L.
/// - *Sentence.* The tokens up to and including a full stop. A sentence that the grammar does not produce, the lone
///   full stop included, is one violation, says nothing, and mentions nothing.
/// - *Missing `<eos>`.* One violation, besides any for text that was cut off.
/// - *Text after the last full stop.* One violation, however long the text; also where no full stop stands at all.
/// - *Empty review.* No text before the end of the response: one violation. `<eos>` alone has V = 1, no token at all V
///   = 2.
/// - *Number of statements.* The grammar of a sentence knows no count: a fifth statement about the fifth aspect is
///   fine.
/// - *Repetition.* Every well-formed statement about an aspect after the first is one violation and its sentiment does
///   not count, whatever the form of either. Off-topic statements are held to the same rule, so repeating one costs V
///   and O.
/// - *Off topic.* A well-formed statement about an aspect that the item does not have, or a closing that names another
///   item, is counted in O and its sentiment is not counted.
/// - *Closing.* It violates once if another sentence, of whatever kind, follows it, or if it is the only sentence. Text
///   after the last full stop is no sentence. The sentiment of the first on-topic closing counts even where the closing
///   is misplaced, since it is well-formed, on topic and a first mention; later closings about the item do not count.
public final class ReviewsWorld {
    /// Longest response that a policy may generate, in tokens, `<eos>` included.
    public static final int RESPONSE_LIMIT = 53;

    /// Tokens of every prompt.
    public static final int PROMPT_LENGTH = 3;

    private ReviewsWorld() {}

    /// The prompt `review ITEM :` as token ids.
    public static int[] prompt(Item item) {
        return new int[] {Lexicon.REVIEW, Lexicon.itemId(item), Lexicon.COLON};
    }

    /// A uniform item, for a prompt of the training distribution.
    public static Item item(RandomGenerator random) {
        return Lexicon.item(Lexicon.itemId(Item.HOTEL) + random.nextInt(Item.values().length));
    }

    /// The item that a prompt names.
    ///
    /// @throws IllegalArgumentException if the ids are not a prompt `review ITEM :`
    public static Item itemOf(int[] prompt) {
        if (prompt.length != PROMPT_LENGTH
                || prompt[0] != Lexicon.REVIEW
                || !Lexicon.isItem(prompt[1])
                || prompt[2] != Lexicon.COLON) {
            throw new IllegalArgumentException("'" + Lexicon.decode(prompt) + "' is not a prompt 'review ITEM :'");
        }
        return Lexicon.item(prompt[1]);
    }

    /// Gold reward of `response[0 … length)` to the item's prompt.
    ///
    /// @throws IllegalArgumentException for an id outside the vocabulary before the first `<eos>`
    public static ReviewGold goldReward(Item item, int[] response, int length) {
        ReviewParser review = new ReviewParser(response, length);
        int sentiment = 0;
        int violations = 0;
        int offTopic = 0;
        if (!review.endsWithEos()) {
            violations++;
        }
        if (!review.hasText()) {
            violations++;
        }
        long mentionedAspects = 0;
        boolean mentionedItem = false;
        boolean first = true;
        while (review.hasSentence()) {
            Sentence sentence = review.nextSentence();
            switch (sentence) {
                case Statement statement -> {
                    boolean onTopic = Lexicon.hasAspect(item, statement.aspect());
                    boolean repeated = (mentionedAspects & Lexicon.aspectBit(statement.aspect())) != 0;
                    mentionedAspects |= Lexicon.aspectBit(statement.aspect());
                    sentiment += onTopic && !repeated ? statement.sentiment() : 0;
                    violations += repeated ? 1 : 0;
                    offTopic += onTopic ? 0 : 1;
                }
                case Closing closing -> {
                    boolean onTopic = closing.item() == item;
                    boolean last = !review.hasSentence();
                    sentiment += onTopic && !mentionedItem ? closing.sentiment() : 0;
                    mentionedItem |= onTopic;
                    violations += !last || first ? 1 : 0;
                    offTopic += onTopic ? 0 : 1;
                }
                case Ungrammatical _ -> violations++;
            }
            first = false;
        }
        if (review.hasText()) {
            violations++;
        }
        return ReviewGold.of(sentiment, violations, offTopic, review.length());
    }

    /// The gold reward as evaluation takes it: of a prompt's and a response's token ids.
    public static GoldReward gold() {
        return (prompt, response) -> goldReward(itemOf(prompt), response).reward();
    }

    /// Gold reward of a whole response.
    public static ReviewGold goldReward(Item item, int[] response) {
        return goldReward(item, response, response.length);
    }
}
