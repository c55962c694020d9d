package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The table of objectives: names that users know, refusals that help, documentation that is the table.
public class ObjectiveTableTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "sigmoid",
                "hinge",
                "ipo",
                "exo_pair",
                "nca_pair",
                "robust",
                "bco_pair",
                "sppo_hard",
                "aot",
                "aot_unpaired",
                "apo_zero",
                "apo_down",
                "discopop",
                "sft",
                "sigmoid_norm",
                "kto",
                "simpo",
                "alphapo",
                "cpo",
                "orpo"
            })
    void knowsTheNamesOfTrl(String name) {
        assertThat(Objectives.create(name, Map.of()).name()).isNotEmpty();
    }

    @Test
    void saysWhichFormAnObjectiveHas() {
        assertThat(Objectives.inWords("ipo", Map.of("ipo_form", "unified")))
                .startsWith("ipo: ipo_form unified, ipo_average sum, ")
                .doesNotContain("beta");
        assertThat(Objectives.inWords("0.8*dpo + sft[nll_average=sum]", Map.of()))
                .startsWith("0.8*dpo + sft[nll_average=sum]: dpo: label_smoothing 0.0, ")
                .endsWith("; sft: nll_average sum");
        assertThat(Objectives.inWords("orpo", Map.of())).isEqualTo("orpo");
    }

    @Test
    void namesAreUnique() {
        Set<String> names = new HashSet<>();
        for (ObjectiveDescriptor row : Objectives.all()) {
            assertThat(names.add(row.name())).as(row.name()).isTrue();
            row.aliases()
                    .forEach(alias -> assertThat(names.add(alias)).as(alias).isTrue());
            assertThat(row.create(Map.of()).name()).isEqualTo(row.name());
            assertThat(row.formula()).isNotBlank();
            assertThat(row.paper()).isNotBlank();
        }
    }

    @Test
    void betaOfAnObjectiveWithoutReferenceConstrainsNothing() {
        for (ObjectiveDescriptor row : Objectives.all()) {
            if (!row.needs().contains(Need.REFERENCE)) {
                assertThat(row.parameters())
                        .as(row.name())
                        .noneMatch(parameter -> parameter.meaning().contains("KL"));
            }
        }
    }

    @Test
    void unknownNamesAreRefusedWithTheList() {
        assertThatThrownBy(() -> Objectives.create("dpoo", Map.of()))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("no objective dpoo; there are dpo, cdpo, robust, ipo, hinge,");
    }

    @Test
    void unknownParametersAreRefusedWithTheList() {
        assertThatThrownBy(() -> Objectives.create("sft", Map.of("beta", 0.1)))
                .isInstanceOf(InputException.class)
                .hasMessage("objective sft has no parameter beta; it takes nll_average");
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> Objectives.create("dpo", Map.of("beta", 0)))
                .hasMessage("objective dpo, parameter beta: found 0, expected a finite number > 0");
        assertThatThrownBy(() -> Objectives.create("dpo", Map.of("beta", Double.NaN)))
                .hasMessage("objective dpo, parameter beta: found NaN, expected a finite number > 0");
        assertThatThrownBy(() -> Objectives.create("robust", Map.of("label_smoothing", 0.5)))
                .hasMessage("objective robust, parameter label_smoothing: found 0.5, expected a number in [0, 0.5)");
        assertThatThrownBy(() -> Objectives.create("ipo", Map.of("ipo_form", "square")))
                .hasMessage("objective ipo, parameter ipo_form: found square, expected one of tau, unified");
        assertThatThrownBy(() -> Objectives.create("dpo", Map.of("reference_free", "yes")))
                .hasMessage("objective dpo, parameter reference_free: found yes, expected true or false");
    }

    @Test
    void valuesMayComeAsText() {
        Map<String, String> text = Map.of("beta", "0.25", "reference_free", "true", "nll_average", "MEAN");
        ObjectiveParameters resolved = Objectives.descriptor("dpo").resolve(text);
        assertThat(resolved.real("beta")).isEqualTo(0.25);
        assertThat(resolved.flag("reference_free")).isTrue();
        assertThat(resolved.choice("nll_average")).isEqualTo("mean");
        assertThat(resolved.all()).containsEntry("label_smoothing", 0.0).hasSize(6);
        assertThat(Objectives.create("dpo", text).needs()).isEmpty();
    }

    @Test
    void aBatchThatLacksSomethingIsRefused() {
        PairBatch bare = PairBatch.of(
                new double[] {-1}, new double[] {-2}, new double[0], new double[0], new int[0], new int[0]);
        PairLoss out = new PairLoss();
        assertThatThrownBy(() -> Objectives.create("dpo", Map.of()).loss(bare, new double[0], out))
                .hasMessage("dpo needs reference log-probs; the chosen responses of this batch carry none");
        assertThatThrownBy(() -> Objectives.create("simpo", Map.of()).loss(bare, new double[0], out))
                .hasMessage("simpo needs response lengths; the chosen responses of this batch carry none");
        PairBatch uneven =
                PairBatch.of(new double[1], new double[2], new double[1], new double[2], new int[0], new int[0]);
        assertThatThrownBy(() -> Objectives.create("dpo", Map.of()).loss(uneven, new double[0], out))
                .hasMessage("a pairwise objective needs as many chosen as rejected responses; found 1 and 2");
        assertThatThrownBy(() -> Responses.of(3, new double[3], new double[2], new int[0]))
                .hasMessage("reference log-probs: 2 values for 3 responses");
    }

    @Test
    void mixturesAreWeightedSums() {
        PairBatch batch = DerivativeCheck.typicalBatch();
        Objective mixture =
                Objectives.create(" 0.8*dpo + 2e-1 * bco_pair[beta=0.5, reward_shift=none]+sft", Map.of("beta", 0.3));
        double expected = 0.8 * mean("dpo", Map.of("beta", 0.3), batch)
                + 0.2 * mean("bco_pair", Map.of("beta", 0.5, "reward_shift", "none"), batch)
                + mean("sft", Map.of(), batch);
        assertThat(ObjectivePropertiesTest.evaluated(mixture, batch).mean()).isCloseTo(expected, within(1e-12));
        assertThat(DerivativeCheck.failures(mixture, batch)).isEmpty();
        // a unary part, a part per token and parts with state
        Objective every = Objectives.create("kto+ld_dpo+0.5*beta_dpo+bco_pair+tdpo1", Map.of());
        assertThat(DerivativeCheck.failures(every, batch)).isEmpty();
        assertThat(every.initialState()).hasSize(3);
        assertThat(every.perToken()).isTrue();
        double[] state = every.initialState();
        every.constants(batch, state);
        double[] alone = Objectives.create("bco_pair", Map.of()).initialState();
        Objectives.create("bco_pair", Map.of()).constants(batch, alone);
        assertThat(state[1]).isEqualTo(14);
        assertThat(state[2]).isEqualTo(alone[1]);
    }

    @Test
    void brokenMixturesAreRefused() {
        assertThatThrownBy(() -> Objectives.create("0.8*dpo+", Map.of()))
                .hasMessage("objective 0.8*dpo+: found '', expected WEIGHT*NAME[key=value,…] + …");
        assertThatThrownBy(() -> Objectives.create("0.8*dpo+-1*sft", Map.of()))
                .hasMessageContaining("found '-1*sft', expected WEIGHT*NAME");
        assertThatThrownBy(() -> Objectives.create("dpo[beta]", Map.of()))
                .hasMessage("objective part dpo: found 'beta', expected key=value");
        assertThatThrownBy(() -> Objectives.create("dpo+sft", Map.of("gamma", 1, "beta", 1)))
                .hasMessage("objective dpo+sft: no part has a parameter gamma");
        assertThatThrownBy(() -> Objectives.create("dpo+nope", Map.of())).hasMessageStartingWith("no objective nope;");
        assertThatThrownBy(() -> Objectives.create("1.2.3*dpo", Map.of()))
                .hasMessage("weight of dpo: found 1.2.3, expected a finite number >= 0");
    }

    private static double mean(String name, Map<String, Object> parameters, PairBatch batch) {
        return ObjectivePropertiesTest.evaluated(Objectives.create(name, parameters), batch)
                .mean();
    }

    @Test
    void theDocumentationHoldsTheTable() throws IOException {
        assertThat(Files.readString(documentation())).contains(Objectives.markdown());
    }

    /// `docs/objectives.md` of the project.
    public static Path documentation() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path file = folder.resolve("docs/objectives.md");
            if (Files.exists(file)) {
                return file;
            }
        }
        throw new IllegalStateException("docs/objectives.md is missing");
    }
}
