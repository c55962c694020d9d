package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.run.Metrics;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class LiveProgressTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong(5 * SECOND);

    private LiveProgress progress(RecordedTerminal terminal, long steps) {
        return new LiveProgress(terminal.terminal(), "dpo β=0.1", steps, clock::get);
    }

    @Test
    void elsewhereItPrintsAPlainLineNowAndThenAndTheLast() {
        RecordedTerminal terminal = new RecordedTerminal(false);
        try (LiveProgress progress = progress(terminal, 40)) {
            for (long step = 1; step <= 40; step++) {
                clock.addAndGet(SECOND);
                progress.record(Metrics.at(step).with("loss", 1.0 / step));
            }
        }
        assertThat(terminal.err()).isEqualTo("""
            dpo β=0.1  1/40  3 %  0:01 gone, 0:39 left  loss 1.00
            dpo β=0.1  11/40  28 %  0:11 gone, 0:29 left  loss 0.091
            dpo β=0.1  21/40  53 %  0:21 gone, 0:19 left  loss 0.048
            dpo β=0.1  31/40  78 %  0:31 gone, 0:09 left  loss 0.032
            dpo β=0.1  40/40  100 %  0:40 gone  loss 0.025
            """);
    }

    @Test
    void onAScreenItOverwritesItsLines() {
        RecordedTerminal terminal = new RecordedTerminal(true);
        LiveProgress progress = progress(terminal, 4);
        clock.addAndGet(SECOND);
        progress.record(Metrics.at(1)
                .with("loss", 0.6931)
                .with("rewards/accuracies", 0.5)
                .with("logps/chosen", -123.4)
                .with("tokens_per_second", 5120.4)
                .with("gflops_per_second", 100));
        assertThat(terminal.err())
                .isEqualTo("\rdpo β=0.1  1/4  █████░░░░░░░░░░░░░░░  25 %  0:01 gone, 0:03 left\033[K\n"
                        + "\rloss 0.693  accuracy 0.500  chosen −123\033[K\n"
                        + "\r5,120 tokens/s  100 GFLOP/s\033[K\n"
                        + "\033[J");
        clock.addAndGet(SECOND);
        progress.record(Metrics.at(2).with("loss", 0.5).with("gold/reward", 0.25));
        assertThat(terminal.err()).contains("\033[J\033[3A\rdpo").contains("gold 0.250  5,120 tokens/s");
    }

    @Test
    void countsTheTimeLeftFromWhereAResumedRunWentOn() {
        RecordedTerminal terminal = new RecordedTerminal(false);
        LiveProgress progress = progress(terminal, 100);
        clock.addAndGet(10 * SECOND);
        progress.record(Metrics.at(91).with("loss", 1));
        assertThat(terminal.err()).contains("91/100  91 %  0:10 gone, 1:30 left");
    }
}
