package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A study of an objective that is a class of the user's.
final class OwnObjectiveStudyTest {
    private static final String YAML = """
        title: own
        objectives:
          - {name: gpo_truncated_quadratic, betas: [0.3]}
          - {name: dev.daa.cli.TruncatedQuadratic, label: own, classpath: [CLASSES], betas: [0.3]}
        sizes: [{name: tiny, width: 16, layers: 1, heads: 2}]
        seeds: [1]
        sft: {steps: 7, batch: 13, learning_rate: 3e-3}
        preferences: {pairs: 33, held_out: 7}
        align: {epochs: 2, batch: 7, learning_rate: 1e-3}
        evaluation: {checkpoints: [1.0], prompts: 7}
        analysis: [dynamics]
        """;

    @TempDir
    Path folder;

    @Test
    void trainsByItAndRefusesToGoOnWithAnotherCode() throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path code = Files.writeString(classes.resolve("Helper.class"), "one");
        Path relative = Path.of("").toAbsolutePath().relativize(classes);
        Path config = Files.writeString(folder.resolve("own.yaml"), YAML.replace("CLASSES", relative.toString()));
        Path study = folder.resolve("study");
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run("study", "--config", config.toString(), "--out", study.toString()))
                .as(terminal.err())
                .isZero();

        List<Point> points = PointsCsv.read(study.resolve("report/points.csv"));
        Point builtIn = of(points, "gpo_truncated_quadratic");
        Point own = of(points, "own");
        assertThat(own.evaluation().heldOut().loss())
                .isCloseTo(builtIn.evaluation().heldOut().loss(), within(1e-4));
        assertThat(own.evaluation().kl().exact().mean())
                .isPositive()
                .isCloseTo(builtIn.evaluation().kl().exact().mean(), within(1e-3));
        assertThat(Files.readString(study.resolve("report/index.html")))
                .contains("<dt>objective own</dt>\n<dd>dev.daa.cli.TruncatedQuadratic: ");
        assertThat(study.resolve("runs/gpo_truncated_quadratic-beta0.3-tiny-seed1/config.yaml"))
                .as("as before there were classes, so that finished studies stay finished")
                .content()
                .doesNotContain("code:");

        RecordedTerminal itsOwn = new RecordedTerminal(false);
        assertThat(itsOwn.run(
                        "study",
                        "--out",
                        study.toString(),
                        "--cell",
                        "own-beta0.3-tiny-seed1",
                        "--seeds",
                        "[2, 1]",
                        "--dry-run"))
                .as("a folder knows its config: " + itsOwn.err())
                .isZero();
        assertThat(itsOwn.out())
                .contains("title: own\n", "seeds:\n- 2\n- 1\n")
                .as("wherever the command is given")
                .contains("- " + relative.toAbsolutePath() + "\n");

        Files.writeString(code, "two");
        RecordedTerminal again = new RecordedTerminal(false);
        assertThat(again.run("study", "--config", config.toString(), "--out", study.toString()))
                .isEqualTo(2);
        assertThat(again.err())
                .contains("own-beta0.3-tiny-seed1/config.yaml: this run of the study was made with another config"
                        + " (code: ");
    }

    private static Point of(List<Point> points, String objective) {
        return points.stream()
                .filter(point -> point.cell().objective().equals(objective))
                .reduce((_, last) -> last)
                .orElseThrow();
    }
}
