package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Objectives compiled by a user: the example of the documentation, and what is refused.
class ObjectiveClassTest {
    @TempDir
    Path folder;

    @Test
    void theDocumentedExampleWorks() throws IOException {
        String page = Files.readString(ObjectiveTableTest.documentation());
        int start = page.indexOf("```java") + "```java".length();
        compile("my/SquaredHinge", page.substring(start, page.indexOf("```", start)));
        Objective objective =
                ObjectiveClass.load("my.SquaredHinge", List.of(folder), Map.of("beta", 0.2, "nll_coefficient", 0));
        PairBatch batch = DerivativeCheck.typicalBatch();
        PairLoss mine = ObjectivePropertiesTest.evaluated(objective, batch);
        PairLoss builtIn = ObjectivePropertiesTest.evaluated(
                Objectives.create("gpo_truncated_quadratic", Map.of("beta", 0.2)), batch);
        for (int pair = 0; pair < 7; pair++) {
            assertThat(mine.loss()[pair]).isCloseTo(builtIn.loss()[pair], within(1e-12));
            assertThat(mine.dChosen()[pair]).isCloseTo(builtIn.dChosen()[pair], within(1e-12));
        }
        Path file = Files.writeString(folder.resolve("check.json"), """
            {"objective": "my.SquaredHinge", "beta": 0.1, "policy_chosen": [2], "policy_rejected": [-5],
             "reference_chosen": [0], "reference_rejected": [0]}
            """);
        assertThat(ObjectiveCheck.evaluate(file, List.of(folder)))
                .startsWith("{\"loss\":[0.08999999"); // (1 − .7)² = .09
    }

    @Test
    void aFunctionOfBothLogRatiosWorks() throws IOException {
        compile("my/Both", """
            package my;
            import org.apache.commons.math3.analysis.differentiation.DerivativeStructure;
            public final class Both implements dev.daa.train.objective.DifferentiablePair {
                @Override
                public DerivativeStructure value(DerivativeStructure chosen, DerivativeStructure rejected) {
                    return chosen.multiply(rejected).add(chosen.sin());
                }
            }
            """);
        Objective objective = ObjectiveClass.load("my.Both", List.of(folder), Map.of());
        PairBatch batch =
                PairBatch.of(new double[] {2}, new double[] {3}, new double[1], new double[1], new int[0], new int[0]);
        PairLoss out = ObjectivePropertiesTest.evaluated(objective, batch);
        assertThat(out.loss()[0]).isCloseTo(6 + Math.sin(2), within(1e-12));
        assertThat(out.dChosen()[0]).isCloseTo(3 + Math.cos(2), within(1e-12));
        assertThat(out.dRejected()[0]).isCloseTo(2, within(1e-12));
    }

    @Test
    void aWrongDerivativeIsRefused() throws IOException {
        compile("my/Wrong", """
            package my;
            public final class Wrong implements dev.daa.train.objective.MarginFunction {
                @Override
                public double value(double x) { return x * x; }
                @Override
                public double derivative(double x) { return 1.9 * x; }
            }
            """);
        assertThatThrownBy(() -> ObjectiveClass.load("my.Wrong", List.of(folder), Map.of()))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("objective my.Wrong: derivative with respect to log π of chosen response 0 is ")
                .hasMessageContaining(", by finite differences ")
                .hasMessageEndingWith("; its derivative is not that of its loss");
    }

    @Test
    void otherClassesAreRefused() throws IOException {
        compile("my/Other", "package my; public final class Other {}");
        compile("my/Hidden", "package my; public final class Hidden { private Hidden() {} }");
        compile("my/Failing", "package my; public final class Failing { public Failing() { throw new Error(); } }");
        refused("my.Other", "found a class that implements none of them, expected MarginFunction");
        refused("my.Hidden", "expected a public class with a public constructor without arguments");
        refused("my.Failing", "its constructor failed with java.lang.Error");
        refused("my.Absent", "no such class in");
        Files.writeString(folder.resolve("my/Broken.class"), "not a class file");
        refused("my.Broken", "cannot be loaded");
        assertThatThrownBy(() -> ObjectiveClass.load("my.Other", List.of(folder.resolve("none")), Map.of()))
                .hasMessageStartingWith("classpath: no file or folder");
    }

    @Test
    void unknownParametersAreRefused() throws IOException {
        compile("my/Plain", """
            package my;
            public final class Plain implements dev.daa.train.objective.DifferentiableMargin {
                @Override
                public org.apache.commons.math3.analysis.differentiation.DerivativeStructure value(
                        org.apache.commons.math3.analysis.differentiation.DerivativeStructure x) {
                    return x.negate();
                }
            }
            """);
        assertThatThrownBy(() -> ObjectiveClass.load("my.Plain", List.of(folder), Map.of("gamma", 1)))
                .hasMessageStartingWith("objective my.Plain has no parameter gamma; it takes beta, reference_free,");
    }

    private void refused(String className, String reason) {
        assertThatThrownBy(() -> ObjectiveClass.load(className, List.of(folder), Map.of()))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("objective " + className)
                .hasMessageContaining(reason);
    }

    private void compile(String name, String source) throws IOException {
        UserClass.compile(folder, name, source);
    }
}
