package dev.daa.eval.report.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {
    @Test
    void algorithmsAreNamedWithWhatShapesTheirScores() {
        assertThat(Words.objective("ppo-par")).isEqualTo("PPO (PAR)");
        assertThat(Words.objective("rloo-constrained")).isEqualTo("RLOO (constrained)");
        assertThat(Words.objective("ppo-par-chi2")).isEqualTo("PPO (PAR) (χ²)");
        assertThat(Words.objective("dr_grpo-log-cdf")).isEqualTo("Dr. GRPO (log CDF)");
        assertThat(Words.objective("xpo")).isEqualTo("XPO");
        assertThat(Words.objective("on-par")).isEqualTo("on-par");
    }

    @Test
    void listsOfNamesWithCommasAreTakenApartBySemicolons() {
        assertThat(Words.list(List.of())).isEqualTo("none");
        assertThat(Words.list(List.of("PPO, β 1"))).isEqualTo("PPO, β 1");
        assertThat(Words.list(List.of("DPO", "IPO", "SLiC"))).isEqualTo("DPO, IPO and SLiC");
        assertThat(Words.list(List.of("PPO, β 0.1", "PPO, β 1"))).isEqualTo("PPO, β 0.1; and PPO, β 1");
        assertThat(Words.list(List.of("DPO", "PPO, β 0.1", "PPO, β 1"))).isEqualTo("DPO; PPO, β 0.1; and PPO, β 1");
    }
}
