package dev.daa.eval.study;

import static dev.daa.eval.study.StudyRuns.finish;
import static dev.daa.eval.study.StudyRuns.lines;
import static dev.daa.eval.study.StudyRuns.points;
import static dev.daa.eval.study.StudyRuns.runner;
import static dev.daa.eval.study.TinyStudy.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.eval.study.StudyRuns.Heard;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.model.checkpoint.WriteFailure;
import dev.daa.train.config.Assignment;
import dev.daa.train.run.InterruptedRunException;
import dev.daa.train.run.MetricsSink;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A whole study, small enough for a test: one objective at two β, 32 pairs, 16 prompts.
class StudyRunnerTest {
    private static final String FIRST = "dpo-beta0.1-tiny-seed1";
    private static final String SECOND = "dpo-beta1-tiny-seed1";
    private static final String BASE = "sft-tiny-seed1";

    @TempDir
    Path folder;

    private List<String> run(Path study, int jobs, Heard heard, String... again) {
        return runner(config(), study, jobs, heard)
                .run(name -> again.length == 0 || List.of(again).contains(name), List.of(again)::contains);
    }

    @Test
    void aStudyLeavesItsPointsAndIsTheSameHoweverItIsRun() throws IOException {
        Path study = folder.resolve("study");
        Heard heard = new Heard();
        assertThat(run(study, 2, heard)).isEmpty();
        assertThat(heard.started).containsExactlyInAnyOrder(BASE, FIRST, SECOND);
        assertThat(heard.missing).endsWith(0);
        String points = points(study);
        assertThat(points.lines().findFirst().orElseThrow())
                .startsWith("run,objective,beta,size,seed,step,fraction,kl,kl_se,gold,gold_se,win_rate,win_rate_se,"
                        + "length,implicit_accuracy,frontier_share");
        assertThat(points.lines().skip(1))
                .hasSize(5)
                .anyMatch(line -> line.startsWith(BASE + ",sft,,tiny,1,0,0.0,0.0,0.0,"))
                .anyMatch(line -> line.startsWith(FIRST + ",dpo,0.1,tiny,1,2,0.5,"))
                .anyMatch(line -> line.startsWith(SECOND + ",dpo,1.0,tiny,1,4,1.0,"));

        assertThat(lines(study.resolve("ledger.jsonl")))
                .extracting(entry ->
                        entry.get("run").asString() + " " + entry.get("status").asString())
                .containsExactlyInAnyOrder(FIRST + " done", SECOND + " done");
        List<JsonNode> metrics = lines(study.resolve("runs").resolve(FIRST).resolve("metrics.jsonl"));
        assertThat(metrics).hasSize(4);
        for (JsonNode row : metrics) {
            assertThat(row.propertyNames())
                    .contains("step", "loss", "grad_norm", "rewards/chosen", "rewards/accuracies", "logps/chosen");
        }
        assertThat(metrics.get(3).propertyNames()).contains("gold/reward", "kl/exact", "response/length");

        String[] last = points.lines()
                .filter(line -> line.startsWith(SECOND + ",dpo,1.0,tiny,1,4,"))
                .findFirst()
                .orElseThrow()
                .split(",", -1);
        assertThat(lines(study.resolve("runs").resolve(SECOND).resolve("samples/step-4.jsonl")).stream()
                        .mapToDouble(sample -> sample.get("win").asDouble())
                        .average()
                        .orElseThrow())
                .as("win rate of the point is the mean over its samples")
                .isCloseTo(Double.parseDouble(last[11]), within(1e-12));

        Heard second = new Heard();
        assertThat(run(study, 2, second)).isEmpty();
        assertThat(second.started).isEmpty();
        assertThat(second.skipped).isEqualTo(2);
        assertThat(points(study)).isEqualTo(points);

        Heard alone = new Heard();
        assertThat(run(study, 2, alone, SECOND)).isEmpty();
        assertThat(alone.started).containsExactlyInAnyOrder(BASE, SECOND);
        assertThat(points(study)).isEqualTo(points);

        Path oneJob = folder.resolve("one-job");
        Heard inTurn = new Heard();
        assertThat(run(oneJob, 1, inTurn)).isEmpty();
        assertThat(inTurn.missing)
                .as("points are there after each cell")
                .startsWith(1)
                .endsWith(0);
        assertThat(points(oneJob)).isEqualTo(points);

        Path stopped = folder.resolve("stopped");
        String goesOn = "stopped; the same command goes on from " + stopped;
        Map<String, String> messages =
                Map.of(BASE, goesOn, SECOND, goesOn + ", and daa report " + stopped + " shows what is finished");
        for (String run : List.of(BASE, SECOND)) {
            Heard stopping = new Heard();
            stopping.stopRun = run;
            stopping.stopStep = 3;
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> run(stopped, 1, stopping))
                    .withMessage(messages.get(run));
        }
        assertThat(points(stopped).lines())
                .as("points of what was finished before the stop")
                .hasSize(4)
                .isSubsetOf(points.lines().toList());
        assertThat(run(stopped, 1, new Heard())).isEmpty();
        assertThat(points(stopped)).isEqualTo(points);
    }

    /// Nothing but the cells' configs tells what an SFT policy was measured on.
    @Test
    void aStartOfWhichNoCellWasBegunIsMeasuredAgain() throws IOException {
        Path stopped = folder.resolve("stopped");
        assertThat(run(stopped, 1, new Heard())).isEmpty();
        Files.delete(stopped.resolve("ledger.jsonl"));
        for (String cell : List.of(FIRST, SECOND)) {
            RunFolder.delete(stopped.resolve("runs").resolve(cell));
        }
        StudyConfig more = config(new Assignment("evaluation.prompts", "24"));
        Path study = folder.resolve("study");
        assertThat(runner(more, study, 1, new Heard()).run(_ -> true, _ -> false))
                .isEmpty();
        finish(more, stopped, study);
    }

    @Test
    void aCellThatFailsIsInTheLedgerAndTheOthersGoOn() throws IOException {
        Path study = folder.resolve("study");
        Path broken = Files.createDirectories(study.resolve("runs")).resolve(FIRST);
        Files.writeString(broken, "no folder");
        Heard heard = new Heard();
        assertThat(run(study, 2, heard)).containsExactly(FIRST);
        String reason = broken + ": a file lies where a folder is needed; choose another --out folder";
        assertThat(heard.failed).isEqualTo(Map.of(FIRST, reason));
        JsonNode entry = lines(study.resolve("ledger.jsonl")).stream()
                .filter(line -> line.get("run").asString().equals(FIRST))
                .findFirst()
                .orElseThrow();
        assertThat(entry.get("status").asString()).isEqualTo("failed");
        assertThat(entry.get("error").asString()).isEqualTo(reason);
        assertThat(points(study)).contains(SECOND).doesNotContain(FIRST);

        Files.delete(broken);
        Heard mended = new Heard();
        assertThat(run(study, 2, mended)).isEmpty();
        assertThat(mended.started).contains(FIRST).doesNotContain(SECOND);
        assertThat(points(study)).contains(FIRST, SECOND);
    }

    /// No other cell could be written either.
    @Test
    void aFullDiskEndsTheStudyInOneLine() throws IOException {
        Path study = folder.resolve("study");
        assertThat(run(study, 1, new Heard())).isEmpty();
        String points = points(study);
        RunFolder.delete(study);
        RuntimeException full = WriteFailure.of(folder, new IOException("No space left on device"));
        Heard heard = new Heard() {
            @Override
            public MetricsSink started(String run, int steps) {
                MetricsSink sink = super.started(run, steps);
                return run.equals(FIRST)
                        ? _ -> {
                            throw full;
                        }
                        : sink;
            }
        };
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> run(study, 1, heard))
                .isSameAs(full);
        assertThat(heard.started).containsExactly(BASE, FIRST);
        assertThat(heard.failed).isEmpty();
        assertThat(study.resolve("ledger.jsonl")).doesNotExist();
        assertThat(run(study, 1, new Heard())).isEmpty();
        assertThat(points(study)).isEqualTo(points);
    }

    /// What is written last says that the SFT policy is measured; all else is there then.
    @Test
    void whereAMeasurementCannotBeWrittenItIsMadeAgain() throws IOException {
        for (String part : List.of("held-out", "samples")) {
            Path study = folder.resolve("study-" + part);
            Path base = Files.createDirectories(study.resolve("runs").resolve(BASE));
            Path inTheWay = Files.writeString(base.resolve(part), "no folder");
            assertThat(run(study, 2, new Heard())).isNotEmpty();
            assertThat(base.resolve("points.csv")).doesNotExist();
            Files.delete(inTheWay);
            run(study, 2, new Heard(), FIRST);
            assertThat(base.resolve(part).resolve("step-0.jsonl")).isNotEmptyFile();
            assertThat(base.resolve("points.csv")).isNotEmptyFile();
        }
    }

    /// Its run is deleted first, so it counts as finished no longer.
    @Test
    void aCellThatIsRunAgainAndStoppedIsGoneOnWith() throws IOException {
        Path study = folder.resolve("study");
        assertThat(run(study, 1, new Heard())).isEmpty();
        String points = points(study);
        Heard stopping = new Heard();
        stopping.stopRun = SECOND;
        stopping.stopStep = 1;
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> run(study, 1, stopping, FIRST, SECOND));
        Heard last = new Heard();
        assertThat(run(study, 1, last)).isEmpty();
        assertThat(last.skipped).isOne();
        assertThat(last.failed).isEmpty();
        assertThat(points(study)).isEqualTo(points);
        assertThat(run(study, 1, new Heard(), FIRST, SECOND)).isEmpty();
        assertThat(points(study)).isEqualTo(points);
    }
}
