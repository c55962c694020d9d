package dev.daa.eval.judge;

import java.util.List;

/// Says which of two responses to a prompt is better.
public interface Judge {
    /// What is asked. Which response is the policy's is not said.
    record Question(String prompt, String first, String second) {
        /// The same with the responses in the other order.
        Question swapped() {
            return new Question(prompt, second, first);
        }
    }

    /// The answer to a question.
    enum Verdict {
        FIRST,
        SECOND,
        TIE
    }

    /// Name under which answers are kept: another judge, another name.
    String identity();

    /// Questions that one call had best take, so that no more than their answers are lost with it.
    int atOnce();

    /// Answers in the order of the questions.
    List<Verdict> judge(List<Question> questions);

    /// What the questions so far took, in words: calls, tokens, money; empty when nothing is known.
    String cost();
}
