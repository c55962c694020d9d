package dev.daa.train.rollout;

import dev.daa.compute.Backend;
import dev.daa.compute.MemoryPlan;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.RewardScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/// A trained reward model: its score at the last token of a response, minus a shift. Scores are determined up to a
/// constant (Bradley–Terry sees differences only), so the shift is chosen to make the mean over samples of the SFT
/// policy 0 (Gao et al. 2210.10760; Huang et al. 2403.17031).
public final class RewardModel implements ResponseReward {
    private static final int ROWS = 2048;

    private final RewardScorer scorer;
    private final double shift;

    /// @param model with a scalar head
    /// @param longest tokens of the longest sequence, prompt included
    /// @param shift subtracted from every score
    public RewardModel(Backend backend, Model model, int longest, double shift) {
        scorer = new RewardScorer(backend, model, longest, ROWS);
        this.shift = shift;
    }

    /// The reward model in a folder.
    public static ResponseReward of(Backend backend, ModelFolder folder, int longest, double shift) {
        Model model = folder.load(backend, new TransformerParameters(folder.config(), Head.SCALAR, "reward"));
        return UpToPadding.of(new RewardModel(backend, model, longest, shift), folder);
    }

    /// Memory that a reward model takes.
    public static MemoryPlan plan(Backend backend, TransformerParameters parameters, int longest) {
        return RewardScorer.plan(backend, parameters, longest, ROWS);
    }

    @Override
    public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
        float[] scores = scorer.score(responses, cancelled);
        double[] shifted = new double[scores.length];
        Arrays.setAll(shifted, i -> scores[i] - shift);
        return shifted;
    }

    @Override
    public void close() {
        scorer.close();
    }
}
