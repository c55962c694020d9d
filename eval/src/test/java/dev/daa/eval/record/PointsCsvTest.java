package dev.daa.eval.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.eval.gold.Concordance;
import dev.daa.train.online.Online;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PointsCsvTest {
    private static final String HEADER =
            "run,objective,beta,size,seed,step,fraction,kl,kl_se,gold,gold_se,win_rate,win_rate_se,length,"
                    + "implicit_accuracy,frontier_share";

    @TempDir
    Path folder;

    @Test
    void writtenPointsAreReadBackBitForBit() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        List<Point> points = new ArrayList<>();
        for (int k = 0; k < 33; k++) {
            points.add(random(random, k));
        }
        Path file = folder.resolve("points.csv");
        PointsCsv.write(file, points);
        assertThat(PointsCsv.read(file)).isEqualTo(points);
    }

    @Test
    void theHeaderBeginsWithTheAgreedColumns() throws IOException {
        Path file = folder.resolve("points.csv");
        PointsCsv.write(file, List.of());
        assertThat(Files.readAllLines(file)).singleElement().asString().startsWith(HEADER + ",");
    }

    @Test
    void columnsAreFoundByNameAndLaterOnesMayBeAbsent() throws IOException {
        Path file = folder.resolve("points.csv");
        String[] names = HEADER.split(",");
        String reversed = String.join(",", List.of(names).reversed());
        Files.writeString(file, reversed + "\n0.5,0.75,20.5,,,0.01,1.5,0.1,3,0.25,12,7,S,0.1,dpo,\"a,\"\"b\"\"\"\n\n");
        Point point = PointsCsv.read(file).getFirst();
        assertThat(point.cell()).isEqualTo(new Point.Cell("a,\"b\"", "dpo", 0.1, "S", 0, 7));
        assertThat(point.step()).isEqualTo(12);
        assertThat(point.gold()).isEqualTo(new Estimate(1.5, 0.01));
        assertThat(point.winRate().isMissing()).isTrue();
        assertThat(point.evaluation().responses().entropy()).isNaN();
        assertThat(point.evaluation().responses().samples()).isZero();
    }

    @Test
    void errorsNameFileLineAndColumn() {
        String row = "r,dpo,0.1,S,7,12,0.25,3,0.1,1.5,0.01,,,20.5,0.75,0.5";
        refused(HEADER + "\n" + row.replace("1.5", "much"), "points.csv:2:29: found \"much\" in column gold");
        refused(HEADER + "\n" + row + "\n" + row.replace("12", "1e3"), "points.csv:3:15: found \"1e3\" in column step");
        refused(HEADER + "\n" + row.replace("0.01", "-0.01"), "points.csv:2:33: found \"-0.01\" in column gold_se");
        refused(HEADER + "\n" + row + ",1", "points.csv:2: found 17 fields, expected 16");
        refused(HEADER + "\n,dpo" + row.substring(5), "points.csv:2:1: found \"\" in column run");
        refused(HEADER + "\n\"r" + row.substring(1), "points.csv:2:1: found a quote left open");
        refused(HEADER + ",golld\n", "points.csv:1: found column golld, expected one of run, objective");
        refused(HEADER.replace(",kl,", ",") + "\n", "points.csv:1: found no column kl,");
        refused(
                "",
                "points.csv: found an empty file, expected a header; copy it again, or run the study again,"
                        + " which writes report/points.csv anew");
    }

    private void refused(String text, String message) {
        Path file = folder.resolve("points.csv");
        assertThatThrownBy(() -> {
                    Files.writeString(file, text);
                    PointsCsv.read(file);
                })
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message)
                .message()
                .satisfies(line -> assertThat(line.lines()).hasSize(1));
    }

    private static Point random(SplittableRandom random, int k) {
        Point.Cell cell = k == 0
                ? new Point.Cell("sft-S-1", Point.SFT, Double.NaN, "S", 115_000, 1)
                : new Point.Cell(
                        "run " + k,
                        Method.values()[1 + k % 4],
                        "dpo",
                        random.nextDouble(),
                        "S",
                        115_000,
                        random.nextLong(),
                        k % 2 == 0 ? "" : "proxy " + k,
                        k % 3 == 0 ? null : new Regime(k % 2 == 0, Online.Regime.values()[k % 3]));
        Estimate missing = k % 7 == 3 ? Estimate.MISSING : estimate(random);
        Evaluation evaluation = new Evaluation(
                new Evaluation.Kl(estimate(random), missing, estimate(random), missing),
                new Evaluation.Rewards(
                        estimate(random),
                        estimate(random),
                        estimate(random),
                        missing,
                        estimate(random),
                        estimate(random),
                        new Concordance(random.nextDouble(), k),
                        random.nextDouble()),
                new Evaluation.HeldOut(
                        random.nextDouble(),
                        1e-300 * random.nextDouble(),
                        -random.nextDouble(),
                        1e12 * random.nextDouble()),
                new Evaluation.Responses(
                        k,
                        4 * k,
                        estimate(random),
                        Double.NaN,
                        random.nextDouble(),
                        random.nextDouble(),
                        random.nextDouble(),
                        random.nextDouble()));
        return new Point(cell, 13 * k, random.nextDouble(), evaluation);
    }

    private static Estimate estimate(SplittableRandom random) {
        return new Estimate(random.nextGaussian(), Math.abs(random.nextGaussian()));
    }
}
