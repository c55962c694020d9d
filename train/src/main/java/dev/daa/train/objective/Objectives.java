package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The table of objectives: every name that `--objective` takes.
public final class Objectives {
    private static final List<ObjectiveDescriptor> ALL = Stream.of(
                    MarginCatalogue.rows(), PairCatalogue.rows(), BatchCatalogue.rows(), ReferenceFreeCatalogue.rows())
            .flatMap(List::stream)
            .toList();

    private Objectives() {}

    /// Every row, in the order of the documentation.
    public static List<ObjectiveDescriptor> all() {
        return ALL;
    }

    /// The row of a name or alias; unknown names are refused with the list.
    public static ObjectiveDescriptor descriptor(String name) {
        for (ObjectiveDescriptor row : ALL) {
            if (row.name().equals(name) || row.aliases().contains(name)) {
                return row;
            }
        }
        throw new InputException("no objective " + name + "; there are "
                + String.join(", ", ALL.stream().map(ObjectiveDescriptor::name).toList()));
    }

    /// Whether any objective has a parameter of this name.
    public static boolean hasParameter(String name) {
        return ALL.stream()
                .flatMap(row -> row.parameters().stream())
                .anyMatch(parameter -> parameter.key().equals(name));
    }

    /// The objective of a name, or of an expression of names such as `0.8*dpo + 0.2*bco_pair + sft`, with these
    /// parameters and defaults for the rest; keys as in the table, values as a YAML or JSON reader or a command
    /// line delivers them.
    public static Objective create(String name, Map<String, ? extends @Nullable Object> parameters) {
        return MixtureExpression.isMixture(name)
                ? MixtureExpression.parse(name, parameters)
                : descriptor(name).create(parameters);
    }

    /// The same, where `name` may also be a user's class, found in `classpath`; null where none is taken.
    public static Objective create(
            String name, Map<String, ? extends @Nullable Object> parameters, @Nullable List<Path> classpath) {
        return isClass(name, classpath)
                ? ObjectiveClass.load(name, Objects.requireNonNull(classpath), parameters)
                : create(name, parameters);
    }

    /// What [#create] builds, every parameter but β with its value, given or default: `ipo: ipo_form tau,
    /// ipo_average sum`.
    public static String inWords(String name, Map<String, ? extends @Nullable Object> parameters) {
        return MixtureExpression.isMixture(name)
                ? name + ": " + MixtureExpression.inWords(name, parameters)
                : withSettings(name, descriptor(name).resolve(parameters));
    }

    /// The same, where `name` may also be a user's class, found in `classpath`.
    public static String inWords(
            String name, Map<String, ? extends @Nullable Object> parameters, List<Path> classpath) {
        return isClass(name, classpath)
                ? withSettings(
                        name, ObjectiveParameters.resolve(name, ObjectiveClass.parameters(name, classpath), parameters))
                : inWords(name, parameters);
    }

    static String withSettings(String name, ObjectiveParameters resolved) {
        String settings = resolved.inWords();
        return settings.isEmpty() ? name : name + ": " + settings;
    }

    /// Whether [#create] takes `name` as a class of the user's.
    static boolean isClass(String name, @Nullable List<Path> classpath) {
        return classpath != null && ObjectiveClass.isClassName(name);
    }

    /// β of [#create] with these parameters, which have none; null where the objective has none, or where the parts
    /// of a mixture have different ones.
    static @Nullable Double defaultBeta(
            String name, Map<String, ? extends @Nullable Object> parameters, @Nullable List<Path> classpath) {
        if (MixtureExpression.isMixture(name)) {
            Set<Double> betas = MixtureExpression.betas(name, parameters);
            return betas.size() == 1 ? betas.iterator().next() : null;
        }
        List<ObjectiveParameter> known = isClass(name, classpath)
                ? ObjectiveClass.parameters(name, Objects.requireNonNull(classpath))
                : descriptor(name).parameters();
        return ObjectiveParameters.resolve(name, known, Map.of()).beta();
    }

    /// The table as Markdown: name, formula, paper, what it needs, parameters with defaults, what it claims to
    /// mitigate.
    public static String markdown() {
        StringBuilder table = new StringBuilder("| name | loss of a pair | paper | needs | parameters = default |"
                + " claims to mitigate |\n|---|---|---|---|---|---|\n");
        for (ObjectiveDescriptor row : ALL) {
            List<String> cells = List.of(
                    Stream.concat(Stream.of(row.name()), row.aliases().stream())
                            .map(name -> "`" + name + "`")
                            .collect(Collectors.joining(", ")),
                    row.formula(),
                    row.paper(),
                    needs(row),
                    parameters(row, "`"),
                    row.mitigates());
            table.append(cells.stream()
                    .map(cell -> cell.isEmpty() ? "–" : cell.replace("|", "\\|"))
                    .collect(Collectors.joining(" | ", "| ", " |\n")));
        }
        return table.toString();
    }

    /// The same for a terminal: two lines a row, the second behind the names.
    public static String text() {
        StringBuilder table = new StringBuilder();
        for (ObjectiveDescriptor row : ALL) {
            table.append(String.format("%-24s %s%n", row.name(), row.formula()));
            String also = row.aliases().isEmpty() ? "" : "also " + String.join(", ", row.aliases()) + "; ";
            String needs = row.needs().isEmpty() ? "" : "; needs " + needs(row);
            String defaults = row.parameters().isEmpty() ? "" : "; " + parameters(row, "");
            String mitigates = row.mitigates().isEmpty() ? "" : "; claims to mitigate: " + row.mitigates();
            table.append(String.format("%-24s %s%s%s%s%s%n", "", also, row.paper(), needs, defaults, mitigates));
        }
        return table.toString();
    }

    private static String needs(ObjectiveDescriptor row) {
        return row.needs().stream().map(Need::meaning).collect(Collectors.joining(", "));
    }

    /// Keys with defaults; those that a whole family shares at the family's defaults are named by the family.
    ///
    /// @param quote around each key
    private static String parameters(ObjectiveDescriptor row, String quote) {
        Set<String> shared = new HashSet<>();
        String family = "";
        for (Map.Entry<String, List<ObjectiveParameter>> options : SharedParameters.families()) {
            if (row.parameters().stream().map(ObjectiveParameter::key).toList().containsAll(keys(options.getValue()))) {
                family = options.getKey();
                options.getValue().stream()
                        .filter(row.parameters()::contains)
                        .forEach(option -> shared.add(option.key()));
                break;
            }
        }
        Stream<String> own = row.parameters().stream()
                .filter(parameter -> !shared.contains(parameter.key()))
                .map(parameter -> quote + parameter.key() + quote + " = " + parameter.defaultValue());
        return Stream.concat(own, Stream.of(family).filter(name -> !name.isEmpty()))
                .collect(Collectors.joining(", "));
    }

    private static List<String> keys(List<ObjectiveParameter> parameters) {
        return parameters.stream().map(ObjectiveParameter::key).toList();
    }
}
