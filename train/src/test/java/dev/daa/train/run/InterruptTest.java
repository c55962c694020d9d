package dev.daa.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InterruptTest {

    /// Waits for a signal and then takes a while to save, as a trainer does.
    static final class Trainer {
        private Trainer() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            Path folder = Path.of(arguments[0]);
            try (Interrupt interrupt = Interrupt.onSignals()) {
                Files.writeString(folder.resolve("ready"), "");
                while (!interrupt.requested()) {
                    Thread.sleep(5);
                }
                Thread.sleep(100);
                Files.writeString(folder.resolve("saved"), "whole");
                interrupt.exitCode(Integer.parseInt(arguments[1]));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Interrupt.EXIT_CODE, 2})
    void aSignalLetsTheRunSaveAndThenExitsWithItsCode(int code, @TempDir Path folder)
            throws IOException, InterruptedException {
        Process trainer = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Trainer.class.getName(),
                        folder.toString(),
                        Integer.toString(code))
                .inheritIO()
                .start();
        while (trainer.isAlive() && !Files.exists(folder.resolve("ready"))) {
            Thread.sleep(5);
        }
        trainer.destroy();
        assertThat(trainer.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(trainer.exitValue()).isEqualTo(code);
        assertThat(folder.resolve("saved")).hasContent("whole");
    }

    @Test
    void withoutASignalNothingIsAsked() {
        try (Interrupt interrupt = Interrupt.onSignals()) {
            assertThat(interrupt.requested()).isFalse();
        }
    }
}
