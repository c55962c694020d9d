package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A weighted sum of objectives in words: `0.8*dpo + 0.2*bco_pair[beta=0.01] + sft`. A weight left out is 1; parameters
/// in brackets are the part's own, parameters given beside the expression go to every part that has them.
final class MixtureExpression {
    private static final Pattern TERM = Pattern.compile(
            "\\s*(?:(?<weight>[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?)\\s*\\*)?\\s*(?<name>[a-z][a-z0-9_]*)\\s*"
                    + "(?:\\[(?<parameters>[^\\]]*)\\])?\\s*(?<next>\\+|$)");

    private MixtureExpression() {}

    /// Whether `name` is an expression and not a plain name.
    static boolean isMixture(String name) {
        return name.indexOf('+') >= 0 || name.indexOf('*') >= 0 || name.indexOf('[') >= 0;
    }

    static Objective parse(String expression, Map<String, ? extends @Nullable Object> shared) {
        return new MixedObjective(
                expression,
                terms(expression, shared).stream()
                        .map(term -> new MixedObjective.Part(
                                term.weight(), term.row().factory().apply(term.parameters())))
                        .toList());
    }

    /// The β of the parts that have one.
    static Set<Double> betas(String expression, Map<String, ? extends @Nullable Object> shared) {
        Set<Double> betas = new TreeSet<>();
        for (Term term : terms(expression, shared)) {
            Double beta = term.parameters().beta();
            if (beta != null) {
                betas.add(beta);
            }
        }
        return betas;
    }

    /// The parts with their parameters.
    static String inWords(String expression, Map<String, ? extends @Nullable Object> shared) {
        return terms(expression, shared).stream()
                .map(term -> Objectives.withSettings(term.row().name(), term.parameters()))
                .collect(Collectors.joining("; "));
    }

    private record Term(double weight, ObjectiveDescriptor row, ObjectiveParameters parameters) {}

    private static List<Term> terms(String expression, Map<String, ? extends @Nullable Object> shared) {
        Set<String> unused = new HashSet<>(shared.keySet());
        List<Term> terms = new ArrayList<>();
        Matcher term = TERM.matcher(expression);
        boolean more = true;
        while (more) {
            if (!term.lookingAt()) {
                throw InputException.of(
                        "objective " + expression,
                        "'" + expression.substring(term.regionStart()) + "'",
                        "WEIGHT*NAME[key=value,…] + …",
                        "");
            }
            terms.add(term(term, shared, unused));
            more = "+".equals(term.group("next"));
            term.region(term.end(), expression.length());
        }
        if (!unused.isEmpty()) {
            throw new InputException("objective " + expression + ": no part has a parameter "
                    + String.join(", ", unused.stream().sorted().toList()));
        }
        return terms;
    }

    private static Term term(Matcher term, Map<String, ? extends @Nullable Object> shared, Set<String> unused) {
        ObjectiveDescriptor row = Objectives.descriptor(term.group("name"));
        Map<String, @Nullable Object> own = new LinkedHashMap<>();
        for (ObjectiveParameter parameter : row.parameters()) {
            if (shared.containsKey(parameter.key())) {
                own.put(parameter.key(), shared.get(parameter.key()));
                unused.remove(parameter.key());
            }
        }
        String bracket = term.group("parameters");
        if (bracket != null && !bracket.isBlank()) {
            for (String assignment : bracket.split(",", -1)) {
                String[] sides = assignment.split("=", 2);
                if (sides.length != 2) {
                    throw InputException.of(
                            "objective part " + row.name(), "'" + assignment.strip() + "'", "key=value", "");
                }
                own.put(sides[0].strip(), sides[1].strip());
            }
        }
        String weight = term.group("weight");
        Object parsed = ObjectiveParameter.Real.notNegative("weight of " + row.name(), "weight", 1)
                .parse(weight == null ? "1" : weight);
        return new Term((Double) parsed, row, row.resolve(own));
    }
}
