package dev.daa.train.align;

import dev.daa.compute.Backend;
import dev.daa.compute.Parameters;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.transformer.Model;
import dev.daa.train.data.Feedback;
import dev.daa.train.data.ReferenceLogProbs;
import dev.daa.train.objective.ReferenceUpdate;
import dev.daa.train.pairwise.PairUpdater;
import java.util.ArrayList;
import java.util.List;

/// A reference that follows the policy (TR-DPO, 2404.09656): a second model whose log-probabilities are computed anew
/// for every batch. Every τ optimizer steps its weights become a·θ + (1 − a)·θ_ref; where the policy trains adapters, θ
/// are their A and B, and the weights below them stay shared.
public final class MovingReference implements AutoCloseable {
    private final Model model;
    private final ReferenceUpdate update;
    private final LogProbScorer scorer;

    /// @param model trained parameters of its own, of the policy's form, the reference at the start; moved in place
    /// @param longest tokens of the longest sequence, prompt included
    /// @param rows packed tokens per forward pass
    public MovingReference(Backend backend, Model model, ReferenceUpdate update, int longest, int rows) {
        this.model = model;
        this.update = update;
        scorer = new LogProbScorer(backend, model, longest, rows, 1);
    }

    List<PairUpdater.Referenced> score(List<Feedback> rows) {
        ReferenceLogProbs scores = ReferenceLogProbs.of(rows, scorer::score);
        List<PairUpdater.Referenced> scored = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            scored.add(new PairUpdater.Referenced(rows.get(i), scores.chosen()[i], scores.rejected()[i]));
        }
        return scored;
    }

    /// Moves the reference where `step` optimizer steps are a multiple of τ.
    void afterStep(int step, Model policy) {
        if (step % update.everySteps() == 0) {
            model.trained().mix(policy.trained(), update.mix());
        }
    }

    /// What moves.
    Parameters weights() {
        return model.trained();
    }

    @Override
    public void close() {
        scorer.close();
    }
}
