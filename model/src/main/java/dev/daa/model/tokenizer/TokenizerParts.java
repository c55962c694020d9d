package dev.daa.model.tokenizer;

import dev.daa.compute.InputException;
import dev.daa.model.json.JsonKeys;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;

/// Normalizers, pre-tokenizers and post-processors of tokenizer.json.
final class TokenizerParts {
    private TokenizerParts() {}

    /// What is done to text before it is cut.
    static UnaryOperator<String> normalizer(JsonKeys keys) {
        String type = keys.text("type", "none");
        return switch (type) {
            case "none" -> text -> text;
            case "NFC", "NFD", "NFKC", "NFKD" -> {
                Normalizer.Form form = Normalizer.Form.valueOf(type);
                yield text -> Normalizer.normalize(text, form);
            }
            case "Sequence" -> {
                UnaryOperator<String> all = text -> text;
                for (JsonNode node : keys.list("normalizers")) {
                    UnaryOperator<String> before = all;
                    UnaryOperator<String> step = normalizer(JsonKeys.of(keys.place(), node));
                    all = text -> step.apply(before.apply(text));
                }
                yield all;
            }
            case "Prepend" -> {
                String prefix = keys.text("prepend");
                yield text -> text.isEmpty() ? text : prefix + text;
            }
            case "Replace" -> {
                String found = keys.object("pattern").text("String");
                String replacement = keys.text("content");
                yield text -> text.replace(found, replacement);
            }
            default ->
                throw InputException.of(
                        keys.place(),
                        "\"" + type + "\"",
                        "none, NFC, NFD, NFKC, NFKD, Prepend, Replace or a Sequence of them",
                        "");
        };
    }

    /// Checks that tokens become text as [Spelling] has it: by `ByteLevel`, or from characters with bytes to fall
    /// back to by the sequence that conversions from SentencePiece have.
    static void checkDecoder(JsonKeys keys, boolean characters) {
        List<String> types = new ArrayList<>();
        String type = keys.text("type", "none");
        if (type.equals("Sequence")) {
            keys.list("decoders")
                    .forEach(node -> types.add(JsonKeys.of(keys.place(), node).text("type")));
        } else {
            types.add(type);
        }
        List<String> expected = characters ? List.of("Replace", "ByteFallback", "Fuse", "Strip") : List.of("ByteLevel");
        if (!types.equals(expected)) {
            throw InputException.of(
                    keys.place(),
                    String.join(", ", types),
                    String.join(", ", expected) + " with byte_fallback " + characters,
                    "");
        }
    }

    /// The ids that the post-processor puts before a text. Those behind it are left to whoever ends a response.
    static int[] beginning(JsonKeys keys) {
        String type = keys.text("type", "none");
        return switch (type) {
            // The latter changes offsets only.
            case "none", "ByteLevel" -> new int[0];
            case "Sequence" ->
                keys.list("processors").stream()
                        .map(node -> beginning(JsonKeys.of(keys.place(), node)))
                        .flatMapToInt(Arrays::stream)
                        .toArray();
            case "TemplateProcessing" -> {
                List<Integer> ids = new ArrayList<>();
                for (JsonNode piece : keys.list("single")) {
                    if (piece.has("Sequence")) {
                        break;
                    }
                    String token = JsonKeys.of(keys.place() + ": single", piece)
                            .object("SpecialToken")
                            .text("id");
                    ids.addAll(keys.object("special_tokens").object(token).integers("ids"));
                }
                yield ids.stream().mapToInt(Integer::intValue).toArray();
            }
            default ->
                throw InputException.of(
                        keys.place(),
                        "\"" + type + "\"",
                        "none, ByteLevel, TemplateProcessing or a Sequence of them",
                        "");
        };
    }

    /// BPE over characters takes the text as a whole.
    static PreTokenizer noPreTokenizer(JsonKeys keys) {
        if (keys.has("type")) {
            throw InputException.of(keys.place(), "\"" + keys.text("type") + "\"", "none with byte_fallback", "");
        }
        return new PreTokenizer.Whole();
    }

    /// How text is cut into words.
    static PreTokenizer wordPreTokenizer(JsonKeys keys) {
        String type = keys.text("type", "none");
        return switch (type) {
            case "none" -> new PreTokenizer.Whole();
            case "WhitespaceSplit" -> new PreTokenizer.Words();
            case "Whitespace" -> new PreTokenizer.Matches(unicode(keys.place(), "\\w+|[^\\w\\s]+"), false);
            default -> throw InputException.of(keys.place(), "\"" + type + "\"", "Whitespace or WhitespaceSplit", "");
        };
    }

    /// How text is cut before it becomes bytes. `ByteLevel` must be there, once and last.
    static PreTokenizer bytePreTokenizer(JsonKeys keys) {
        List<JsonKeys> steps = new ArrayList<>();
        if (keys.text("type", "none").equals("Sequence")) {
            keys.list("pretokenizers").forEach(node -> steps.add(JsonKeys.of(keys.place(), node)));
        } else {
            steps.add(keys);
        }
        List<PreTokenizer> cuts = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            boolean last = i == steps.size() - 1;
            JsonKeys step = steps.get(i);
            String type = step.text("type", "none");
            if (type.equals("ByteLevel") != last) {
                throw InputException.of(step.place(), "\"" + type + "\"" + (last ? " last" : ""), "ByteLevel last", "");
            }
            switch (type) {
                case "ByteLevel" -> addByteLevel(step, cuts);
                case "Split" -> cuts.add(split(step));
                case "Digits" ->
                    cuts.add(new PreTokenizer.Matches(
                            unicode(step.place(), step.flag("individual_digits", false) ? "\\p{N}" : "\\p{N}+"), true));
                default -> throw InputException.of(step.place(), "\"" + type + "\"", "Split, Digits or ByteLevel", "");
            }
        }
        return cuts.size() == 1 ? cuts.getFirst() : new PreTokenizer.Sequence(cuts);
    }

    private static void addByteLevel(JsonKeys step, List<PreTokenizer> cuts) {
        // Version 0.10 and earlier wrote no flag for the prefix and meant true.
        if (step.flag("add_prefix_space", true)) {
            cuts.add(new PreTokenizer.PrefixSpace());
        }
        if (step.flag("use_regex", true)) {
            cuts.add(new PreTokenizer.Gpt2());
        }
    }

    private static PreTokenizer split(JsonKeys step) {
        String behavior = step.text("behavior");
        boolean invert = step.flag("invert", false);
        JsonKeys pattern = step.object("pattern");
        String expression = pattern.has("String") ? Pattern.quote(pattern.text("String")) : pattern.text("Regex");
        boolean keepGaps = behavior.equals("Isolated");
        if (!keepGaps && !(behavior.equals("Removed") && invert)) {
            throw InputException.of(
                    step.place(),
                    "Split " + behavior + (invert ? " inverted" : ""),
                    "Isolated, or Removed inverted",
                    "");
        }
        return new PreTokenizer.Matches(unicode(step.place(), expression), keepGaps);
    }

    private static Pattern unicode(String place, String expression) {
        try {
            return Pattern.compile(expression, Pattern.UNICODE_CHARACTER_CLASS);
        } catch (PatternSyntaxException e) {
            throw new InputException(
                    place + ": the pattern " + expression + " is not understood: " + e.getDescription(), e);
        }
    }
}
