package dev.daa.eval.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.analysis.StoppingRule.Gauges;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoppingRuleTest {
    private static Gauges gauges(double kl, double entropy, double accuracy, double loss) {
        return new Gauges(kl, entropy, accuracy, loss);
    }

    private static final List<Gauges> RUN = List.of(
            gauges(0.5, 1.2, 0.60, 0.66),
            gauges(2.0, 1.0, 0.66, 0.62),
            gauges(3.0, 0.9, 0.66, 0.60),
            gauges(9.0, 1.1, 0.64, 0.63));

    @Test
    void eachRuleKeepsTheCheckpointThatItSays() {
        assertThat(new StoppingRule.End().choose(RUN)).contains(3);
        assertThat(new StoppingRule.KlBudget(2).choose(RUN)).contains(1);
        assertThat(new StoppingRule.KlBudget(2.5).choose(RUN)).contains(1);
        assertThat(new StoppingRule.KlBudget(0.1).choose(RUN)).contains(0);
        assertThat(new StoppingRule.KlBudget(10).choose(RUN)).contains(3);
        assertThat(new StoppingRule.EntropyTurn(1.5).choose(RUN)).contains(2);
        assertThat(new StoppingRule.EntropyTurn(1.1).choose(RUN))
                .as("rises first, so it turns at the first checkpoint")
                .contains(0);
        assertThat(new StoppingRule.BestAccuracy().choose(RUN))
                .as("the earliest of equals")
                .contains(1);
        assertThat(new StoppingRule.LowestLoss().choose(RUN)).contains(2);
    }

    /// A budget that is kept again later stays spent: nobody could have known.
    @Test
    void aBudgetIsSpentAtItsFirstExcess() {
        List<Gauges> back = List.of(gauges(1, 1, 0, 0), gauges(5, 1, 0, 0), gauges(1, 1, 0, 0));
        assertThat(new StoppingRule.KlBudget(2).choose(back)).contains(0);
    }

    @Test
    void aMissingGaugeDecidesNothing() {
        List<Gauges> blind = List.of(gauges(Double.NaN, Double.NaN, Double.NaN, Double.NaN));
        assertThat(new StoppingRule.KlBudget(2).choose(blind)).isEmpty();
        assertThat(new StoppingRule.EntropyTurn(1).choose(blind)).isEmpty();
        assertThat(new StoppingRule.EntropyTurn(Double.NaN).choose(RUN)).isEmpty();
        assertThat(new StoppingRule.BestAccuracy().choose(blind)).isEmpty();
        assertThat(new StoppingRule.LowestLoss().choose(blind)).isEmpty();
    }
}
