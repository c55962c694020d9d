package dev.daa.train.objective;

/// What an objective reads besides the policy's sequence log-probs.
public enum Need {
    /// Sequence log-probs of the same responses under the reference.
    REFERENCE("reference log-probs"),
    /// Response lengths in tokens, end-of-sequence included.
    LENGTHS("response lengths"),
    /// Log-prob of every response token under the policy, and under the reference where [#REFERENCE] is needed too.
    TOKENS("per-token log-probs"),
    /// log Σ_v π(v)² at every response position, over the whole vocabulary.
    TOKEN_COLLISION("log Σ_v π(v)² per token"),
    /// Σ_t KL(π_ref ‖ π_θ) over the response positions, over the whole vocabulary, and a way to carry its
    /// derivative back.
    FORWARD_KL("forward KL per response"),
    /// log π_θ(y′|x) − log π_ref(y′|x) for a response y′ that belongs to another prompt.
    MISMATCHED("log-ratios of mismatched responses"),
    /// The whole batch at once: the loss of a pair depends on the other pairs, so micro-batches change it.
    BATCH("the whole batch at once");

    private final String meaning;

    Need(String meaning) {
        this.meaning = meaning;
    }

    /// In words, for tables and error messages.
    public String meaning() {
        return meaning;
    }
}
