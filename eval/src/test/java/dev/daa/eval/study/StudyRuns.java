package dev.daa.eval.study;

import static dev.daa.eval.study.TinyStudy.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.MatmulPrecision;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.MetricsSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Studies of a test: run, stopped, gone on with, and what they told meanwhile.
final class StudyRuns {
    private StudyRuns() {}

    /// What a study told while it ran; the interrupt is raised at a step of a run.
    static class Heard implements StudyListener {
        final List<String> started = Collections.synchronizedList(new ArrayList<>());
        final Map<String, String> failed = Collections.synchronizedMap(new TreeMap<>());
        final Map<String, Integer> planned = new TreeMap<>();
        final Interrupt interrupt = new Interrupt();
        String stopRun = "";
        int stopStep;
        final List<Integer> missing = Collections.synchronizedList(new ArrayList<>());
        int skipped;

        @Override
        public void planned(List<Planned> runs, int skipped) {
            runs.forEach(run -> planned.put(run.name(), run.steps()));
            this.skipped = skipped;
        }

        @Override
        public MetricsSink started(String run, int steps) {
            assertThat(planned).containsEntry(run, steps);
            started.add(run);
            return metrics -> {
                if (run.equals(stopRun) && metrics.step() == stopStep) {
                    interrupt.request();
                }
            };
        }

        @Override
        public void finished(String run, double seconds) {}

        @Override
        public void failed(String run, Throwable cause) {
            failed.put(run, String.valueOf(cause.getMessage()));
        }

        @Override
        public void collected(int missing) {
            this.missing.add(missing);
        }

        @Override
        public void reporting() {}
    }

    static StudyRunner runner(StudyConfig config, Path study, int jobs, Heard heard) {
        return new StudyRunner(
                config, study, new StudyRunner.Execution("cpu", MatmulPrecision.FP32, jobs, 2), heard, heard.interrupt);
    }

    /// Runs the study until the interrupt is raised at a step of a run.
    static void stop(StudyConfig config, Path study, String run, int step) {
        Heard stopping = new Heard();
        stopping.stopRun = run;
        stopping.stopStep = step;
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> runner(config, study, 1, stopping).run(_ -> true, _ -> false));
    }

    /// Goes on with a study that was stopped, to the points of the one that was not.
    static void finish(StudyConfig config, Path stopped, Path study) throws IOException {
        assertThat(runner(config, stopped, 1, new Heard()).run(_ -> true, _ -> false))
                .isEmpty();
        assertThat(points(stopped)).isEqualTo(points(study));
    }

    static String points(Path study) throws IOException {
        return Files.readString(study.resolve("report/points.csv"));
    }

    static List<JsonNode> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .toList();
    }
}
