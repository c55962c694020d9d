package dev.daa.eval.report.part;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.curve.InferenceTimeMethod;
import dev.daa.eval.curve.ScoredPrompt;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Json;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.record.ScoresCsv;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Thresholds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Reward models whose samples' gold is u − a·u⁸ of the quantile of their score, of three seeds: a = ½ has its
/// threshold at n = 6, a = 0.15 at 71, beyond the 32 samples, a = 1.5 at 1.9.
class ThresholdsPartTest {
    private static final int SAMPLES = 32;

    @TempDir
    Path folder;

    private final List<Point> points = new ArrayList<>();
    private final List<ProxyRow> proxies = new ArrayList<>();
    private final Random random = new Random(2);

    private void proxy(String name, long pairs, double flip, double... a) {
        for (int seed = 1; seed <= a.length; seed++) {
            proxies.add(new ProxyRow(
                    name, "S", seed, 1000, pairs, flip, 1, "mean", new Estimate(0.7, 0.01), 0.6, 0.02, 0.8, 0));
            String run = run(name, seed);
            Point.Cell cell = new Point.Cell(
                    run, Method.BEST_OF_N, "best-of-n (" + name + ")", Double.NaN, "S", 100, seed, name, null);
            Evaluation evaluation = new Evaluation(
                    Evaluation.Kl.of(new Estimate(1, 0)),
                    Evaluation.Rewards.of(new Estimate(1, 0.1), new Estimate(1, 0.1), Concordance.MISSING),
                    Evaluation.HeldOut.MISSING,
                    Evaluation.Responses.of(100));
            points.add(new Point(cell, SAMPLES, 1, evaluation));
            ScoresCsv.write(ScoresCsv.in(folder.resolve("runs").resolve(run)), scores(seed, a[seed - 1]));
        }
    }

    private String run(String name, int seed) {
        try {
            Files.createDirectories(folder.resolve("runs").resolve(name + seed));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return name + seed;
    }

    private List<ScoredPrompt> scores(long seed, double a) {
        List<ScoredPrompt> scores = new ArrayList<>();
        for (int prompt = 0; prompt < 100; prompt++) {
            double[] u = random.doubles(SAMPLES).toArray();
            scores.add(new ScoredPrompt(
                    Integer.toString(prompt),
                    Long.toString(seed),
                    u,
                    Arrays.stream(u)
                            .map(of -> of - a * Math.pow(of, 8) + 0.05 * random.nextGaussian())
                            .toArray()));
        }
        return scores;
    }

    private Thresholds thresholds() throws IOException {
        return Thresholds.inFolder(folder, points);
    }

    private AnalysisSection section() throws IOException {
        return ThresholdsPart.of(
                new StudyData(
                        StudyFacts.unrecorded(),
                        points,
                        List.of(),
                        Map.of(),
                        List.of(),
                        Map.of(),
                        proxies,
                        List.of(),
                        Optional.empty(),
                        Optional.empty()),
                new FigureStyle(points, StudyGroups.of(points), Optional.empty()),
                thresholds());
    }

    private Finding finding() throws IOException {
        return section().findings().getFirst();
    }

    private List<Outcome> outcomes() throws IOException {
        return finding().cases().stream().map(Finding.Case::outcome).toList();
    }

    @Test
    void tableHasTheThresholdsOfEachRewardModel() throws IOException {
        proxy("six", 1000, 0, 0.5, 0.5, 0.5);
        proxy("far", 4000, 0, 0.15, 0.15, 0.15);
        AnalysisSection.Table table = section().table().orElseThrow();
        assertThat(table.rows()).hasSize(2);
        assertThat(table.rows().getFirst().getFirst().detail()).isEqualTo("3 seeds, 300 prompts, 32 samples each");
        assertThat(Double.parseDouble(table.rows().getFirst().get(1).words())).isBetween(5.0, 7.2);
        assertThat(table.rows().getFirst().get(1).detail()).matches("[45]\\.\\d\\d to [678]\\.\\d\\d");
        assertThat(table.rows().getLast().get(1).words()).isEqualTo("beyond 32");
        assertThat(Thresholds.inFolder(folder, points)
                        .models()
                        .getFirst()
                        .of(InferenceTimeMethod.BEST_OF_POISSON)
                        .threshold())
                .isBetween(5.0, 7.7);
        String json = Json.indented(thresholds().entries());
        assertThat(json).contains("\"objective\" : \"best-of-n (six)\"", "\"outcome\" : \"interior\"", "\"seeds\" : 3");
        assertThat(thresholds().entries()).hasSize(6);
    }

    @Test
    void fewerComparisonsAndNoisierLabelsThatLowerItReplicate() throws IOException {
        proxy("few", 250, 0, 1.5, 1.4, 1.6);
        proxy("some", 1000, 0, 0.5, 0.6, 0.5);
        proxy("many", 4000, 0, 0.15, 0.15, 0.15);
        proxy("noisy", 4000, 0.25, 0.5, 0.5, 0.55);
        Finding finding = finding();
        assertThat(outcomes()).containsExactly(Outcome.SHOWN, Outcome.SHOWN);
        assertThat(finding.cases())
                .extracting(Finding.Case::label)
                .containsExactly("few against many", "noisy against many");
        assertThat(finding.cases().getFirst().numbers())
                .contains(
                        "250 comparisons n 1.",
                        "4000 comparisons n beyond 32",
                        "; doublings from the worst to the best +",
                        "; 3 seeds");
        assertThat(finding.cases().getLast().numbers().replace('\u00a0', ' '))
                .startsWith("25 % of labels flipped n ")
                .contains(", 0 % of labels flipped n beyond 32");
    }

    @Test
    void theContraryIsSeen() throws IOException {
        proxy("few", 250, 0, 0.15, 0.15, 0.15);
        proxy("many", 4000, 0, 0.5, 0.6, 0.5);
        assertThat(outcomes()).containsExactly(Outcome.CONTRADICTED);
        assertThat(finding().verdict()).isEqualTo(Finding.Verdict.NOT_REPLICATED);
    }

    @Test
    void seedsThatDisagreeOrAreAloneDecideNothing() throws IOException {
        proxy("few", 250, 0, 0.15, 1.5, 0.5);
        proxy("many", 4000, 0, 0.5, 0.6, 0.5);
        assertThat(outcomes()).containsExactly(Outcome.UNDECIDED);
        points.removeIf(point -> point.cell().seed() > 1);
        proxies.removeIf(row -> row.seed() > 1);
        assertThat(outcomes()).containsExactly(Outcome.UNDECIDED);
        assertThat(finding().cases().getFirst().numbers()).contains("of one seed, so no interval; 1 seed");
    }

    @Test
    void saysWhatAStudyLacks() throws IOException {
        assertThat(finding().summary()).isEqualTo("The study has no best of n.");
        assertThat(section().isEmpty()).isTrue();
        proxy("six", 1000, 0, 0.5, 0.5);
        assertThat(finding().summary())
                .isEqualTo("It takes best of n by reward models that differ in their comparisons only, or in flipped"
                        + " labels only.");
        Files.delete(ScoresCsv.in(folder.resolve("runs/six2")));
        assertThat(section().introduction()).endsWith("did not keep the rewards of their samples: six2.");
        Files.delete(ScoresCsv.in(folder.resolve("runs/six1")));
        assertThat(finding().summary()).isEqualTo("Its runs of best of n did not keep the rewards of their samples.");
    }
}
