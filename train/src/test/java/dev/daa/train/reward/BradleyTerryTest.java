package dev.daa.train.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.daa.compute.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BradleyTerryTest {
    /// OpenRLHF's pairwise loss of four pairs and its derivatives, from torch.
    @Test
    void agreesWithOpenRlhf() {
        Path file = Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
                .map(folder -> folder.resolve("shared/golden/rm_gae.json"))
                .filter(Files::exists)
                .findFirst()
                .orElse(Path.of("absent"));
        assumeTrue(Files.exists(file), "shared/golden/rm_gae.json stands in no folder above the project");
        JsonNode golden = JsonMapper.shared().readTree(file.toFile()).get("openrlhf_rm_pairwise");
        BradleyTerry loss = new BradleyTerry(0, 0);
        int pairs = golden.get("chosen").size();
        double sum = 0;
        for (int i = 0; i < pairs; i++) {
            double chosen = golden.get("chosen").get(i).asDouble();
            double rejected = golden.get("rejected").get(i).asDouble();
            sum += loss.value(chosen, rejected);
            assertThat(loss.dChosen(chosen, rejected) / pairs)
                    .isCloseTo(golden.get("d_chosen").get(i).asDouble(), within(1e-7));
            assertThat(loss.dRejected(chosen, rejected) / pairs)
                    .isCloseTo(golden.get("d_rejected").get(i).asDouble(), within(1e-7));
        }
        assertThat(sum / pairs).isCloseTo(golden.get("loss").asDouble(), within(1e-7));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.1, 0", "0, 0.01", "0.25, 0.3"})
    void derivativesAreThoseOfTheValue(double smoothing, double centering) {
        BradleyTerry loss = new BradleyTerry(smoothing, centering);
        double step = 1e-5;
        for (double chosen : new double[] {-7, -0.3, 0, 1.3, 13}) {
            for (double rejected : new double[] {-13, -1, 0, 0.7, 7}) {
                double dChosen =
                        (loss.value(chosen + step, rejected) - loss.value(chosen - step, rejected)) / (2 * step);
                double dRejected =
                        (loss.value(chosen, rejected + step) - loss.value(chosen, rejected - step)) / (2 * step);
                assertThat(loss.dChosen(chosen, rejected)).isCloseTo(dChosen, within(1e-8));
                assertThat(loss.dRejected(chosen, rejected)).isCloseTo(dRejected, within(1e-8));
            }
        }
    }

    /// `−log σ(0) = ln 2`; equal scores r cost `c·(2r)²` more; far from 0 the loss is the margin itself.
    @Test
    void closedForms() {
        assertThat(new BradleyTerry(0, 0).value(3, 3)).isCloseTo(Math.log(2), within(1e-15));
        assertThat(new BradleyTerry(0, 0.01).value(3, 3)).isCloseTo(Math.log(2) + 0.36, within(1e-15));
        assertThat(new BradleyTerry(0, 0).value(-1000, 0)).isEqualTo(1000);
        assertThat(new BradleyTerry(0, 0).value(1000, 0)).isZero();
        assertThat(new BradleyTerry(0.1, 0).value(1000, 0)).isCloseTo(100, within(1e-12));
        assertThat(new BradleyTerry(0, 0).dChosen(-1000, 0)).isEqualTo(-1);
    }

    @Test
    void refusesWhatIsNoLoss() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new BradleyTerry(0.5, 0))
                .withMessage("label_smoothing is 0.5, expected at least 0 and less than 0.5");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new BradleyTerry(0, Double.NaN))
                .withMessage("centering is NaN, expected a finite number of at least 0");
    }
}
