package dev.daa.eval.report.measure;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.daa.eval.report.text.Words;

/// What to train with and where to stop: an entry of `report/recommendation.json`. Intervals are 95 %; picks range over
/// replicas that draw seeds and prompts ([dev.daa.eval.analysis.SelectionBootstrap]).
///
/// @param size label of the model size
/// @param objective the objective
/// @param overall whether it is the best of all objectives at this size
/// @param beta β with the highest mean gold reward at some checkpoint
/// @param fraction share of training at that checkpoint
/// @param step optimizer steps there, mean over seeds
/// @param kl mean KL to the SFT policy there, nats
/// @param gold mean gold reward there, of the data that it was picked by
/// @param worth what a pick is worth on seeds that it was not picked by, with Student's interval over seeds; on prompts
///     that it was not picked by with fewer than three seeds
/// @param betaRange β that replicas picked
/// @param fractionRange share of training that replicas picked
/// @param agreement share of replicas that picked this β and checkpoint
public record Recommendation(
        String size,
        String objective,
        boolean overall,
        double beta,
        double fraction,
        double step,
        double kl,
        double gold,
        FittedLaw.Range worth,
        @JsonProperty("beta_range") FittedLaw.Range betaRange,
        @JsonProperty("fraction_range") FittedLaw.Range fractionRange,
        double agreement,
        int seeds,
        int prompts) {

    /// "DPO, β 0.1, stop after 33 % of training (73 steps, KL 3.2 nats): gold …".
    public String inWords() {
        return Words.objective(objective) + (Double.isNaN(beta) ? "" : ", " + Words.beta(beta)) + ", stop after "
                + Words.percent(fraction)
                + " of training (" + Words.count(Math.round(step), "step") + ", KL " + Words.fixed(kl, 2)
                + " nats): gold " + Words.fixed(worth.value(), 2) + " on "
                + (seeds < LeftOutPeaks.SEEDS ? "prompts" : "seeds")
                + " it was not picked by (95 % interval "
                + Words.fixed(worth.low(), 2) + " to " + Words.fixed(worth.high(), 2) + "); picks range over β "
                + Words.number(betaRange.low()) + " to " + Words.number(betaRange.high()) + " and "
                + Words.percent(fractionRange.low()) + " to " + Words.percent(fractionRange.high())
                + " of training, this one in " + Words.percent(agreement) + " of replicas; "
                + Words.count(seeds, "seed") + ", " + Words.count(prompts, "prompt") + " each";
    }
}
