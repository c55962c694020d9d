package dev.daa.train.objective;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One row of the table of objectives.
///
/// @param name       as in configs
/// @param aliases    other names that users know it by
/// @param formula    the loss of one pair
/// @param paper      arXiv number and equation
/// @param parameters what it takes, with defaults
/// @param mitigates  what over-optimisation or hacking its authors or later work claim that it mitigates; empty for
/// none
/// @param factory    builds it from resolved parameters
public record ObjectiveDescriptor(
        String name,
        List<String> aliases,
        String formula,
        String paper,
        List<ObjectiveParameter> parameters,
        String mitigates,
        Function<ObjectiveParameters, Objective> factory) {

    /// The objective with these parameters and defaults for the rest.
    public Objective create(Map<String, ? extends @Nullable Object> given) {
        return factory.apply(resolve(given));
    }

    /// Given parameters and defaults for the rest, checked.
    public ObjectiveParameters resolve(Map<String, ? extends @Nullable Object> given) {
        return ObjectiveParameters.resolve(name, parameters, given);
    }

    /// What the objective reads with default parameters.
    public Set<Need> needs() {
        return create(Map.of()).needs();
    }
}
