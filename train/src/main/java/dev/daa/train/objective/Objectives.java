package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.util.List;
import java.util.Map;
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

    /// The objective of a name with these parameters and defaults for the rest; keys as in the table, values as a
    /// YAML or JSON reader or a command line delivers them.
    public static Objective create(String name, Map<String, ? extends @Nullable Object> parameters) {
        return descriptor(name).create(parameters);
    }
}
