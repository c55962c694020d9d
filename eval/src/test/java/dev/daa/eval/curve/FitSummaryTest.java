package dev.daa.eval.curve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import dev.daa.eval.record.CurveCsv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// From a CSV file to the answer of `daa fit`.
class FitSummaryTest {
    @TempDir
    Path folder;

    @Test
    void fitsTheRlLawOfAFile() throws IOException {
        StringBuilder csv = new StringBuilder("distance,reward,se\r\n");
        for (double d = 0; d <= 8; d += .5) {
            double reward = d == 0 ? 0 : d * (.35 - .15 * Math.log(d));
            csv.append(d).append(", ").append(reward).append(",0.1\r\n");
        }
        JsonNode answer = answer("rl", csv.toString());
        assertThat(answer.get("law").stringValue()).isEqualTo("rl");
        assertThat(answer.get("points").intValue()).isEqualTo(17);
        assertThat(answer.get("weighted").booleanValue()).isTrue();
        close(answer.get("alpha"), .35);
        close(answer.get("beta"), .15);
        close(answer.get("rmse"), 0);
        close(answer.get("loo_rmse"), 0);
        close(answer.get("peak_distance"), 3.7936678946831774); // e^(α/β − 1)
        close(answer.get("peak_reward"), .15 * 3.7936678946831774);
        for (String key : new String[] {"alpha", "beta", "peak_distance", "peak_reward"}) {
            JsonNode ends = answer.get("intervals").get(key);
            close(ends.get(0), answer.get(key).doubleValue());
            close(ends.get(1), answer.get(key).doubleValue());
        }
        assertThat(answer.get("draws").intValue()).isEqualTo(1000);
    }

    @Test
    void thePowerLawHasItsExponent() throws IOException {
        StringBuilder csv = new StringBuilder("distance,reward\n");
        for (double d = .25; d <= 5; d += .25) {
            csv.append(d).append(',').append(d * (.8 - .2 * Math.pow(d, .75))).append('\n');
        }
        JsonNode answer = answer("power", csv.toString());
        assertThat(answer.get("gamma").doubleValue()).isCloseTo(.75, within(1e-4));
        assertThat(answer.get("alpha").doubleValue()).isCloseTo(.8, within(1e-4));
        assertThat(answer.get("peak_distance").doubleValue())
                .isCloseTo(Math.pow(.8 / (.2 * 1.75), 1 / .75), within(1e-3));
        assertThat(answer("rl", csv.toString()).get("gamma").isNull()).isTrue();
    }

    /// Points that only fall have α = 0 and β > 0 under the constraint; held fits give no interval.
    @Test
    void heldCoefficientsAreNotNegative() throws IOException {
        CurvePoints falling = CurvePoints.of(new double[] {1, 2, 3, 4}, new double[] {-.5, -2, -4.5, -8});
        FitSummary held = FitSummary.of("bon", SampledCurve.of(falling), false, true, 1);
        assertThat(held.alpha()).isBetween(0.0, 1e-12);
        assertThat(held.beta()).isCloseTo(.5, within(1e-12));
        FitSummary free = FitSummary.of(
                "bon",
                SampledCurve.of(CurvePoints.of(new double[] {1, 2, 3}, new double[] {-1, -1, 0})),
                false,
                true,
                1);
        assertThat(free.alpha()).isZero();
        assertThat(free.beta()).isGreaterThanOrEqualTo(0);
        assertThat(free.intervals()).isNull();
    }

    @Test
    void quadraticTakesTheBetterOfKlAndDistance() throws IOException {
        StringBuilder inKl = new StringBuilder("reward,distance\n");
        StringBuilder inDistance = new StringBuilder("distance,reward\n");
        for (double d = .5; d <= 4; d += .5) {
            double kl = d * d;
            inKl.append(.1 + .5 * kl - .02 * kl * kl).append(',').append(d).append('\n');
            inDistance.append(d).append(',').append(.1 + .5 * d - .02 * kl).append('\n');
        }
        for (String csv : new String[] {inKl.toString(), inDistance.toString()}) {
            JsonNode answer = answer("quadratic", csv);
            close(answer.get("alpha"), .5);
            close(answer.get("beta"), .02);
            close(answer.get("intercept"), .1);
            close(answer.get("peak_reward"), .1 + .25 / .08);
        }
        close(answer("quadratic", inKl.toString()).get("peak_distance"), Math.sqrt(12.5));
        close(answer("quadratic", inDistance.toString()).get("peak_distance"), 12.5);
        assertThat(answer("quadratic", inKl.toString()).get("law").stringValue())
                .isEqualTo("quadratic_kl");
        assertThat(answer("quadratic_kl", inDistance.toString()).get("rmse").doubleValue())
                .isGreaterThan(1e-3);
    }

    @Test
    void whatPointsDoNotDetermineIsNull() throws IOException {
        JsonNode answer = answer("bon", "distance,reward\n1,1\n2,3\n"); // rises ever faster, fitted exactly
        assertThat(answer.get("peak_distance").isNull()).isTrue();
        assertThat(answer.get("peak_reward").isNull()).isTrue();
        assertThat(answer.get("loo_rmse").isNull()).isTrue();
        String text = FitSummary.of("bon", CurveCsv.read(written("distance,reward\n1,1\n2,3\n")), false, false, 1)
                .json();
        assertThat(text).doesNotContain("NaN").doesNotContain("Infinity");
    }

    /// Points of one run are drawn as a whole, so that every replica is the same.
    @Test
    void oneRunTellsNoSpread() throws IOException {
        String csv = "distance,reward,cluster\n.5,.3,a\n1,.5,a\n1.5,.6,a\n2,.55,a\n";
        for (String law : new String[] {"rl", "power"}) {
            JsonNode answer = answer(law, csv);
            assertThat(answer.get("intervals").isNull()).isTrue();
            assertThat(answer.get("draws").intValue()).isZero();
            assertThat(answer.get("aic").isNull()).isFalse();
        }
    }

    /// A run of the file is a cluster, and five are needed; without the column every point is one.
    @Test
    void intervalsTakeFiveRuns() throws IOException {
        for (String law : new String[] {"rl", "power"}) {
            for (int runs = 3; runs < 7; runs++) {
                StringBuilder csv = new StringBuilder("distance,reward,cluster\n");
                for (int i = 0; i < 24; i++) {
                    double d = .25 * (1 + i);
                    csv.append(d + "," + d * (.35 - .15 * Math.log(d)) + ",run" + i % runs + "\n");
                }
                JsonNode answer = answer(law, csv.toString());
                assertThat(answer.get("intervals").isNull()).isEqualTo(runs < 5);
                assertThat(answer.get("draws").intValue()).isEqualTo(runs < 5 ? 0 : 1000);
            }
            assertThat(answer(law, "distance,reward\n.5,.3\n1,.5\n2,.55\n3,.4\n")
                            .get("intervals")
                            .isNull())
                    .isTrue();
        }
    }

    /// Two seeds whose peaks lie at distances 1 and 10: Student's t over them would begin at −50.
    @ParameterizedTest
    @ValueSource(strings = {"bon", "power"})
    void noPeakLiesAtADistanceBelow0(String law) throws IOException {
        StringBuilder csv = new StringBuilder("distance,reward,cluster,seed\n");
        for (int seed = 1; seed <= 2; seed++) {
            for (double d = 1; d <= 4; d++) {
                csv.append(d + "," + d * (2 - (seed == 1 ? 1 : 0.1) * d) + "," + seed + "," + seed + "\n");
            }
        }
        assertThat(answer(law, csv.toString())
                        .get("intervals")
                        .get("peak_distance")
                        .get(0)
                        .doubleValue())
                .isZero();
    }

    /// Two seeds of two runs each on d(α − βd), α 1 and 2, β 0: without a seed α is the other's, so its interval is
    /// 1.5 ± t·√(½·½), t = 12.706 of one degree of freedom. Four runs have none by themselves; six have, and it is
    /// narrower.
    @Test
    void seedsHaveTheirOwnInterval() throws IOException {
        double half = 12.706204736174698 * 0.5;
        for (int runs : new int[] {2, 3}) {
            StringBuilder csv = new StringBuilder("distance,reward,cluster,seed\n");
            for (int seed = 1; seed <= 2; seed++) {
                for (int run = 0; run < runs; run++) {
                    for (int d = 1; d <= 3; d++) {
                        csv.append(d + "," + seed * d + "," + seed + "-" + run + "," + seed + "\n");
                    }
                }
            }
            JsonNode answer = answer("bon", csv.toString());
            assertThat(answer.get("intervals_over").stringValue())
                    .isEqualTo(runs == 2 ? "seeds" : "clusters and seeds");
            close(answer.get("intervals").get("alpha").get(0), 1.5 - half);
            close(answer.get("intervals").get("alpha").get(1), 1.5 + half);
            JsonNode alone = answer("bon", csv.toString().replaceAll("(?m),[^,]*$", ""));
            assertThat(alone.get("intervals").isNull()).isEqualTo(runs == 2);
            if (runs == 3) {
                assertThat(alone.get("intervals_over").stringValue()).isEqualTo("clusters");
                assertThat(alone.get("intervals").get("alpha").get(0).doubleValue())
                        .isGreaterThanOrEqualTo(1);
            }
        }
    }

    /// Eight points of two seeds are no eight runs.
    @Test
    void pointsOfASeedAreOneClusterWhereNoneIsNamed() throws IOException {
        String csv = "distance,reward,seed\n1,1,1\n2,2,1\n3,3.1,1\n4,3.9,1\n1,2,2\n2,4,2\n3,6,2\n4,8.1,2\n";
        JsonNode answer = answer("bon", csv);
        assertThat(answer.get("intervals_over").stringValue()).isEqualTo("seeds");
        assertThat(answer("bon", csv.replaceAll("(?m),[^,]*$", ""))
                        .get("intervals_over")
                        .stringValue())
                .isEqualTo("clusters");
    }

    /// As many points above 0 as coefficients: what is left over is rounding, and no measure of the law.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rl | distance,reward\\n.5,.3\\n1,.5",
                "rl | distance,reward\\n0,0\\n.5,.3\\n1,.5",
                "power | distance,reward\\n.5,.3\\n1,.5\\n2,.55",
                "quadratic_kl | distance,reward\\n0,.1\\n.5,.3\\n1,.5",
            })
    void pointsThatCannotContradictALawDoNotSupportIt(String law, String csv) throws IOException {
        JsonNode answer = answer(law, csv.replace("\\n", "\n"));
        assertThat(answer.get("rmse").doubleValue()).isCloseTo(0, within(1e-5));
        for (String unknown : new String[] {"aic", "bic", "intervals"}) {
            assertThat(answer.get(unknown).isNull()).as(unknown).isTrue();
        }
        String another = csv.replace("\\n", "\n") + "\n3,.4\n4,.1\n5,-.1\n";
        for (String known : new String[] {"aic", "bic", "intervals"}) {
            assertThat(answer(law, another).get(known).isNull()).as(known).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rl", "bon", "power", "quadratic", "log1p"})
    void aFitThatOverflowsIsRefused(String law) throws IOException {
        Path file = written("distance,reward\n1,1e308\n2,-1e308\n3,1e308\n4,-1.5e308\n");
        assertThatThrownBy(() -> FitSummary.of(law, CurveCsv.read(file), false, false, 1))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("law " + law)
                .hasMessageEndingWith(": found a fit that overflows (largest reward -1.5E308, of point 4; distances"
                        + " 1.0 to 4.0), expected numbers whose squares are finite; scale rewards or distances");
    }

    @Test
    void clustersComeFromTheirColumn() throws IOException {
        CurvePoints points = CurveCsv.read(written("cluster,distance,reward\na,1,1\nb,2,2\n\na,3,3\n"))
                .points();
        assertThat(points.cluster()).containsExactly(0, 1, 0);
        assertThat(points.distance()).containsExactly(1, 2, 3);
    }

    /// As R's write.csv does.
    @Test
    void fieldsMayBeQuoted() throws IOException {
        CurvePoints points = CurveCsv.read(written("\"cluster\",\"reward\",\"distance\"\n"
                        + "\"dpo, \"\"a\"\"\",1,\"2\"\n"
                        + "\"dpo, b\",3,4\n"
                        + "\"dpo, \"\"a\"\"\",5,6\n"))
                .points();
        assertThat(points.cluster()).containsExactly(0, 1, 0);
        assertThat(points.distance()).containsExactly(2, 4, 6);
        assertThat(points.reward()).containsExactly(1, 3, 5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "distance,reward\\n1,x | points.csv:2:3: found reward 'x', expected a finite number",
                "distance,reward\\n1,1\\n-2,3 | points.csv:3:1: found distance '-2', expected a finite number >= 0",
                "distance,reward\\n1,NaN | points.csv:2:3: found reward 'NaN', expected a finite number",
                "distance,reward,se\\n1,2,0 | points.csv:2:5: found se '0', expected a finite number > 0",
                "distance,reward\\n1,2,3 | points.csv:2: found 3 fields, expected 2 as in the header",
                "distance,rewards\\n1,2 | points.csv:1:10: found column 'rewards', expected distance, reward",
                "distance,distance\\n1,2 | points.csv:1:10: found a second column 'distance', expected each",
                "distance,reward,cluster\\n"
                        + "1,2,a\\n"
                        + "2,3, | points.csv:3:5: found cluster '', expected the name of the point's run",
                "distance,reward,seed\\n"
                        + "1,2, | points.csv:2:5: found seed '', expected the name of the point's seed",
                "distance,reward\\n1,\"2 | points.csv:2:3: found a quote left open, expected a closing quote",
                "distance\\n1 | points.csv:1: found no column 'reward', expected distance and reward",
                "'' | points.csv:1:1: found an empty file",
            })
    void badFilesAreNamedByLineAndColumn(String csv, String message) throws IOException {
        Path file = written(csv.replace("\\n", "\n"));
        assertThatThrownBy(() -> CurveCsv.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(folder + "/" + message);
    }

    @Test
    void aFileThatIsNotThereOrNotTextIsRefused() throws IOException {
        assertThatThrownBy(() -> CurveCsv.read(folder.resolve("none.csv"))).hasMessageContaining("no such file");
        Path binary = Files.write(folder.resolve("binary.csv"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThatThrownBy(() -> CurveCsv.read(binary)).hasMessageContaining("not a UTF-8 text file");
    }

    @Test
    void unknownLawIsRefusedWithTheList() {
        assertThatThrownBy(() -> FitSummary.of(
                        "cubic", SampledCurve.of(CurvePoints.of(new double[2], new double[2])), false, false, 1))
                .hasMessage("--law: found cubic, expected rl, bon, log1p, quadratic_kl, quadratic_distance, power,"
                        + " quadratic");
        assertThatThrownBy(() -> FitSummary.of(
                        "rl", SampledCurve.of(CurvePoints.of(new double[1], new double[1])), false, false, 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("1 points");
    }

    private JsonNode answer(String law, String csv) throws IOException {
        String json =
                FitSummary.of(law, CurveCsv.read(written(csv)), false, false, 1).json();
        return JsonMapper.shared().readTree(json);
    }

    private Path written(String csv) throws IOException {
        return Files.writeString(folder.resolve("points.csv"), csv);
    }

    private static void close(JsonNode found, double expected) {
        assertThat(found.doubleValue()).isCloseTo(expected, within(1e-8));
    }
}
