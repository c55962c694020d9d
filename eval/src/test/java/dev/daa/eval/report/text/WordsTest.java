package dev.daa.eval.report.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {
    @Test
    void listsOfNamesWithCommasAreTakenApartBySemicolons() {
        assertThat(Words.list(List.of())).isEqualTo("none");
        assertThat(Words.list(List.of("PPO, β 1"))).isEqualTo("PPO, β 1");
        assertThat(Words.list(List.of("DPO", "IPO", "SLiC"))).isEqualTo("DPO, IPO and SLiC");
        assertThat(Words.list(List.of("PPO, β 0.1", "PPO, β 1"))).isEqualTo("PPO, β 0.1; and PPO, β 1");
        assertThat(Words.list(List.of("DPO", "PPO, β 0.1", "PPO, β 1"))).isEqualTo("DPO; PPO, β 0.1; and PPO, β 1");
    }
}
