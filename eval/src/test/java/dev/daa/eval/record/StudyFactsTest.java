package dev.daa.eval.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class StudyFactsTest {
    private static StudyFacts facts(String machine, String finished, double seconds) {
        return new StudyFacts(
                "title",
                "reviews",
                "quick",
                "./daa study",
                machine,
                "0.1.0",
                "revision of " + machine,
                finished,
                seconds,
                0,
                List.of(),
                new LinkedHashMap<>());
    }

    private final StudyFacts server = facts("server", "noon", 60);
    private final StudyFacts laptop = facts("laptop", "evening", 5);

    @Test
    void whoGoesOnAddsTheTime() {
        assertThat(laptop.after(server)).isEqualTo(facts("laptop", "evening", 65));
        assertThat(laptop.after(StudyFacts.unrecorded())).isEqualTo(laptop);
    }

    @Test
    void aReportWrittenElsewhereNamesTheMachineThatRanTheStudy() {
        assertThat(laptop.asRunBy(server)).isEqualTo(server);
        assertThat(laptop.asRunBy(StudyFacts.unrecorded())).isEqualTo(laptop);
    }
}
