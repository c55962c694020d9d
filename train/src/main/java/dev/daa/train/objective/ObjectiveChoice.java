package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An objective as a config chooses it, with one β for the loss and the metrics.
///
/// @param name row of the table, mixture, or class of a user
/// @param beta given here or among the parameters, or else the objective's default; null where it has none, or where
///   the parts of a mixture have different ones. A row without β takes a given one for its metrics, as grids over β
///   give it
/// @param parameters without β
/// @param classpath where a class of the user's is found; null where none is taken
public record ObjectiveChoice(
        String name,
        @Nullable Double beta,
        Map<String, Object> parameters,
        @Nullable List<Path> classpath) {
    private static final String BETA = "beta";

    public ObjectiveChoice {
        if (parameters.containsKey(BETA)) {
            Map<String, Object> others = new LinkedHashMap<>(parameters);
            double among = checked(name, others.remove(BETA));
            if (beta != null && beta != among) {
                throw new InputException("beta is " + beta + " and parameters.beta is " + among
                        + ", expected one value; give only one of them");
            }
            beta = among;
            parameters = others;
        }
        if (beta != null) {
            beta = checked(name, beta);
        }
        if (beta == null) {
            beta = Objectives.defaultBeta(name, parameters, classpath);
        } else if (MixtureExpression.isMixture(name)) {
            Set<Double> used = MixtureExpression.betas(name, with(parameters, beta));
            if (!used.contains(beta)) {
                throw new InputException("beta is " + beta + ", but the parts of objective " + name
                        + " have their own, " + used + "; leave it out");
            }
        }
    }

    /// A β as every objective takes it, also where it is for the metrics alone.
    private static double checked(String name, @Nullable Object beta) {
        return ObjectiveParameters.resolve(
                        name, List.of(SharedParameters.beta(1)), Collections.singletonMap(BETA, beta))
                .real(BETA);
    }

    /// The objective with its parameters, checked.
    public Objective create() {
        return Objectives.create(
                name, beta != null && mayTakeBeta(name, classpath) ? with(parameters, beta) : parameters, classpath);
    }

    private static Map<String, Object> with(Map<String, Object> parameters, double beta) {
        Map<String, Object> all = new LinkedHashMap<>(parameters);
        all.put(BETA, beta);
        return all;
    }

    /// Factor of the implicit reward `β·(log π − log π_ref)` in the metrics; 1 without a β.
    public double rewardFactor() {
        return beta == null ? 1 : beta;
    }

    /// False for a row without β; mixtures and classes refuse a β that they have no use for themselves.
    private static boolean mayTakeBeta(String name, @Nullable List<Path> classpath) {
        return MixtureExpression.isMixture(name)
                || Objectives.isClass(name, classpath)
                || Objectives.descriptor(name).parameters().stream()
                        .anyMatch(parameter -> parameter.key().equals(BETA));
    }
}
