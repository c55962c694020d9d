package dev.daa.train.objective;

import dev.daa.compute.InputException;

/// A batch as an objective sees it. Pairwise objectives read `chosen` i against `rejected` i and need equal counts;
/// unary
/// objectives take `chosen` as the desirable and `rejected` as the undesirable responses, in any numbers.
public record PairBatch(Responses chosen, Responses rejected) {

    /// Sequence log-probs and lengths, all arrays of one length.
    public static PairBatch of(
            double[] policyChosen,
            double[] policyRejected,
            double[] referenceChosen,
            double[] referenceRejected,
            int[] chosenLength,
            int[] rejectedLength) {
        return new PairBatch(
                Responses.of(policyChosen, referenceChosen, chosenLength),
                Responses.of(policyRejected, referenceRejected, rejectedLength));
    }

    /// Pairs in the batch; refuses sides of different size.
    public int pairs() {
        if (chosen.count() != rejected.count()) {
            throw new InputException("a pairwise objective needs as many chosen as rejected responses; found "
                    + chosen.count() + " and " + rejected.count());
        }
        return chosen.count();
    }

    /// Refuses a batch that lacks what `objective` reads.
    void requireNeedsOf(Objective objective) {
        for (Need need : objective.needs()) {
            chosen.require(need, "chosen", objective);
            rejected.require(need, "rejected", objective);
        }
    }
}
