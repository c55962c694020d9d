package dev.daa.bench.architecture;

import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.Architectures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/// The arrows between the rooms. Every rule takes the root package, so that it can be tried on a fixture that breaks
/// it.
final class ArchitectureRules {
    /// Training algorithms, one room each under `train`.
    private static final List<String> ALGORITHMS = List.of("sft", "reward", "ppo", "bestofn", "align", "online");

    private static final Pattern GOLD = Pattern.compile("gold(?!en)", Pattern.CASE_INSENSITIVE);

    private static final Pattern FIXED_SPECIES = Pattern.compile("SPECIES_(64|128|256|512|MAX)");

    private ArchitectureRules() {}

    /// Every rule by its name.
    static Map<String, ArchRule> of(String root) {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        rules.put("arrows point down", arrows(root));
        rules.put("algorithms do not know each other", algorithms(root));
        rules.put("what algorithms share knows none of them", shared(root));
        rules.put("rooms form no cycle", cycles(root));
        rules.put(
                "the CPU backend's arrows point down", inside(root + ".compute.cpu", "kernel", "product", "parallel"));
        rules.put("the TornadoVM backend's arrows point down", inside(root + ".tornado", "plan", "lowering", "kernel"));
        rules.put("a study's arrows point down", inside(root + ".eval.study", "stage", "config"));
        rules.put("training names no gold reward", noGold(root));
        rules.put("only the command line prints", printing(root));
        rules.put("only tornado-kernels names TornadoVM", tornado(root));
        rules.put("vectors have one length", oneSpecies(root));
        rules.put("no room is a drawer", drawers(root));
        rules.put("every room is null-marked", nullMarked(root));
        return rules;
    }

    /// cli → eval → train → model → compute; a room may also reach past its neighbour.
    private static ArchRule arrows(String root) {
        return Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage(root + "..")
                .withOptionalLayers(true)
                .layer("compute")
                .definedBy(root + ".compute..")
                .layer("tornado")
                .definedBy(root + ".tornado..")
                .layer("model")
                .definedBy(root + ".model..")
                .layer("train")
                .definedBy(root + ".train..")
                .layer("eval")
                .definedBy(root + ".eval..")
                .layer("cli")
                .definedBy(root + ".cli..")
                .layer("bench")
                .definedBy(root + ".bench..")
                .whereLayer("bench")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("tornado")
                .mayOnlyBeAccessedByLayers("bench")
                .whereLayer("cli")
                .mayOnlyBeAccessedByLayers("bench")
                .whereLayer("eval")
                .mayOnlyBeAccessedByLayers("cli", "bench")
                .whereLayer("train")
                .mayOnlyBeAccessedByLayers("eval", "cli", "bench")
                .whereLayer("model")
                .mayOnlyBeAccessedByLayers("train", "eval", "cli", "bench");
    }

    /// A room → the rooms inside it, the uppermost first; one may also reach past its neighbour.
    private static ArchRule inside(String top, String... rooms) {
        Architectures.LayeredArchitecture layers = Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage(top + "..")
                .withOptionalLayers(true)
                .layer("top")
                .definedBy(top)
                .whereLayer("top")
                .mayNotBeAccessedByAnyLayer();
        List<String> above = new ArrayList<>(List.of("top"));
        for (String room : rooms) {
            layers = layers.layer(room)
                    .definedBy(top + "." + room + "..")
                    .whereLayer(room)
                    .mayOnlyBeAccessedByLayers(above.toArray(String[]::new));
            above.add(room);
        }
        return layers;
    }

    private static ArchRule algorithms(String root) {
        return classes()
                .that(new DescribedPredicate<>("are in the room of an algorithm") {
                    @Override
                    public boolean test(JavaClass type) {
                        return algorithm(root, type) != null;
                    }
                })
                .should(new ArchCondition<>("use no other algorithm") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        String own = algorithm(root, type);
                        type.getDirectDependenciesFromSelf().forEach(dependency -> {
                            String other = algorithm(root, dependency.getTargetClass());
                            if (other != null && !other.equals(own)) {
                                events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
                            }
                        });
                    }
                })
                .allowEmptyShould(true);
    }

    private static @Nullable String algorithm(String root, JavaClass type) {
        for (String algorithm : ALGORITHMS) {
            String room = root + ".train." + algorithm;
            if (type.getPackageName().equals(room) || type.getPackageName().startsWith(room + ".")) {
                return algorithm;
            }
        }
        return null;
    }

    private static ArchRule shared(String root) {
        String[] algorithms =
                ALGORITHMS.stream().map(name -> root + ".train." + name + "..").toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage(root + ".train..")
                .and()
                .resideOutsideOfPackages(algorithms)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(algorithms);
    }

    private static ArchRule cycles(String root) {
        return CompositeArchRule.of(noCycle(root + ".train.(*).."))
                .and(noCycle(root + ".eval.(*).."))
                .and(noCycle(root + ".eval.report.(**)"));
    }

    private static ArchRule noCycle(String rooms) {
        return slices().matching(rooms).should().beFreeOfCycles().allowEmptyShould(true);
    }

    private static ArchRule noGold(String root) {
        return classes()
                .that()
                .resideInAPackage(root + ".train..")
                .should(new ArchCondition<>("have no gold in their names") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        name(type.getSimpleName(), type, events);
                        for (JavaMember member : type.getMembers()) {
                            name(member.getName(), type, events);
                        }
                        for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                            name(access.getTarget().getName(), type, events);
                        }
                    }
                });
    }

    private static void name(String name, JavaClass type, ConditionEvents events) {
        if (GOLD.matcher(name).find()) {
            events.add(SimpleConditionEvent.violated(type, type.getName() + " names " + name));
        }
    }

    private static ArchRule printing(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .and()
                .resideOutsideOfPackages(root + ".cli..", root + ".bench..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace");
    }

    private static ArchRule tornado(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .and()
                .resideOutsideOfPackage(root + ".tornado..")
                .should()
                .dependOnClassesThat(are(DescribedPredicate.describe(
                        "TornadoVM's", type -> type.getPackageName().startsWith("uk.ac.manchester.tornado"))));
    }

    /// A second length of vectors, anywhere in the process, costs every kernel its speed: HotSpot then no longer
    /// knows the class behind a `FloatVector` that goes round a loop, and allocates the vectors of each iteration.
    private static ArchRule oneSpecies(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .should()
                .accessFieldWhere(DescribedPredicate.describe(
                        "a vector's length other than the preferred one",
                        access -> access.getTarget().getOwner().getPackageName().equals("jdk.incubator.vector")
                                && FIXED_SPECIES
                                        .matcher(access.getTarget().getName())
                                        .matches()));
    }

    /// NullAway passes over a package whose `package-info` does not say so.
    private static ArchRule nullMarked(String root) {
        return classes()
                .that()
                .resideInAPackage(root + "..")
                .and()
                .resideOutsideOfPackage("..jmh_generated..")
                .and()
                .doNotHaveSimpleName("package-info")
                .should(new ArchCondition<>("lie in a package with @NullMarked") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                            events.add(SimpleConditionEvent.violated(
                                    type, type.getName() + ": its package-info.java lacks @NullMarked"));
                        }
                    }
                });
    }

    private static ArchRule drawers(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .should()
                .resideInAnyPackage("..util..", "..utils..", "..common..", "..helper..", "..manager..", "..misc..");
    }
}
