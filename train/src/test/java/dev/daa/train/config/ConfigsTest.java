package dev.daa.train.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.daa.compute.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigsTest {

    enum Decay {
        CONSTANT,
        LINEAR,
        HALF_COSINE
    }

    record Adam(
            @Setting(value = "first moment", byDefault = "0.9")
            double beta1,

            @Setting(value = "second moment", byDefault = "0.999")
            double beta2) {}

    record Cell(
            @Setting("name of the objective") String objective,

            @Setting(value = "strength", byDefault = "[0.1]")
            List<Double> betas) {}

    record Training(
            @Setting("model folder") Path model,
            @Setting("updates") int steps,

            @Setting(value = "peak learning rate", byDefault = "1e-4", aliases = "lr")
            double learningRate,

            @Setting(value = "decay", byDefault = "constant")
            Decay decay,

            @Setting(value = "AdamW", byDefault = "{}") Adam adam,
            @Setting(value = "cells", byDefault = "[]") List<Cell> cells,

            @Setting(value = "device", byDefault = "null") @Nullable
            String device) {
        Training {
            if (steps < 1) {
                throw new IllegalArgumentException("steps is " + steps + ", expected at least 1");
            }
        }
    }

    private static final String KEYS = "model, steps, learning_rate, decay, adam, cells, device";

    private static final String OPTIONS = KEYS.replace("adam", "adam.beta1, adam.beta2");

    private static Training read(String yaml, Assignment... options) {
        return Configs.read(Training.class, "run.yaml", yaml, List.of(options));
    }

    private static void refused(String message, ThrowingCallable reading) {
        assertThatExceptionOfType(InputException.class).isThrownBy(reading).withMessage(message);
    }

    @Test
    void fillsInDefaults() {
        assertThat(read("model: base\nsteps: 7\n"))
                .isEqualTo(
                        new Training(Path.of("base"), 7, 1e-4, Decay.CONSTANT, new Adam(0.9, 0.999), List.of(), null));
    }

    record Slow(
            @Setting(value = "AdamW", byDefault = "{beta2: 0.95}")
            Adam adam) {}

    /// A section's default holds for the keys that are not given, whichever are.
    @Test
    void aSectionMayHaveDefaultsOfItsOwn() {
        assertThat(Configs.read(Slow.class, null, List.of())).isEqualTo(new Slow(new Adam(0.9, 0.95)));
        assertThat(Configs.read(Slow.class, "run.yaml", "adam: {beta1: 0.5}", List.of()))
                .isEqualTo(new Slow(new Adam(0.5, 0.95)));
        assertThat(Configs.read(Slow.class, "run.yaml", "adam: {beta2: 0.5}", List.of()))
                .isEqualTo(new Slow(new Adam(0.9, 0.5)));
        assertThat(ConfigKey.of(Slow.class).getFirst().sectionKeys())
                .extracting(key -> key.byDefault().orElseThrow())
                .containsExactly("0.9", "0.95");
    }

    @Test
    void readsEveryKindOfValue() {
        Training config = read("""
            model: base
            steps: 33
            learning-rate: 3e-4
            decay: half-cosine
            adam: {beta2: 0.95}
            cells:
              - objective: dpo
                betas: [0.05, 0.1, 1]
              - {objective: ipo}
            device: cpu
            """);
        assertThat(config)
                .isEqualTo(new Training(
                        Path.of("base"),
                        33,
                        3e-4,
                        Decay.HALF_COSINE,
                        new Adam(0.9, 0.95),
                        List.of(new Cell("dpo", List.of(0.05, 0.1, 1.0)), new Cell("ipo", List.of(0.1))),
                        "cpu"));
    }

    @Test
    void optionsOverrideTheFileUnderAnyNameOfTheKey() {
        Training config = read(
                "model: base\nsteps: 7\nlr: 1e-3\nadam: {beta1: 0.5}\n",
                new Assignment("learning-rate", "2e-3"),
                new Assignment("adam.beta1", "0.8"),
                new Assignment("beta2", "0.99"),
                new Assignment("decay", "linear"),
                new Assignment("device", "tornado:0:1"));
        assertThat(config.learningRate()).isEqualTo(2e-3);
        assertThat(config.adam()).isEqualTo(new Adam(0.8, 0.99));
        assertThat(config.decay()).isEqualTo(Decay.LINEAR);
        assertThat(config.device()).isEqualTo("tornado:0:1");
    }

    @Test
    void refusesAnOptionThatUndoesAnother() {
        refused(
                "--steps is given twice, expected once",
                () -> read("model: base\n", new Assignment("steps", "7"), new Assignment("steps", "8")));
        refused(
                "--learning-rate replaces --lr, expected one of them",
                () -> read("", new Assignment("lr", "7"), new Assignment("learning-rate", "8")));
        refused(
                "--adam replaces --beta1, expected one of them",
                () -> read("", new Assignment("beta1", "0.5"), new Assignment("adam", "{beta2: 0.5}")));
        assertThat(read("model: base\nsteps: 7\n", new Assignment("adam", "{}"), new Assignment("beta1", "0.5"))
                        .adam())
                .isEqualTo(new Adam(0.5, 0.999));
    }

    @Test
    void anOptionGivesAListWithOrWithoutBrackets() {
        record Grid(@Setting("strengths") List<Double> betas) {}
        for (String text : List.of("0.05,0.1", "[0.05, 0.1]")) {
            assertThat(Configs.read(Grid.class, null, List.of(new Assignment("betas", text))))
                    .isEqualTo(new Grid(List.of(0.05, 0.1)));
        }
    }

    @Test
    void refusesAnUnknownKeyWithItsPlaceAndTheValidOnes() {
        refused(
                "run.yaml:3:1: unknown key stepz; did you mean steps? Valid keys: " + KEYS,
                () -> read("model: base\nsteps: 7\nstepz: 8\n"));
        refused(
                "run.yaml:2:8: unknown key adam.gamma. Valid keys: beta1, beta2",
                () -> read("model: base\nadam: {gamma: 8}\nsteps: 1\n"));
        refused(
                "run.yaml:4:22: unknown key cells[0].beta; did you mean betas? Valid keys: objective, betas",
                () -> read("model: base\nsteps: 7\ncells:\n  - {objective: dpo, beta: 1}\n"));
        refused(
                "--learning-rat: unknown option; did you mean --learning-rate? Valid keys: " + OPTIONS,
                () -> read("model: base\nsteps: 7\n", new Assignment("learning-rat", "1")));
        refused(
                "--beta3: unknown option; did you mean --adam.beta1? Valid keys: " + OPTIONS,
                () -> read("model: base\nsteps: 7\n", new Assignment("beta3", "1")));
    }

    @Test
    void refusesAMissingKeyWithItsMeaning() {
        refused(
                "run.yaml: missing key steps (updates); give it in a config file or as --steps",
                () -> read("model: base\n"));
        refused(
                "command line: missing key model (model folder); give it in a config file or as --model",
                () -> Configs.read(Training.class, null, List.of()));
        refused(
                "run.yaml:4:5: missing key cells[0].objective (name of the objective); give it there",
                () -> read("model: base\nsteps: 7\ncells:\n  - betas: [1]\n"));
    }

    @Test
    void anEmptySectionHasItsDefaults() {
        Training defaults = read("model: base\nsteps: 7\n");
        assertThat(read("model: base\nsteps: 7\nadam:\n  # beta1: 0.5\n")).isEqualTo(defaults);
        assertThat(read("model: base\nsteps: 7\n", new Assignment("adam", "null")))
                .isEqualTo(defaults);
        assertThat(Configs.read(Slow.class, "run.yaml", "adam:\n", List.of())).isEqualTo(new Slow(new Adam(0.9, 0.95)));
        record Inner(
                @Setting("required") int steps,
                @Setting("optimizer") Adam adam) {}
        record Outer(
                @Setting("list") List<Inner> list,

                @Setting(value = "optional", byDefault = "null") @Nullable
                Adam adam) {}
        assertThat(Configs.read(Outer.class, "run.yaml", "list: [{steps: 3, adam: }]\nadam:\n", List.of()))
                .isEqualTo(new Outer(List.of(new Inner(3, new Adam(0.9, 0.999))), null));
    }

    record Updates(
            @Setting("updates") int steps,

            @Setting(value = "updates of warm-up", byDefault = "5")
            int warmup) {}

    record TwoStages(
            @Setting("first") Updates sft,
            @Setting("second") Updates align) {
        TwoStages {
            if (align.warmup > align.steps) {
                throw new IllegalArgumentException(
                        "align.warmup is " + align.warmup + ", expected at most the run's " + align.steps + " steps");
            }
        }
    }

    /// "steps" is a word of the refusal, and the name of a key that has nothing to do with it.
    @Test
    void anOptionOfAnotherSectionIsNotBlamed() {
        String stages = "sft: {steps: 7}\nalign: {steps: 2}\n";
        refused(
                "run.yaml: align.warmup is 5, expected at most the run's 2 steps",
                () -> Configs.read(TwoStages.class, "run.yaml", stages, List.of(new Assignment("sft.steps", "70"))));
        refused(
                "--align.steps: align.warmup is 5, expected at most the run's 3 steps",
                () -> Configs.read(TwoStages.class, "run.yaml", stages, List.of(new Assignment("align.steps", "3"))));
    }

    @Test
    void refusesAKeyWithoutAValue() {
        refused("run.yaml:1:1: model: found nothing, expected a value", () -> read("model:\nsteps: 7\n"));
        refused(
                "run.yaml:3:1: cells: found nothing, expected a value; leave out the key for its default",
                () -> read("model: base\nsteps: 7\ncells:\n  # - objective: dpo\n"));
        refused(
                "run.yaml:3:8: adam.beta1: found nothing, expected a value; leave out the key for its default",
                () -> read("model: base\nsteps: 7\nadam: {beta1: }\n"));
        refused(
                "run.yaml:4:4: missing key cells[0].objective (name of the objective); give it there",
                () -> read("model: base\nsteps: 7\ncells:\n  -\n"));
    }

    @Test
    void whatAnOptionReplacesIsNotBlamed() {
        refused(
                "--cells: cells[0].betas: found 3, expected a list",
                () -> read(
                        "model: base\nsteps: 7\ncells:\n  - {objective: dpo, betas: [1]}\n",
                        new Assignment("cells", "[{objective: dpo, betas: 3}]")));
    }

    @Test
    void refusesAValueOfTheWrongKind() {
        refused(
                "run.yaml:2:1: steps: found \"many\", expected a whole number",
                () -> read("model: base\nsteps: many\n"));
        refused("run.yaml:2:1: steps: found 1.5, expected a whole number", () -> read("model: base\nsteps: 1.5\n"));
        refused(
                "--decay: found \"cubic\", expected one of constant, linear, half-cosine",
                () -> read("model: base\nsteps: 7\n", new Assignment("decay", "cubic")));
        refused(
                "--decay: found \"1\", expected one of constant, linear, half-cosine",
                () -> read("model: base\nsteps: 7\n", new Assignment("decay", "1")));
        refused(
                "--beta1: found \"x\", expected a number",
                () -> read("model: base\nsteps: 7\n", new Assignment("beta1", "x")));
        refused(
                "--lr: learning_rate: found nothing, expected a value; leave out the key for its default",
                () -> read("model: base\nsteps: 7\n", new Assignment("lr", "null")));
        refused(
                "--adam: adam.beta1: found \"x\", expected a number",
                () -> read("model: base\nsteps: 7\n", new Assignment("adam", "{beta1: x}")));
        refused(
                "run.yaml:3:8: adam.beta1: found \"x\", expected a number",
                () -> read("model: base\nsteps: 7\nadam: {beta1: x}\n"));
        refused(
                "run.yaml:3:1: adam: found 3, expected a section with the keys beta1, beta2",
                () -> read("model: base\nsteps: 7\nadam: 3\n"));
    }

    @Test
    void refusesAnEmptyPath() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> read("model: ''\nsteps: 1\n"))
                .withMessageStartingWith("run.yaml:1:")
                .withMessageContaining("model: found \"\", expected");
    }

    @Test
    void passesOnWhatTheRecordRefuses() {
        refused("run.yaml: steps is 0, expected at least 1", () -> read("model: base\nsteps: 0\n"));
    }

    /// What is refused together is blamed on the option that gave the key that is named, where there is one.
    @Test
    void namesTheOptionThatARecordRefuses() {
        refused(
                "--steps: steps is 0, expected at least 1",
                () -> read("model: base\nsteps: 7\n", new Assignment("device", "cpu"), new Assignment("steps", "0")));
        refused(
                "run.yaml: steps is 0, expected at least 1",
                () -> read("model: base\nsteps: 0\n", new Assignment("device", "cpu")));
        refused(
                "--first.low: first.low is 3, expected less than second.low 2; raise high",
                () -> Configs.read(
                        Two.class,
                        "run.yaml",
                        "first: {low: 1}\nsecond: {low: 2}\nhigh: 5\n",
                        List.of(new Assignment("high", "4"), new Assignment("first.low", "3"))));
    }

    record Section(@Setting("bound") int low) {}

    record Two(
            @Setting("first") Section first,
            @Setting("second") Section second,
            @Setting("bound") int high) {
        Two {
            if (first.low() >= second.low()) {
                throw new InputException("first.low is " + first.low() + ", expected less than second.low "
                        + second.low() + "; raise high");
            }
        }
    }

    @Test
    void suggestsTheFewestEditsAndThenTheFewestSections() {
        List<String> known = List.of("gold_model.seed", "seeds", "training.steps", "jobs", "out");
        assertThat(ConfigKey.nearest("sead", known)).contains("seeds");
        assertThat(ConfigKey.nearest("jbos", known)).contains("jobs");
        assertThat(ConfigKey.nearest("stepz", known)).contains("training.steps");
        assertThat(ConfigKey.nearest("gold_model.sed", known)).contains("gold_model.seed");
        assertThat(ConfigKey.nearest("nonsense", known)).isEmpty();
    }

    @Test
    void refusesASecondDocument() {
        String once = "model: base\nsteps: 7\n";
        String message = " found a second document, expected one config a file";
        refused("run.yaml:4:1:" + message, () -> read(once + "---\nsteps: 8\n"));
        refused("run.yaml:3:1:" + message, () -> read("---\n---\n" + once));
        assertThat(read("# a comment\n---\n" + once + "...\n").steps()).isEqualTo(7);
        refused(
                "run.json:1:31:" + message,
                () -> Configs.read(
                        Training.class, "run.json", "{\"model\": \"base\", \"steps\": 7} {\"steps\": 8}", List.of()));
    }

    @Test
    void takesAByteOrderMark(@TempDir Path folder) throws Exception {
        for (String text : List.of("model: base\nsteps: 7\n", "{\"model\": \"base\", \"steps\": 7}")) {
            Path file = Files.writeString(folder.resolve(text.startsWith("{") ? "a.json" : "a.yaml"), "\uFEFF" + text);
            assertThat(Configs.read(Training.class, file, List.of()).model()).isEqualTo(Path.of("base"));
        }
    }

    @Test
    void refusesAliases() {
        refused(
                "run.yaml:2:9: found a YAML alias (*d), expected the value itself",
                () -> read("model: &d base\ndevice: *d\nsteps: 7\n"));
        refused(
                "run.yaml:3:7: found a YAML alias (*a), expected the value itself",
                () -> read("adam: &a {beta1: 0.5}\nother:\n  <<: *a\n"));
    }

    @Test
    void refusesBrokenYamlWithLineAndColumn() {
        refused("run.yaml:3:1: expected ',' or ']', but got <stream end>", () -> read("model: base\nsteps: [1, 2\n"));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> read("model: base\nsteps: 7\nmodel: other\n"))
                .withMessageStartingWith("run.yaml:3:")
                .withMessageContaining("model");
        refused("run.yaml:1:1: found a plain value or list, expected `key: value` lines", () -> read("- 1\n"));
        refused(
                "run.yaml:2:1: lr and learning_rate are the same key, expected one of them",
                () -> read("learning_rate: 1\nlr: 2\n"));
    }

    @Test
    void namesAFileThatIsMissingOrNotText(@TempDir Path folder) throws Exception {
        Path absent = folder.resolve("absent.yaml");
        refused(absent + ": no such file", () -> Configs.read(Training.class, absent, List.of()));
        Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {'a', ':', ' ', (byte) 0xff});
        refused(
                binary + ": found bytes that are not UTF-8, expected a text file",
                () -> Configs.read(Training.class, binary, List.of()));
    }

    @Test
    void theResolvedConfigReadsBackAsItself() {
        Training config = read(
                "model: base\nsteps: 7\nlr: 1e-7\ncells: [{objective: 'yes', betas: [0.1, 2]}]\n",
                new Assignment("decay", "half-cosine"));
        String yaml = Configs.toYaml(config);
        assertThat(yaml).startsWith("model: base\nsteps: 7\nlearning_rate: 1.0E-7\ndecay: half-cosine\nadam:\n");
        assertThat(read(yaml)).isEqualTo(config);
    }

    @Test
    void tellsWhichKeysDiffer(@TempDir Path folder) throws Exception {
        Training before = read("model: base\nsteps: 7\nadam: {beta1: 0.5}\ndevice: cpu");
        Path saved = Files.writeString(folder.resolve("config.yaml"), Configs.toYaml(before));
        Training now = read("model: base\nsteps: 8\nadam: {beta1: 0.6}");
        assertThat(ConfigDifferences.of(saved, before, Set.of())).isEmpty();
        assertThat(ConfigDifferences.of(saved, now, Set.of("device")))
                .containsExactly("adam.beta1: 0.5, now 0.6", "steps: 7, now 8");
    }

    @Test
    void absolutePathsAreThoseThatRelativeOnesName(@TempDir Path folder) throws Exception {
        record Inputs(
                @Setting("one") Path one,
                @Setting("more") List<Path> more,
                @Setting("text") String text,

                @Setting(value = "not written where it is absent", byDefault = "null")
                @JsonInclude(JsonInclude.Include.NON_NULL)
                @Nullable
                Double absent) {}
        Path here = Path.of("").toAbsolutePath();
        Inputs given = new Inputs(Path.of("a/b"), List.of(Path.of("/c"), Path.of("d")), "e", null);
        Inputs absolute = new Inputs(here.resolve("a/b"), List.of(Path.of("/c"), here.resolve("d")), "e", null);
        assertThat(Configs.withAbsolutePaths(given)).isEqualTo(absolute);
        Path saved = Files.writeString(folder.resolve("config.yaml"), "one: a/b\ntext: e\n");
        assertThat(ConfigDifferences.of(saved, new Inputs(here.resolve("a/b"), List.of(), "e", null), Set.of()))
                .containsExactly("more: nothing, now []");
        assertThat(ConfigDifferences.of(saved, new Inputs(Path.of("/a/b"), List.of(), "e", null), Set.of("more")))
                .containsExactly("one: a/b, now /a/b");
    }

    @Test
    void readsSectionsInsideMaps() {
        record Named(@Setting("by name") Map<String, Adam> optimizers) {}
        assertThat(Configs.read(Named.class, "x.yaml", "optimizers: {fast: {beta1: 0.1}}", List.of()))
                .isEqualTo(new Named(Map.of("fast", new Adam(0.1, 0.999))));
    }
}
