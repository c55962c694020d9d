package dev.daa.train.objective;

import dev.daa.compute.InputException;
import dev.daa.model.json.ParserMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Evaluates any objective on log-probs from a file, so that anybody can compare it with another implementation.
///
/// In: `{"objective": …, parameters …, "policy_chosen": […], "policy_rejected": […], "reference_chosen": […],
/// "reference_rejected": […], "chosen_length": […], "rejected_length": […]}`; for objectives that need them also
/// `policy_chosen_tokens`, `reference_chosen_tokens`, `chosen_collision_tokens` (a list per response),
/// `chosen_forward_kl`, `chosen_mismatched`, the same for rejected, and `state`; without `…_mismatched` `kto` takes the
/// responses that there are (`reference_point: matched`). Out: `{"loss": [per term],
/// "d_policy_chosen": […], "d_policy_rejected": […]}`, derivatives of the mean loss; with `d_policy_chosen_tokens`,
/// `d_chosen_forward_kl` (and rejected) and `state` where the objective has them.
public final class ObjectiveCheck {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    /// Room for numbers that were written with few digits.
    private static final double SUM_TOLERANCE = 1e-3;

    private static final String REFERENCE_POINT = "reference_point";
    private static final String MISMATCHED = "_mismatched";
    private static final Set<String> DATA_KEYS = dataKeys();

    private ObjectiveCheck() {}

    /// Reads a file, evaluates, and returns the answer as one line of JSON.
    public static String evaluate(Path file, List<Path> classpath) {
        if (Files.isDirectory(file)) {
            throw InputException.of(file.toString(), "a folder", "a JSON file", "");
        }
        if (!Files.isReadable(file)) {
            throw new InputException(file + ": no such file, or it cannot be read");
        }
        try {
            return evaluate(MAPPER.readTree(file), file.toString(), classpath);
        } catch (JacksonException broken) {
            throw malformed(file.toString(), broken);
        }
    }

    /// The same for JSON text; `place` names it in error messages.
    public static String evaluate(String json, String place) {
        try {
            return evaluate(MAPPER.readTree(json), place, List.of());
        } catch (JacksonException broken) {
            throw malformed(place, broken);
        }
    }

    private static String evaluate(JsonNode root, String place, List<Path> classpath) {
        if (!(root instanceof ObjectNode fields)) {
            throw InputException.of(place, describe(root), "a JSON object", "");
        }
        Fields input = new Fields(place, fields);
        Objective objective = input.objective(classpath);
        PairBatch batch = new PairBatch(input.side("chosen"), input.side("rejected"));
        double[] state = input.state(objective);
        PairLoss loss = new PairLoss();
        try {
            if (fields.has("chosen_length") != fields.has("rejected_length")) {
                throw new InputException("chosen_length and rejected_length: found only one of them");
            }
            objective.loss(batch, state, loss);
            return answer(objective, batch, state, loss);
        } catch (InputException refused) {
            throw new InputException(place + ": " + refused.getMessage(), refused);
        }
    }

    private static String answer(Objective objective, PairBatch batch, double[] state, PairLoss loss) {
        double scale = loss.count() == 0 ? 0 : 1.0 / loss.count();
        int chosen = batch.chosen().count();
        int rejected = batch.rejected().count();
        ObjectNode answer = MAPPER.createObjectNode();
        answer.set("loss", array(loss.loss(), 0, loss.count(), 1));
        answer.set("d_policy_chosen", array(loss.dChosen(), 0, chosen, scale));
        answer.set("d_policy_rejected", array(loss.dRejected(), 0, rejected, scale));
        if (objective.perToken()) {
            answer.set(
                    "d_policy_chosen_tokens",
                    tokenArray(batch.chosen().tokens(), loss.dChosen(), loss.dChosenToken(), scale));
            answer.set(
                    "d_policy_rejected_tokens",
                    tokenArray(batch.rejected().tokens(), loss.dRejected(), loss.dRejectedToken(), scale));
        }
        if (objective.needs().contains(Need.FORWARD_KL)) {
            answer.set("d_chosen_forward_kl", array(loss.dChosenForwardKl(), 0, chosen, scale));
            answer.set("d_rejected_forward_kl", array(loss.dRejectedForwardKl(), 0, rejected, scale));
        }
        if (state.length > 0) {
            answer.set("state", array(state, 0, state.length, 1));
        }
        return answer.toString();
    }

    private static ArrayNode array(double[] values, int from, int to, double scale) {
        ArrayNode array = MAPPER.createArrayNode();
        for (int i = from; i < to; i++) {
            double scaled = values[i] * scale;
            if (!Double.isFinite(scaled)) {
                throw new InputException("the objective is not finite at entry " + (i - from)
                        + " of this batch; its log-probs are too large for it");
            }
            array.add(scaled == 0 ? 0.0 : scaled); // no −0
        }
        return array;
    }

    private static ArrayNode tokenArray(Tokens tokens, double[] perSequence, double[] perToken, double scale) {
        ArrayNode responses = MAPPER.createArrayNode();
        double[] total = perToken.clone();
        for (int i = 0; i < tokens.count(); i++) {
            for (int token = tokens.start()[i]; token < tokens.start()[i + 1]; token++) {
                total[token] += perSequence[i];
            }
            responses.add(array(total, tokens.start()[i], tokens.start()[i + 1], scale));
        }
        return responses;
    }

    private static InputException malformed(String place, JacksonException broken) {
        TokenStreamLocation location = broken.getLocation();
        String position = location == null || location.getLineNr() < 1
                ? ""
                : " line " + location.getLineNr() + " column " + location.getColumnNr();
        return new InputException(place + position + ": not valid JSON, " + ParserMessage.of(broken), broken);
    }

    private static String describe(@Nullable JsonNode node) {
        return switch (node) {
            case null -> "nothing";
            case JsonNode missing when missing.isMissingNode() -> "nothing";
            case JsonNode array when array.isArray() -> "a list";
            case JsonNode object when object.isObject() -> "an object";
            case JsonNode value -> value.toString();
        };
    }

    private static Set<String> dataKeys() {
        Set<String> keys = new LinkedHashSet<>();
        for (String side : List.of("chosen", "rejected")) {
            keys.addAll(List.of(
                    "policy_" + side,
                    "reference_" + side,
                    side + "_length",
                    "policy_" + side + "_tokens",
                    "reference_" + side + "_tokens",
                    side + "_collision_tokens",
                    side + "_forward_kl",
                    side + MISMATCHED));
        }
        keys.add("objective");
        keys.add("state");
        return keys;
    }

    /// The input file with what turns its fields into numbers or into one clear message.
    private record Fields(String place, ObjectNode fields) {

        private Objective objective(List<Path> classpath) {
            JsonNode name = fields.get("objective");
            if (name == null || !name.isString()) {
                throw InputException.of(place + ", objective", describe(name), "a name, see `daa objectives`", "");
            }
            Map<String, Object> parameters = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> field : fields.properties()) {
                if (!DATA_KEYS.contains(field.getKey())) {
                    parameters.put(field.getKey(), parameter(field.getValue()));
                }
            }
            try {
                Objective objective = create(name.stringValue(), parameters, classpath);
                if (!takesOwnResponses(objective)) {
                    return objective;
                }
                parameters.put(REFERENCE_POINT, "matched");
                return create(name.stringValue(), parameters, classpath);
            } catch (InputException refused) {
                throw new InputException(place + ": " + refused.getMessage(), refused);
            }
        }

        private static Objective create(String name, Map<String, Object> parameters, List<Path> classpath) {
            return new ObjectiveChoice(name, null, parameters, classpath).create();
        }

        /// Whether `kto` has to do with the responses given, since the file has none of other prompts.
        private boolean takesOwnResponses(Objective objective) {
            return objective.needs().contains(Need.MISMATCHED)
                    && !fields.has(REFERENCE_POINT)
                    && !fields.has("chosen" + MISMATCHED)
                    && !fields.has("rejected" + MISMATCHED);
        }

        private static Object parameter(JsonNode value) {
            if (value.isNumber()) {
                return value.doubleValue();
            }
            if (value.isBoolean()) {
                return value.booleanValue();
            }
            return value.isString() ? value.stringValue() : value.toString();
        }

        private Responses side(String side) {
            String policyKey = "policy_" + side;
            double[] policy = numbers(policyKey, -1);
            if (!fields.has(policyKey)) {
                throw InputException.of(place + ", " + policyKey, "nothing", "a list of numbers", "");
            }
            int count = policy.length;
            double[] reference = numbers("reference_" + side, count);
            int[] length = lengths(side + "_length", count);
            Tokens tokens = tokens(side, count);
            requireSums(side, tokens, policy, reference, length);
            return Responses.of(policy, reference, length)
                    .withTokens(tokens)
                    .withForwardKl(numbers(side + "_forward_kl", count))
                    .withMismatchedLogRatio(numbers(side + MISMATCHED, count));
        }

        /// The list under `key`, empty when absent; `expected` entries, or any number when negative.
        private double[] numbers(String key, int expected) {
            return numbers(key, fields.get(key), expected);
        }

        private double[] numbers(String key, @Nullable JsonNode list, int expected) {
            if (list == null) {
                return new double[0];
            }
            if (!list.isArray()) {
                throw InputException.of(place + ", " + key, describe(list), "a list of numbers", "");
            }
            if (expected >= 0 && list.size() != expected) {
                throw InputException.of(
                        place + ", " + key, list.size() + " entries", expected + ", one for each response", "");
            }
            double[] values = new double[list.size()];
            for (int i = 0; i < values.length; i++) {
                JsonNode entry = list.get(i);
                values[i] = entry.isNumber() ? entry.doubleValue() : Double.NaN;
                if (!Double.isFinite(values[i])) {
                    throw InputException.of(place + ", " + key + "[" + i + "]", describe(entry), "a finite number", "");
                }
            }
            return values;
        }

        private int[] lengths(String key, int expected) {
            double[] values = numbers(key, expected);
            int[] lengths = new int[values.length];
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = (int) values[i];
                if (lengths[i] != values[i] || lengths[i] < 1) {
                    throw InputException.of(
                            place + ", " + key + "[" + i + "]",
                            Double.toString(values[i]),
                            "a whole number of tokens, at least 1",
                            "");
                }
            }
            return lengths;
        }

        private Tokens tokens(String side, int count) {
            String policyKey = "policy_" + side + "_tokens";
            if (!fields.has(policyKey)) {
                return Tokens.NONE;
            }
            int[] start = new int[count + 1];
            double[] policy = packed(policyKey, start, true);
            double[] reference = packed("reference_" + side + "_tokens", start, false);
            double[] collision = packed(side + "_collision_tokens", start, false);
            return new Tokens(start, policy, reference, collision);
        }

        /// Refuses tokens that are not those of the responses beside them: an objective reads both.
        private void requireSums(String side, Tokens tokens, double[] policy, double[] reference, int[] length) {
            for (int i = 0; i < tokens.count(); i++) {
                if (length.length > 0 && length[i] != tokens.length(i)) {
                    throw InputException.of(
                            place + ", " + side + "_length[" + i + "]",
                            Integer.toString(length[i]),
                            tokens.length(i) + ", the tokens of policy_" + side + "_tokens[" + i + "]",
                            "");
                }
                requireSum("policy_" + side, i, policy, tokens, tokens.policy());
                requireSum("reference_" + side, i, reference, tokens, tokens.reference());
            }
        }

        private void requireSum(String key, int response, double[] given, Tokens tokens, double[] ofTokens) {
            if (given.length == 0 || ofTokens.length == 0) {
                return;
            }
            double sum = Arrays.stream(ofTokens, tokens.start()[response], tokens.start()[response + 1])
                    .sum();
            if (Math.abs(sum - given[response]) > SUM_TOLERANCE * Math.max(1, Math.abs(sum))) {
                throw InputException.of(
                        place + ", " + key + "[" + response + "]",
                        Double.toString(given[response]),
                        sum + ", the sum of " + key + "_tokens[" + response + "]",
                        "");
            }
        }

        /// A list of lists, end to end. Sets `start` from the lengths of the lists, or checks them against it.
        private double[] packed(String key, int[] start, boolean first) {
            JsonNode responses = fields.get(key);
            if (responses == null) {
                return new double[0];
            }
            int count = start.length - 1;
            if (!responses.isArray() || responses.size() != count) {
                throw InputException.of(place + ", " + key, describe(responses), count + " lists of numbers", "");
            }
            List<double[]> lists = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String entry = key + "[" + i + "]";
                double[] list = numbers(entry, responses.get(i), first ? -1 : start[i + 1] - start[i]);
                if (list.length == 0) {
                    throw InputException.of(place + ", " + entry, "no tokens", "at least 1", "");
                }
                start[i + 1] = start[i] + list.length;
                lists.add(list);
            }
            double[] all = new double[start[count]];
            for (int i = 0; i < count; i++) {
                System.arraycopy(lists.get(i), 0, all, start[i], lists.get(i).length);
            }
            return all;
        }

        private double[] state(Objective objective) {
            double[] initial = objective.initialState();
            double[] given = numbers("state", initial.length);
            return given.length == 0 ? initial : given;
        }
    }
}
