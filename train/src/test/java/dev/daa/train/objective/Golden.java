package dev.daa.train.objective;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Losses and derivatives computed by the reference implementation of the DPO paper in float64, from the `shared`
/// folder beside
/// the project.
final class Golden {
    private Golden() {}

    /// One objective on one set of inputs.
    record Case(
            String label,
            String objective,
            Map<String, Object> parameters,
            JsonNode inputs,
            double[] loss,
            double[] dChosen,
            double[] dRejected) {
        PairBatch batch() {
            return PairBatch.of(
                    numbers(inputs.get("policy_chosen")),
                    numbers(inputs.get("policy_rejected")),
                    numbers(inputs.get("reference_chosen")),
                    numbers(inputs.get("reference_rejected")),
                    new int[0],
                    new int[0]);
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /// The golden file, or null where the shared folder is absent.
    static @Nullable Path file() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path file = folder.resolve("shared/golden/preference_losses.json");
            if (Files.exists(file)) {
                return file;
            }
        }
        return null;
    }

    /// Every case of the file, named as `inputs/objective_parameters`.
    static List<Case> cases(Path file) {
        List<Case> cases = new ArrayList<>();
        JsonNode root = JsonMapper.shared().readTree(file);
        for (Map.Entry<String, JsonNode> group : root.get("cases").properties()) {
            JsonNode inputs = group.getValue().get("inputs");
            for (Map.Entry<String, JsonNode> row : group.getValue().properties()) {
                if (!row.getKey().equals("inputs")) {
                    cases.add(parse(group.getKey(), row.getKey(), inputs, row.getValue()));
                }
            }
        }
        return cases;
    }

    private static Case parse(String group, String name, JsonNode inputs, JsonNode expected) {
        String[] words = name.split("_");
        String last = words[words.length - 1];
        String objective;
        Map<String, Object> parameters;
        if (name.startsWith("ipo_sum_tau")) {
            objective = "ipo";
            parameters = Map.of("beta", real(last, "tau"), "ipo_form", "tau", "ipo_average", "sum");
        } else if (name.startsWith("cdpo_beta")) {
            objective = "cdpo";
            parameters = Map.of("beta", real(words[1], "beta"), "label_smoothing", real(last, "eps"));
        } else if (name.startsWith("dpo_reffree_beta")) {
            objective = "dpo";
            parameters = Map.of("beta", real(last, "beta"), "reference_free", true);
        } else if (name.startsWith("dpo_beta")) {
            objective = "dpo";
            parameters = Map.of("beta", real(last, "beta"));
        } else {
            throw new IllegalStateException("golden case of an unknown kind: " + name);
        }
        return new Case(
                group + "/" + name,
                objective,
                parameters,
                inputs,
                numbers(expected.get("loss")),
                numbers(expected.get("d_policy_chosen")),
                numbers(expected.get("d_policy_rejected")));
    }

    private static double real(String word, String prefix) {
        return Double.parseDouble(word.substring(prefix.length()));
    }

    private static double[] numbers(JsonNode array) {
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).doubleValue();
        }
        return values;
    }
}
