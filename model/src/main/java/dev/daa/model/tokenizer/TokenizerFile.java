package dev.daa.model.tokenizer;

import dev.daa.compute.InputException;
import dev.daa.model.json.JsonKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads Hugging Face's tokenizer.json, and beside it tokenizer_config.json for the token that ends a response. Parts
/// that would change the ids and are not known here are refused by name.
public final class TokenizerFile {
    static final String NAME = "tokenizer.json";
    static final String CONFIG_NAME = "tokenizer_config.json";

    /// Files of a model folder that belong to its tokenizer and are handed on as they are.
    private static final List<String> NAMES =
            List.of(NAME, CONFIG_NAME, "special_tokens_map.json", "chat_template.jinja");

    private TokenizerFile() {}

    /// Whether a folder has a tokenizer.
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(NAME));
    }

    /// Whether the tokenizers of two folders are one: alike in all but the layout of the file, its version, and
    /// padding and truncation, which are not read here.
    public static boolean same(Path folder, Path other) {
        return encoding(folder).equals(encoding(other));
    }

    private static JsonNode encoding(Path folder) {
        ObjectNode json = JsonKeys.read(folder.resolve(NAME)).node().deepCopy();
        return json.remove(List.of("version", "padding", "truncation"));
    }

    /// Reads the tokenizer of a model folder.
    public static Tokenizer readFolder(Path folder) {
        Map<String, String> files = new LinkedHashMap<>();
        for (String name : NAMES) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) {
                files.put(name, text(file));
            }
        }
        OptionalEos eos = OptionalEos.of(folder.resolve(CONFIG_NAME));
        return read(folder.resolve(NAME), eos, files);
    }

    /// Reads one tokenizer.json on its own; it names no token that ends a response.
    public static Tokenizer read(Path file) {
        return read(file, new OptionalEos("", ""), Map.of(NAME, text(file)));
    }

    /// The text of the token that ends a response.
    ///
    /// @param place where it is named
    /// @param token empty when the files name none
    private record OptionalEos(String place, String token) {
        static OptionalEos of(Path config) {
            if (!Files.exists(config)) {
                return new OptionalEos("", "");
            }
            JsonKeys keys = JsonKeys.read(config);
            boolean object = keys.node().path("eos_token").isObject();
            String token = object ? keys.object("eos_token").text("content") : keys.text("eos_token", "");
            return new OptionalEos(config + ": eos_token", token);
        }

        OptionalInt id(Vocabulary vocabulary) {
            if (token.isEmpty()) {
                return OptionalInt.empty();
            }
            if (vocabulary.id(token).isEmpty()) {
                throw InputException.of(place, "\"" + token + "\"", "a token of " + NAME, "");
            }
            return vocabulary.id(token);
        }
    }

    private static Tokenizer read(Path file, OptionalEos eos, Map<String, String> files) {
        JsonKeys keys = JsonKeys.read(file);
        UnaryOperator<String> normalizer = TokenizerParts.normalizer(keys.object("normalizer"));
        AddedTokens added = new AddedTokens(addedTokens(keys), normalizer);
        JsonKeys model = keys.object("model");
        // Files of 2020 and earlier have no type here.
        String type = model.text("type", model.has("merges") ? "BPE" : "WordLevel");
        return switch (type) {
            case "WordLevel" -> wordLevel(file, keys, model, added, eos, files);
            case "BPE" -> bytePair(file, keys, model, added, eos, files);
            default ->
                throw InputException.of(
                        model.place() + ": type", "\"" + type + "\"", "WordLevel or byte-level BPE", "");
        };
    }

    private static List<AddedToken> addedTokens(JsonKeys keys) {
        List<AddedToken> tokens = new ArrayList<>();
        for (JsonNode node : keys.list("added_tokens")) {
            JsonKeys token = JsonKeys.of(keys.place() + ": added_tokens", node);
            boolean special = token.flag("special", false);
            tokens.add(new AddedToken(
                    token.integer("id"),
                    token.text("content"),
                    special,
                    token.flag("single_word", false),
                    token.flag("lstrip", false),
                    token.flag("rstrip", false),
                    token.flag("normalized", !special)));
        }
        return tokens;
    }

    private static Tokenizer wordLevel(
            Path file, JsonKeys keys, JsonKeys model, AddedTokens added, OptionalEos eos, Map<String, String> files) {
        if (keys.has("decoder")) {
            String type = keys.object("decoder").text("type");
            throw InputException.of(keys.place() + ": decoder", "\"" + type + "\"", "none with WordLevel", "");
        }
        Vocabulary vocabulary = vocabulary(file, model, added);
        return new WordLevelTokenizer(
                file.toString(),
                vocabulary,
                added,
                TokenizerParts.wordPreTokenizer(keys.object("pre_tokenizer")),
                vocabulary.id(model.text("unk_token", "")),
                TokenizerParts.beginning(keys.object("post_processor")),
                eos.id(vocabulary),
                files);
    }

    private static Tokenizer bytePair(
            Path file, JsonKeys keys, JsonKeys model, AddedTokens added, OptionalEos eos, Map<String, String> files) {
        for (String key : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!model.text(key, "").isEmpty()) {
                throw InputException.of(model.place() + ": " + key, "\"" + model.text(key) + "\"", "none", "");
            }
        }
        if (model.number("dropout", 0) != 0) {
            throw InputException.of(
                    model.place() + ": dropout", "" + model.number("dropout", 0), "none", "ids would be random");
        }
        Vocabulary vocabulary = vocabulary(file, model, added);
        boolean characters = model.flag("byte_fallback", false);
        TokenizerParts.checkDecoder(keys.object("decoder"), characters);
        return new BytePairTokenizer(
                vocabulary,
                characters
                        ? new Spelling.Characters(file.toString(), vocabulary)
                        : new Spelling.Bytes(file.toString(), vocabulary),
                merges(model, vocabulary),
                added,
                characters
                        ? TokenizerParts.noPreTokenizer(keys.object("pre_tokenizer"))
                        : TokenizerParts.bytePreTokenizer(keys.object("pre_tokenizer")),
                model.flag("ignore_merges", false),
                TokenizerParts.beginning(keys.object("post_processor")),
                eos.id(vocabulary),
                files);
    }

    private static Vocabulary vocabulary(Path file, JsonKeys model, AddedTokens added) {
        JsonKeys tokens = model.object("vocab");
        Map<String, Integer> ids = LinkedHashMap.newLinkedHashMap(tokens.node().size());
        for (Map.Entry<String, JsonNode> entry : tokens.node().properties()) {
            ids.put(entry.getKey(), tokens.integer(entry.getKey()));
        }
        if (ids.isEmpty()) {
            throw InputException.of(tokens.place(), "no tokens", "an id per token", "");
        }
        return new Vocabulary(file.toString(), ids, added.tokens());
    }

    /// Merges are pairs `["a", "b"]`, or `"a b"` in older files.
    private static Merges merges(JsonKeys model, Vocabulary vocabulary) {
        Merges merges = new Merges();
        int line = 0;
        for (JsonNode node : model.list("merges")) {
            String where = model.place() + ": merges[" + line++ + "]";
            String[] pair = node.isArray() && node.size() == 2
                    ? new String[] {node.path(0).asString(""), node.path(1).asString("")}
                    : node.asString("").split(" ", -1);
            if (pair.length != 2) {
                throw InputException.of(where, node.toString(), "two tokens", "");
            }
            int left = vocabulary.idOrNone(pair[0]);
            int right = vocabulary.idOrNone(pair[1]);
            int joined = vocabulary.idOrNone(pair[0] + pair[1]);
            if (left < 0 || right < 0 || joined < 0) {
                throw InputException.of(where, node.toString(), "tokens of the vocabulary that join to one", "");
            }
            merges.add(left, right, joined);
        }
        return merges;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
