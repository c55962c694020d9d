package dev.daa.bench.architecture;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class ArchitectureTest {
    private static final String FIXTURE = "dev.daa.bench.violating";

    private static final JavaClasses PROJECT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.daa");

    private static final JavaClasses VIOLATING = new ClassFileImporter().importPackages(FIXTURE);

    /// What the fixture does against each rule, so that a rule that finds nothing is noticed.
    private static final Map<String, String> OFFENCES = Map.ofEntries(
            entry("arrows point down", "compute.ReachesUp"),
            entry("algorithms do not know each other", "align.UsesSibling"),
            entry("what algorithms share knows none of them", "data.KnowsAnAlgorithm"),
            entry("rooms form no cycle", "Cycle detected"),
            entry("the CPU backend's arrows point down", "product.ReachesKernel"),
            entry("the TornadoVM backend's arrows point down", "kernel.ReachesLowering"),
            entry("a study's arrows point down", "config.ReachesStage"),
            entry("training names no gold reward", "sft.Peeks"),
            entry("only the command line prints", "model.Prints"),
            entry("only tornado-kernels names TornadoVM", "model.NamesTornado"),
            entry("vectors have one length", "compute.ShortVector"),
            entry("no room is a drawer", "util.Drawer"),
            entry("every room is null-marked", "util.Drawer"));

    @Test
    void everyRoomIsChecked() {
        for (String room : new String[] {"compute", "model", "train", "eval", "cli"}) {
            assertThat(PROJECT.stream())
                    .as(room)
                    .anyMatch(type -> type.getPackageName().startsWith("dev.daa." + room));
        }
    }

    @TestFactory
    Stream<DynamicTest> theProjectKeepsEveryRule() {
        return ArchitectureRules.of("dev.daa").entrySet().stream()
                .map(rule -> dynamicTest(rule.getKey(), () -> rule.getValue().check(PROJECT)));
    }

    @TestFactory
    Stream<DynamicTest> everyRuleFindsItsOffence() {
        return ArchitectureRules.of(FIXTURE).entrySet().stream()
                .map(rule -> dynamicTest(rule.getKey(), () -> finds(rule.getValue(), OFFENCES.get(rule.getKey()))));
    }

    private static void finds(ArchRule rule, String offence) {
        EvaluationResult result = rule.evaluate(VIOLATING);
        assertThat(result.hasViolation()).isTrue();
        assertThat(result.getFailureReport().toString()).contains(offence);
    }
}
